"""Answers are read whatever a spreadsheet made of them; what cannot be counted is told."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from surveys import HEAD, ID, TRUTH, WORDS, ask, rows, write

from copyart.errors import EvaluationError
from copyart.evaluation.survey import (
    Survey,
    read_answers,
)


@pytest.fixture
def survey() -> Survey:
    return ask(TRUTH)


@pytest.fixture(autouse=True)
def _notices(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="copyart")


SPREADSHEETS: dict[str, Callable[[str], bytes]] = {
    "as saved": lambda text: text.encode("utf-8-sig"),
    "semicolons": lambda text: text.replace(",", ";").replace(".5", ",5").encode(),
    "tabs in UTF-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "capitals": lambda text: text.upper().replace("ANNA", "Anna").encode(),
    "old Mac line ends": lambda text: text.replace("\r\n", "\r").encode(),
    "blank rows and blanks": lambda text: text.replace("\r\n", " \r\n\r\n,,,,\r\n").encode(),
    "a hint": lambda text: ("sep=,\n" + text).encode(),
    "quotes": lambda text: "\n".join('"' + line.replace(",", '","') + '"' for line in text.split()).encode(),
    "columns elsewhere": lambda text: "\n".join(",".join(line.split(",")[::-1]) for line in text.split()).encode(),
    "numbers with a point": lambda text: text.replace(",7,", ",7.0,").encode(),
}


@pytest.mark.parametrize("change", SPREADSHEETS)
def test_answers_are_read_whatever_a_spreadsheet_did(survey: Survey, tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(SPREADSHEETS[change](rows(TRUTH)))
    [answers], notes = read_answers([path], survey)
    assert notes == []
    assert answers.person == "Anna"
    assert answers.said == {i: WORDS[letter] for i, letter in enumerate(TRUTH, 1)}
    assert answers.seconds[3] == 3.5


BAD_ROWS = {
    "the survey has no picture 99, x": rows(TRUTH) + f"{ID},Anna,99,real,1\n{ID},Anna,x,real,1\n",
    "neither real nor painted, not counted: picture 12 (perhaps)": rows(TRUTH[:-1]) + f"{ID},Anna,12,perhaps,1\n",
    "answered more than once, and not counted where the answers differ: picture 1, 2": rows(TRUTH)
    + f"{ID},Anna,1,real,1\n{ID},Anna,2,real,1\n",
    "no answer that counts to 3 of 12 pictures: 3, 4, 12": rows("rp..rprprpr"),
    "rows of another survey are not counted: other": rows(TRUTH) + "other,Anna,1,painted,1\n",
}


@pytest.mark.parametrize("note", BAD_ROWS)
def test_rows_that_cannot_be_counted_are_told_and_the_others_count(survey: Survey, tmp_path: Path, note: str) -> None:
    path = write(tmp_path / "a.csv", BAD_ROWS[note])
    [answers], notes = read_answers([path], survey)
    assert notes[0] == f"{path}: {note}"
    assert all(WORDS[TRUTH[number - 1]] == said for number, said in answers.said.items())
    assert len(answers.said) >= 9


BAD_FILES = {
    "it is empty": "\r\n \r\n",
    "it answers another survey: other, not s123456789ab": f"{HEAD}\nother,Anna,1,real,1\n",
    "it has no column number, answer": "survey,person\n1,2\n",
    "there is no answer in it that counts": rows("............"),
}


@pytest.mark.parametrize("why", BAD_FILES)
def test_files_that_cannot_be_counted_are_left_out_and_named(survey: Survey, tmp_path: Path, why: str) -> None:
    bad, good = write(tmp_path / "bad.csv", BAD_FILES[why]), write(tmp_path / "good.csv", rows(TRUTH))
    answers, notes = read_answers([bad, good], survey)
    assert [each.file for each in answers] == [str(good)]
    assert notes[-1].startswith(f"{bad} is left out: {why}")
    with pytest.raises(EvaluationError, match=f"no answers to survey {ID} in {bad}"):
        read_answers([bad], survey)


def test_who_answers_twice_counts_once_and_who_has_no_name_is_the_file(survey: Survey, tmp_path: Path) -> None:
    first, second = write(tmp_path / "1.csv", rows(TRUTH)), write(tmp_path / "2.csv", rows("r" * 12, "ANNA"))
    nameless = [write(tmp_path / f"{i}.csv", rows(TRUTH, "")) for i in (3, 4)]
    answers, notes = read_answers([first, second, *nameless], survey)
    assert [each.person for each in answers] == ["Anna", "3", "4"]
    assert notes == [
        f"{second}: ANNA has answered already, in {first}, which counts; if that is someone else, "
        "change the name in the file"
    ]


def test_a_file_may_hold_several_people(survey: Survey, tmp_path: Path) -> None:
    both = write(tmp_path / "all.csv", rows(TRUTH) + rows("p" * 11 + ".", "Bob").partition("\r\n")[2])
    answers, notes = read_answers([both], survey)
    assert [len(each.said) for each in answers] == [12, 11]
    assert notes == [f"{both}, Bob: no answer that counts to 1 of 12 pictures: 12"]


def test_answers_from_a_spreadsheet_without_unicode_keep_their_names(tmp_path: Path) -> None:
    survey = ask(TRUTH)
    (answers,), notes = read_answers([write(tmp_path / "a.csv", rows(TRUTH, "Zoë"), "cp1252")], survey)
    assert (answers.person, len(answers.said), notes) == ("Zoë", len(TRUTH), [])


def test_seconds_that_are_no_number_do_not_make_an_answer_void(tmp_path: Path) -> None:
    survey = ask(TRUTH)
    text = rows(TRUTH).replace(",1.5", ",a while")
    (answers,), _ = read_answers([write(tmp_path / "a.csv", text)], survey)
    assert len(answers.said) == len(TRUTH)
    assert set(answers.seconds) == set(range(2, len(TRUTH) + 1))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", f"{HEAD}\n{ID},{'A' * 200_000},1,real,2\n".encode(), "it is no CSV file: field larger than"),
        ("none.csv", None, "it cannot be read: there is no such file or folder"),
    ],
)
def test_a_file_of_answers_that_cannot_be_read_is_left_out_and_the_others_count(
    tmp_path: Path, name: str, data: bytes | None, words: str
) -> None:
    good, bad = write(tmp_path / "good.csv", rows(TRUTH)), tmp_path / name
    if data is not None:
        bad.write_bytes(data)
    (answers,), (note,) = read_answers([good, bad], ask(TRUTH))
    assert len(answers.said) == len(TRUTH)
    assert note.startswith(f"{bad} is left out: {words}")
