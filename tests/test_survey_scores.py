"""Scores of surveys: files that spreadsheets have touched, shares, kappas, and what means nothing."""

import json
import logging
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image
from sklearn.metrics import cohen_kappa_score
from torchmetrics.functional.nominal import fleiss_kappa

from copyart.errors import EvaluationError
from copyart.evaluation.survey import (
    PAINTED,
    REAL,
    Answers,
    Asked,
    Scores,
    Survey,
    read_answers,
    read_survey,
    score_survey,
    share,
    write_survey,
)
from copyart.pages import embed

WORDS = {"r": REAL, "p": PAINTED, ".": ""}
TRUTH = "rprprprprprp"
ID = "s123456789ab"
HEAD = "survey,person,number,answer,seconds"


@pytest.fixture
def survey() -> Survey:
    return ask(TRUTH)


@pytest.fixture(autouse=True)
def _notices(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="copyart")


def ask(truth: str) -> Survey:
    """A survey of grey pictures; `r` is a real one."""
    pictures = (
        Asked(WORDS[t], f"{i}.png", embed(Image.new("RGB", (64, 64), (9 * i,) * 3))) for i, t in enumerate(truth)
    )
    return Survey(ID, "Painter or computer?", 64, tuple(pictures))


def people(*said: str) -> list[Answers]:
    """People called A, B, ... who said that; with `.` nothing."""
    found = []
    for name, letters in zip("ABCDEFGH", said, strict=False):
        answers = {i: WORDS[letter] for i, letter in enumerate(letters, 1) if letter != "."}
        found.append(Answers(name, f"{name}.csv", answers))
    return found


def rows(said: str, person: str = "Anna") -> str:
    """What the page saves."""
    lines = (f"{ID},{person},{i},{WORDS[letter]},{i}.5" for i, letter in enumerate(said, 1))
    return "\r\n".join([HEAD, *lines, ""])


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def random_letters(count: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(["r", "p"], count))


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


def test_shares_are_those_that_books_print() -> None:
    found = share(15, 20)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.5313, 0.8881), abs=1e-4)  # Wilson
    assert found.p == pytest.approx(0.04139, abs=1e-5)  # the exact binomial test
    assert share(0, 0) is None


def test_each_answer_is_counted_as_what_it_is(survey: Survey) -> None:
    scores = score_survey(survey, people("rrrrrrrrrrrr", "rprprprp...."))
    first, second = scores.people
    assert first.confusion == {REAL: {REAL: 6, PAINTED: 0}, PAINTED: {REAL: 6, PAINTED: 0}}
    assert (second.right.count, second.right.of) == (8, 8)
    assert (scores.right.count, scores.right.of) == (14, 20)
    assert scores.fooled
    assert (scores.fooled.count, scores.fooled.of) == (6, 10)
    assert scores.pictures[0].number == 10
    assert [judged.number for judged in scores.pictures if judged.wrong and judged.wrong.share == 1] == [10, 12]


@pytest.mark.parametrize(
    ("truth", "said", "outcome", "words"),
    [
        ("rp" * 6, "rp" * 6, "told apart", "A could tell real from painted: 12 of 12 answers are right, 100%"),
        ("rp" * 6, "pr" * 6, "mixed up", "A took the one for the other: 0 of 12"),
        ("rp" * 6, "r" * 12, "too few answers", "A may or may not be able to tell; there are too few answers to say"),
        ("rp" * 60, "r" * 120, "not told apart", "A could not tell real from painted: 60 of 120"),
    ],
)
def test_the_verdict_is_no_surer_than_the_answers(truth: str, said: str, outcome: str, words: str) -> None:
    scores = score_survey(ask(truth), people(said))
    assert scores.outcome == scores.people[0].outcome == outcome
    assert scores.verdict.startswith(words)


def test_cohens_kappa_is_that_of_scikit_learn(survey: Survey) -> None:
    said = [random_letters(12, seed) for seed in range(4)]
    scores = score_survey(survey, people(*said))
    expected = [cohen_kappa_score(list(first), list(second)) for first, second in combinations(said, 2)]
    assert [pair.kappa for pair in scores.cohen] == pytest.approx(expected, abs=1e-5)
    assert scores.mean_cohen == pytest.approx(np.mean(expected), abs=1e-5)


def test_fleiss_kappa_is_that_by_hand_on_what_everybody_answered(survey: Survey) -> None:
    # of ten pictures six have all three of one mind and four have two; half of all answers say real
    scores = score_survey(survey, people("rrrppprrpprr", "rrrppprprp.p", "rrrpppppr r.".replace(" ", "r")))
    assert scores.fleiss.pictures == 10
    assert scores.fleiss.kappa == pytest.approx(((6 + 4 / 3) / 10 - 0.5) / 0.5, abs=1e-5)


def test_fleiss_kappa_of_the_library_is_that_of_the_paper() -> None:
    # ten subjects, five categories, 14 raters: the worked example of https://en.wikipedia.org/wiki/Fleiss'_kappa
    text = "00 00 00 00 14, 00 02 06 04 02, 00 00 03 05 06, 00 03 09 02 00, 02 02 08 01 01, 07 07 00 00 00, "
    text += "03 02 06 03 00, 02 05 03 02 02, 06 05 02 01 00, 00 02 02 03 07"
    counts = torch.tensor([[int(number) for number in line.split()] for line in text.split(", ")])
    assert float(fleiss_kappa(counts)) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["rprprprprprp"], "there is only one person"),
        (
            ["rprprprprprp", "rprprp......"],
            "both answered 6 pictures, and from fewer than 10 a kappa would mean nothing",
        ),
        (["rprprprprprp", "rprprp......", "......rprprp"], "all of them answered 0 pictures"),
        (["rrrrrrrrrrrr", "rrrrrrrrrrrr"], "everybody said the same of every picture"),
    ],
)
def test_where_a_kappa_means_nothing_there_is_none_and_why_is_told(survey: Survey, said: list[str], why: str) -> None:
    scores = score_survey(survey, people(*said))
    assert scores.fleiss.kappa is None
    assert scores.fleiss.why.startswith(why)
    assert scores.mean_cohen is None
    assert "NaN" not in json.dumps([pair.kappa for pair in scores.cohen])


@pytest.fixture
def asked(survey: Survey, tmp_path: Path) -> list[Path]:
    """A survey's page, its key beside it, and two files of answers."""
    write_survey(survey, tmp_path / "ask.html")
    answers = {"Anna": "rprprprprpr.", "$<b>": "rrprrprrprrp"}
    files = [write(tmp_path / f"{i}.csv", rows(said, name)) for i, (name, said) in enumerate(answers.items())]
    return [tmp_path / "ask.html", *files]


def test_the_command_shows_a_table_and_what_it_means(asked: list[Path], here: Here) -> None:
    code, out, error = here("evaluate", "survey", "score", *asked)
    assert code == 0
    assert error == [f"{asked[1]}: no answer that counts to 1 of 12 pictures: 12"]
    assert out[1].split() == [
        "Anna",
        "11",
        "of",
        "11,",
        "100%",
        "74%",
        "to",
        "100%",
        "0",
        "of",
        "6",
        "0",
        "of",
        "5",
        "6.5",
        "told",
        "apart",
    ]
    assert out[3].startswith("all")
    assert any(line.startswith("Fleiss' kappa ") and "the 11 pictures that everybody answered" in line for line in out)


def test_the_command_writes_json_and_a_page(asked: list[Path], here: Here, tmp_path: Path) -> None:
    code, out, error = here("evaluate", "survey", "score", *asked, "--json", "--page", "found.html")
    assert (code, error[-1]) == (0, "found.html")
    assert set(json.loads(out[0])) == set(Scores.__dataclass_fields__)
    page = (tmp_path / "found.html").read_text()
    assert page.count("data:image/png") == 12
    assert "$&lt;b&gt;" in page
    assert "nan" not in page.lower()
    assert here("evaluate", "survey", "score", *asked, "--page", "found.html")[0] == 1


def test_a_key_that_is_none_is_refused(asked: list[Path], here: Here, tmp_path: Path) -> None:
    key = tmp_path / "ask.key.json"
    for text in ("{", "[]", '{"format": 1}', '{"format": 1, "id": "x", "title": "", "side": 1, "pictures": [3]}'):
        key.write_text(text)
        with pytest.raises(EvaluationError, match="is not the key of a survey, or is damaged"):
            read_survey(key)
    key.write_text('{"format": 2}')
    with pytest.raises(EvaluationError, match="another version of copyart"):
        read_survey(key)
    key.unlink()
    code, _, error = here("evaluate", "survey", "score", *asked)
    assert code == 1
    assert error == [
        f"Error: {key} cannot be read: there is no such file or folder; name the survey's page with its key "
        "beside it, or the key"
    ]
