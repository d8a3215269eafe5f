"""Answers of people: CSV files, whatever a spreadsheet has made of them."""

import csv
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from copyart.errors import EvaluationError
from copyart.evaluation.survey.record import PAINTED, REAL, Survey
from copyart.files import reason

logger = logging.getLogger(__name__)

_COLUMNS = ("survey", "person", "number", "answer")
_SHOWN = 6  # of the numbers that a note names

Row = dict[str, str]


@dataclass
class Answers:
    """The answers of one person.

    Attributes:
        person: Their name, as they gave it; else that of the file.
        file: The file that the answers came from.
        said: `REAL` or `PAINTED`, by the number of the picture.
        seconds: The time that each took them, by the number, where it is known.
    """

    person: str
    file: str
    said: dict[int, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)


def read_answers(files: Sequence[Path], survey: Survey) -> tuple[list[Answers], list[str]]:
    """Reads what people answered; what cannot be counted is told and left out.

    Semicolons, tabs, capital letters, byte order marks and any line ends are as good as what the page wrote, and a
    file may hold the answers of several people.

    Returns:
        The answers of each person, and a line for each thing that was wrong.

    Raises:
        EvaluationError: If there is no answer to this survey at all.
    """
    people: dict[str, Answers] = {}
    notes: list[str] = []
    for file in files:
        try:
            found = _read_file(file, survey, notes)
        except EvaluationError as error:
            notes.append(f"{file} is left out: {error}")
            continue
        for answers in found:
            before = people.setdefault(answers.person.casefold(), answers)
            if before is not answers:
                notes.append(
                    f"{file}: {answers.person} has answered already, in {before.file}, which counts; "
                    "if that is someone else, change the name in the file"
                )
    for note in notes:
        logger.info("%s", note)
    if not people:
        raise EvaluationError(f"there are no answers to survey {survey.id} in {_names(files)}; what is wrong is above")
    return list(people.values()), notes


def _read_file(file: Path, survey: Survey, notes: list[str]) -> list[Answers]:
    """The answers of each person in a file."""
    people: dict[str, list[Row]] = {}
    others = set()
    for row in _rows(file):
        if row["survey"].casefold() == survey.id:
            people.setdefault(row["person"], []).append(row)
        else:
            others.add(row["survey"] or "no name")
    if others and not people:
        raise EvaluationError(f"it answers another survey: {', '.join(sorted(others))}, not {survey.id}")
    if others:
        notes.append(f"{file}: rows of another survey are not counted: {', '.join(sorted(others))}")
    found = []
    for name, rows in people.items():
        answers = Answers(name or file.stem, str(file))
        where = str(file) if len(people) == 1 else f"{file}, {answers.person}"
        notes.extend(f"{where}: {note}" for note in _count(rows, answers, survey))
        found.append(answers)
    if not any(answers.said for answers in found):
        raise EvaluationError("there is no answer in it that counts")
    return [answers for answers in found if answers.said]


def _count(rows: list[Row], answers: Answers, survey: Survey) -> Iterator[str]:
    """Counts each answer of a person, and tells of those that cannot be."""
    unknown, neither, twice = [], [], []
    unclear: set[int] = set()
    for row in rows:
        number, said = _whole(row["number"]), row["answer"].casefold()
        if number is None or not 1 <= number <= len(survey):
            unknown.append(row["number"] or "none")
        elif said and said not in (REAL, PAINTED):
            neither.append(f"{number} ({row['answer'][:20]})")
        elif said and number in answers.said:
            twice.append(str(number))
            unclear.update({number} if answers.said[number] != said else ())
        elif said:
            answers.said[number] = said
            if (seconds := _seconds(row.get("seconds", ""))) is not None:
                answers.seconds[number] = seconds
    for number in unclear:
        del answers.said[number]
        answers.seconds.pop(number, None)
    missing = [str(number) for number in range(1, len(survey) + 1) if number not in answers.said]
    sentences = (
        (unknown, "the survey has no picture"),
        (neither, f"neither {REAL} nor {PAINTED}, not counted: picture"),
        (twice, "answered more than once, and not counted where the answers differ: picture"),
        (missing, f"no answer that counts to {len(missing)} of {len(survey)} pictures:"),
    )
    yield from (f"{words} {_listed(found)}" for found, words in sentences if found)


def _rows(file: Path) -> Iterator[Row]:
    """The rows of a file that are not blank, by column; names of columns and all values trimmed."""
    lines = _text(file).splitlines()
    if lines and lines[0].casefold().startswith("sep="):  # a hint for spreadsheets
        del lines[0]
    head = next((line for line in lines if line.strip()), "")
    if not head:
        raise EvaluationError("it is empty")
    separator = max(",;\t", key=head.count)
    reader = csv.reader((line for line in lines if line.strip(f" {separator}")), delimiter=separator)
    columns = [name.strip().casefold() for name in next(reader, [])]
    if absent := [name for name in _COLUMNS if name not in columns]:
        raise EvaluationError(
            f"it has no column {', '.join(absent)}; its first line must be {','.join(_COLUMNS)},seconds"
        )
    try:
        for values in reader:
            yield dict.fromkeys(columns, "") | dict(zip(columns, (value.strip() for value in values), strict=False))
    except csv.Error as error:
        raise EvaluationError(f"it is no CSV file: {error}") from error


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise EvaluationError(f"it cannot be read: {reason(error)}") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _whole(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9})([.,]0*)?", text, flags=re.ASCII)
    return int(found[1]) if found else None


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"\d{1,9}([.,]\d*)?", text, flags=re.ASCII)
    return float(text.replace(",", ".")) if found else None


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _names(files: Sequence[Path]) -> str:
    return _listed([str(file) for file in files])
