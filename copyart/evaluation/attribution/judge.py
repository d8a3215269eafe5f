"""The judge of who painted a picture: a classifier of descriptions, taught on real photos and paintings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from copyart.errors import EvaluationError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

# What is known of a picture: numbers in a row.
Description: TypeAlias = npt.NDArray[np.float32]

PHOTO = "photo"
FEWEST = 10  # pictures of each kind: fewer cannot be judged by

_FOLDS = 5
_STRENGTH = 0.01  # of the classifier, the inverse of how small its weights are kept
_STEPS = 1000  # at most


@dataclass(frozen=True)
class Verdict:
    """The names for which pictures of one kind were taken.

    Attributes:
        name: What they are.
        count: How many.
        shares: The share taken for each kind that the judge knows.
    """

    name: str
    count: int
    shares: Mapping[str, float]

    def photo(self) -> float:
        """The share taken for photos."""
        return self.shares[PHOTO]

    def artist(self, *names: str) -> float:
        """The share taken for paintings by these."""
        return sum(self.shares[name] for name in names)

    def other(self, *names: str) -> float:
        """The share taken for paintings by anybody else."""
        return sum(share for name, share in self.shares.items() if name not in (PHOTO, *names))


@dataclass(frozen=True)
class Judge:
    """Tells photos and the paintings of several artists apart.

    Attributes:
        kinds: Photos, and the artists' names.
        told_apart: The share of real pictures of each kind that it named when they were held out.
    """

    kinds: Sequence[str]
    told_apart: Mapping[str, float]
    classifier: "Pipeline"

    @property
    def certainty(self) -> float:
        """The mean of the shares that were told apart."""
        return float(np.mean(list(self.told_apart.values())))

    def judge(self, name: str, descriptions: Sequence[Description]) -> Verdict:
        """Says what pictures are taken for, by their descriptions."""
        counts = Counter(map(str, self.classifier.predict(np.stack(descriptions))))
        return Verdict(name, len(descriptions), {kind: counts[kind] / len(descriptions) for kind in self.kinds})


def check_enough(name: str, number: int) -> None:
    """Refuses to tell an artist by too few pictures.

    Raises:
        EvaluationError: If there are fewer than 10.
    """
    if number < FEWEST:
        raise EvaluationError(f"{name}: {FEWEST} pictures are needed to tell an artist by; there are {number}")


def teach(described: Mapping[str, Sequence[Description]], changed: Sequence[Sequence[Description]] = ()) -> Judge:
    """Teaches a judge: a logistic regression, each kind weighing alike, tried first on folds that it did not see.

    Args:
        described: Descriptions of real pictures, by their kind; `photo` is one of them.
        changed: The same of each photo, changed in ways that make no painting of it: it is to be taken for one still.

    Raises:
        EvaluationError: If there are fewer than two kinds, or too few pictures of one.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(described) < 2:
        raise EvaluationError("who painted it is told from others: give a folder with a folder for each artist")
    for name, some in described.items():
        check_enough(name, len(some))
    real = [name for name, some in described.items() for _ in some]
    photos = [place for place, name in enumerate(real) if name == PHOTO]
    # A photo and what was made of it are in one fold.
    groups = [*range(len(real)), *(photo for photo, some in zip(photos, changed, strict=False) for _ in some)]
    kinds = np.array(real + [PHOTO] * (len(groups) - len(real)))
    every = np.stack([one for some in (*described.values(), *changed) for one in some])
    regression = LogisticRegression(C=_STRENGTH, max_iter=_STEPS, class_weight="balanced")
    classifier = make_pipeline(StandardScaler(), regression)
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    named = cross_val_predict(classifier, every, kinds, groups=groups, cv=folds)[: len(real)]
    told_apart = {name: float((named == name)[kinds[: len(real)] == name].mean()) for name in described}
    return Judge(list(described), told_apart, classifier.fit(every, kinds))
