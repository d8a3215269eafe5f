"""Scores of surveys: shares, kappas, and what means nothing."""

import json
import logging
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from sklearn.metrics import cohen_kappa_score
from surveys import TRUTH, WORDS, ask, rows, write
from torchmetrics.functional.nominal import fleiss_kappa

from copyart.errors import EvaluationError
from copyart.evaluation.survey import (
    PAINTED,
    REAL,
    Answers,
    Scores,
    Survey,
    read_survey,
    score_survey,
    share,
    write_survey,
)


@pytest.fixture
def survey() -> Survey:
    return ask(TRUTH)


@pytest.fixture(autouse=True)
def _notices(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="copyart")


def people(*said: str) -> list[Answers]:
    """People called A, B, ... who said that; with `.` nothing."""
    found = []
    for name, letters in zip("ABCDEFGH", said, strict=False):
        answers = {i: WORDS[letter] for i, letter in enumerate(letters, 1) if letter != "."}
        found.append(Answers(name, f"{name}.csv", answers))
    return found


def random_letters(count: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(["r", "p"], count))


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


def test_of_people_who_answered_no_picture_in_common_no_kappa_is_told(here: Here, tmp_path: Path) -> None:
    survey = ask(TRUTH)
    write_survey(survey, tmp_path / "survey.html")
    halves = [
        write(tmp_path / "a.csv", rows("rprprp......", "A")),
        write(tmp_path / "b.csv", rows("......prpppr", "B")),
    ]
    code, out, _ = here("evaluate", "survey", "score", "survey.html", *halves)
    assert code == 0
    assert any(line.startswith("No Fleiss' kappa: ") for line in out)
    assert not any(line.startswith(("Cohen's kappa", "Kappa is 1")) for line in out)
