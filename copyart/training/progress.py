"""What a run tells of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copyart.training.evaluation import Standing


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        step: Steps taken.
        steps: Steps in all.
        epoch: How often the larger domain was gone through.
        losses: Each term, the mean of the steps since the last record.
        smoothed: The same over some 500 steps; until there are so many, over all that there are.
        learning_rate: Of the last step.
        pictures_per_second: Pictures of both domains, on all devices.
        seconds: Spent on steps since the run began, resumptions included; evaluations, grids and saving are not.
        seconds_left: What the rest will take, evaluations, grids and saving included, at the pace of the last steps;
            where patience may end it before, at most so long.
        memory: Bytes in use.
        device: Where it computes, and in which precision.
        folder: The run's folder.
        grid: The newest sample grid.
        standing: How near it has come to the artist, where it is evaluated.
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
    grid: Path | None = None
    standing: Standing | None = None
    done: bool = False
