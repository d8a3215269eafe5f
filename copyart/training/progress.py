"""The record of how far a run is, which it gives as it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from copyart.training.learner import Figure
from copyart.training.standing import Standing


@dataclass(frozen=True)
class Progress:
    """A record of how far a run is.

    Attributes:
        step: Steps taken.
        steps: Steps in all.
        epoch: How often the largest domain was gone through.
        losses: Each term, the mean of the steps since the last record.
        smoothed: The same over some 500 steps; until there are so many, over all that there are.
        learning_rate: Of the last step.
        pictures_per_second: Pictures of all domains, on all devices.
        seconds: Spent on steps since the run began, resumptions included; evaluations, grids and saving are not.
        seconds_left: What the rest will take, evaluations, grids and saving included, at the pace of the last steps;
            where patience may end it before, at most so long.
        memory: Bytes in use.
        device: Where it computes, and in which precision.
        folder: The run's folder.
        terms: The losses, as people read them.
        domains: The pictures of each domain, in a word.
        grid: The newest sample grid.
        standing: How good it is, where it is evaluated.
        done: The run has come to its end: the last step, or that of its patience.
    """

    step: int
    steps: int
    epoch: float
    losses: Mapping[str, float]
    smoothed: Mapping[str, float]
    learning_rate: float
    pictures_per_second: float
    seconds: float
    seconds_left: float
    memory: int
    device: str
    folder: Path
    terms: Sequence[Figure] = ()
    domains: Mapping[str, str] = field(default_factory=dict)
    grid: Path | None = None
    standing: Standing | None = None
    done: bool = False
