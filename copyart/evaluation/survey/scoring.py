"""Counting what people said: how many were right, what fooled them, and whether they agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from statistics import mean, median

import torch
from scipy.stats import binomtest
from torchmetrics.functional.classification import binary_cohen_kappa
from torchmetrics.functional.nominal import fleiss_kappa

from copyart.evaluation.survey.answers import Answers
from copyart.evaluation.survey.record import PAINTED, REAL, Survey

LEAST_SHARED = 10  # pictures: from fewer, a kappa is an accident
_CERTAIN = 0.05  # chance is ruled out where it would do as much no more often than this
_NEAR = 0.1  # about half, where the interval reaches no farther from it

KINDS = (REAL, PAINTED)
TOLD, SWAPPED, NOT_TOLD, UNCLEAR = "told apart", "mixed up", "not told apart", "too few answers"


@dataclass(frozen=True)
class Share:
    """A share, such as of right answers, and between what the true one lies with 95 % confidence (Wilson 1927).

    Attributes:
        count: The answers that make the share.
        of: All answers that it is a share of.
        share: The one divided by the other, 0 to 1.
        low: The lower end of the interval.
        high: The upper end.
        p: The probability that tosses of a coin end as far from half, or farther: the exact binomial test.
    """

    count: int
    of: int
    share: float
    low: float
    high: float
    p: float

    def __str__(self) -> str:
        return f"{self.share:.0%} ({self.low:.0%} to {self.high:.0%} with 95% confidence)"


@dataclass(frozen=True)
class Person:
    """The answers of one person, counted.

    Attributes:
        confusion: Counts of the pictures of each kind that they took for each: `confusion[truth][answer]`.
        right: The share of their answers that are right.
        outcome: `TOLD`, `SWAPPED`, `NOT_TOLD` or `UNCLEAR`.
        seconds: The median that a picture took them, where it is known.
    """

    name: str
    file: str
    confusion: dict[str, dict[str, int]]
    right: Share
    outcome: str
    seconds: float | None


@dataclass(frozen=True)
class Judged:
    """The answers to one picture, counted.

    Attributes:
        said_real: Of those who answered; None if nobody did.
        wrong: The share that was fooled.
    """

    number: int
    truth: str
    file: str
    said_real: Share | None
    wrong: Share | None


@dataclass(frozen=True)
class Agreement:
    """A kappa: 1 where people always agree, 0 where they agree as often as by chance.

    Where they often agree, people see something in the pictures, right or wrong; where they do not, they guess.

    Attributes:
        kappa: None where there is none.
        people: Those who were compared.
        pictures: The number of pictures that it was computed on.
        why: The reason where there is none.
    """

    kappa: float | None
    people: tuple[str, ...]
    pictures: int
    why: str = ""


@dataclass(frozen=True)
class Scores:
    """The outcome of a survey.

    Attributes:
        verdict: A sentence that says whether people could tell real from painted.
        outcome: The same in two words: `TOLD`, `SWAPPED`, `NOT_TOLD` or `UNCLEAR`.
        right: The share of all answers that are right.
        fooled: The share of answers to painted pictures that say real (the score of Zhu et al. 2017); None
            if there are none.
        doubted: The share of answers to real pictures that say painted; None if there are none.
        people: In the order of their files.
        pictures: Those that fooled most first.
        cohen: Cohen's (1960) kappa of each two people.
        mean_cohen: The mean of those that there are.
        fleiss: Fleiss' (1971) kappa of all people.
        notes: Lines on what could not be counted.
    """

    survey: str
    title: str
    verdict: str
    outcome: str
    right: Share
    fooled: Share | None
    doubted: Share | None
    people: list[Person]
    pictures: list[Judged]
    cohen: list[Agreement]
    mean_cohen: float | None
    fleiss: Agreement
    notes: list[str]


def score_survey(survey: Survey, answers: Sequence[Answers], notes: Sequence[str] = ()) -> Scores:
    """Counts the answers of at least one person, of whom each has answered something.

    Pictures that somebody did not answer count neither as right nor as wrong.

    Args:
        survey: The questions.
        answers: Those of each person.
        notes: Lines on what could not be counted, to be kept with the scores.
    """
    people = [_person(survey, each) for each in answers]
    counts = {truth: {said: sum(p.confusion[truth][said] for p in people) for said in KINDS} for truth in KINDS}
    right = _right(counts)
    pictures = [_judge(survey, number, answers) for number in range(1, len(survey) + 1)]
    pictures.sort(key=lambda picture: (-(picture.wrong.share if picture.wrong else -1), picture.number))
    cohen = [_cohen(*pair) for pair in combinations(answers, 2)]
    kappas = [each.kappa for each in cohen if each.kappa is not None]
    return Scores(
        survey=survey.id,
        title=survey.title,
        verdict=_sentence(right, "People" if len(people) > 1 else people[0].name),
        outcome=_outcome(right),
        right=right,
        fooled=share(counts[PAINTED][REAL], sum(counts[PAINTED].values())),
        doubted=share(counts[REAL][PAINTED], sum(counts[REAL].values())),
        people=people,
        pictures=pictures,
        cohen=cohen,
        mean_cohen=mean(kappas) if kappas else None,
        fleiss=_fleiss(survey, answers),
        notes=list(notes),
    )


def share(count: int, of: int) -> Share | None:
    """A share with its interval, and the test of its being a half; None of nothing."""
    return _share(count, of) if of else None


def _share(count: int, of: int) -> Share:
    test = binomtest(count, of)
    interval = test.proportion_ci(0.95, method="wilson")
    return Share(count, of, count / of, float(interval.low), float(interval.high), float(test.pvalue))


def _right(confusion: dict[str, dict[str, int]]) -> Share:
    return _share(sum(confusion[kind][kind] for kind in KINDS), sum(sum(row.values()) for row in confusion.values()))


def _person(survey: Survey, answers: Answers) -> Person:
    pairs = Counter((survey.truth(number), said) for number, said in answers.said.items())
    confusion = {truth: {said: pairs[truth, said] for said in KINDS} for truth in KINDS}
    right = _right(confusion)
    seconds = median(answers.seconds.values()) if answers.seconds else None
    return Person(answers.person, answers.file, confusion, right, _outcome(right), seconds)


def _judge(survey: Survey, number: int, answers: Sequence[Answers]) -> Judged:
    said = [each.said[number] for each in answers if number in each.said]
    truth = survey.truth(number)
    wrong = sum(answer != truth for answer in said)
    return Judged(
        number, truth, survey.pictures[number - 1].file, share(said.count(REAL), len(said)), share(wrong, len(said))
    )


def _outcome(right: Share) -> str:
    """The verdict on whether real and painted were told apart, no surer than the interval is."""
    if right.p < _CERTAIN:
        return TOLD if right.share > 0.5 else SWAPPED
    return NOT_TOLD if max(right.high - 0.5, 0.5 - right.low) <= _NEAR else UNCLEAR


def _sentence(right: Share, who: str) -> str:
    figures = f"{right.count} of {right.of} answers are right, {right}"
    test = f"(binomial test, p {'< 0.001' if right.p < 0.001 else f'= {right.p:.3f}'})"
    return {
        TOLD: f"{who} could tell real from painted: {figures}, more than by guessing {test}.",
        SWAPPED: f"{who} took the one for the other: {figures}, fewer than by guessing {test}.",
        NOT_TOLD: f"{who} could not tell real from painted: {figures}, no more than by guessing {test}.",
        UNCLEAR: f"{who} may or may not be able to tell; there are too few answers to say: {figures}.",
    }[_outcome(right)]


def _cohen(first: Answers, second: Answers) -> Agreement:
    """The agreement of two people beyond chance, on the pictures that both answered."""
    people, both = (first.person, second.person), sorted(first.said.keys() & second.said.keys())
    if why := _too_little([first, second], both):
        return Agreement(None, people, len(both), why)
    one, other = (torch.tensor([each.said[number] == REAL for number in both]).int() for each in (first, second))
    return Agreement(float(binary_cohen_kappa(one, other)), people, len(both))


def _fleiss(survey: Survey, answers: Sequence[Answers]) -> Agreement:
    """The agreement of all people beyond chance, on the pictures that each of them answered."""
    people = tuple(each.person for each in answers)
    if len(people) < 2:
        return Agreement(None, people, len(answers[0].said), "there is only one person")
    all_of_them = [n for n in range(1, len(survey) + 1) if all(n in each.said for each in answers)]
    if why := _too_little(answers, all_of_them):
        return Agreement(None, people, len(all_of_them), why)
    counts = torch.tensor([[sum(each.said[n] == kind for each in answers) for kind in KINDS] for n in all_of_them])
    return Agreement(float(fleiss_kappa(counts)), people, len(all_of_them))


def _too_little(answers: Sequence[Answers], pictures: Sequence[int]) -> str:
    """The reason why there can be no kappa: too few pictures, or the same answer to all; "" where there can."""
    if len(pictures) < LEAST_SHARED:
        who = "both" if len(answers) == 2 else "all of them"
        return f"{who} answered {len(pictures)} pictures, and from fewer than {LEAST_SHARED} a kappa would mean nothing"
    if len({each.said[number] for each, number in product(answers, pictures)}) == 1:
        return "everybody said the same of every picture, which leaves nothing to agree or disagree on"
    return ""
