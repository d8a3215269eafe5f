"""The learner: all that the training loop asks of something that learns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol

from accelerate import Accelerator
from PIL import Image
from torch import Tensor

from copyart.config import RunConfig, task_named
from copyart.data import Domain
from copyart.errors import OptionError
from copyart.models import Model
from copyart.training.pictures import Pictures
from copyart.training.standing import Standing


@dataclass(frozen=True)
class Figure:
    """A number that a run notes as it goes on.

    Attributes:
        name: Its name in the run's `metrics.jsonl`.
        label: What people read.
        parts: The domains for each of which there is one, noted as `name_part`; none for a single number.
        digits: Digits after the point, where it stands in a table.
        about: A sentence on what it tells.
    """

    name: str
    label: str
    parts: tuple[str, ...] = ()
    digits: int = 2
    about: str = ""

    def names(self) -> tuple[str, ...]:
        """The names under which its numbers are noted."""
        return tuple(f"{self.name}_{part}" for part in self.parts) or (self.name,)


@dataclass(frozen=True)
class Made:
    """The facts of a run, for the card of what is saved.

    Attributes:
        name: What it is to be called.
        origins: Where the pictures of each domain come from.
        step: Steps taken.
        seconds: How long they took.
        standing: The evaluation after this step, where there was one.
        snapshot: It is kept beside the others, in half precision.
    """

    name: str
    origins: tuple[str, ...]
    step: int
    seconds: float
    standing: Standing | None
    snapshot: bool

    def title(self, given: str) -> str:
        """The title to call it by before people: the one given, or its name as words."""
        return given or re.sub(r"[-_]+", " ", self.name).capitalize()


class Learner(Protocol):
    """Networks that learn from one domain of pictures or two.

    Args:
        config: What is learned, and how.
        accelerator: Where.
        domains: The pictures, as `TASKS` lists them; none where only the networks are asked about.

    Attributes:
        losses: What `step` returns; those whose name begins with `discriminator` are watched for having won.
        measures: What `sample` measures.
        scores: What `evaluate` finds; the first is what it is judged by, less being better.
        grid: A sentence on what a sample grid shows.
    """

    losses: ClassVar[tuple[Figure, ...]]
    measures: ClassVar[tuple[Figure, ...]]
    scores: ClassVar[tuple[Figure, ...]]
    grid: ClassVar[str]

    def __init__(self, config: RunConfig, accelerator: Accelerator, domains: Sequence[Domain] = ()) -> None: ...

    @classmethod
    def check_pictures(cls, pictures: Sequence[Pictures], config: RunConfig) -> None:
        """Tells what can be judged with such pictures.

        Raises:
            DomainError: If it is to be evaluated, and there are too few.
        """

    def networks(self) -> Mapping[str, str]:
        """The networks that learn and how large they are, in words."""

    @classmethod
    def load_start(cls, name: str, *, progress: bool = False) -> Model:
        """Finds what was learned before, to learn on from; `progress` draws bars while it is fetched.

        Raises:
            OptionError: If nothing fits such a learner.
            StyleError: If there is none of that name, or it is damaged.
            DownloadError: If it cannot be fetched.
        """
        raise OptionError(f"start is {name}, from which nothing of this task can be learned on; leave it out")

    def start_from(self, model: Any) -> None:  # noqa: ANN401  # what its own `load_start` gives
        """Takes the weights of what was learned before, ahead of the first step.

        Raises:
            OptionError: If they do not fit.
        """

    def bytes_each(self) -> int:
        """The bytes of memory that a step keeps for the way back, for one picture of each domain."""

    def step(self, batch: Sequence[Tensor], number: int, learning_rate: float, attempt: int) -> dict[str, Tensor]:
        """Takes one step.

        Args:
            batch: Pictures of each domain, b 3 h w, uint8.
            number: Which step it is, from 0; with `attempt` and the seed it sets all random draws.
            learning_rate: Of all optimisers.
            attempt: 0, or 1 where the run goes on after losses that were no numbers.

        Returns:
            Each of the losses, on the device.
        """

    def state(self) -> dict[str, Any]:
        """All that has changed since the start, for `load_state`; every process has a part in it."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state` gave.

        Raises:
            RunError: If it was given by another number of processes.
        """

    def sample(self) -> tuple[Image.Image, dict[str, float]]:
        """A grid of what is made of held-out pictures now, and the `measures` of it."""

    def prepare_evaluation(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""

    def evaluate(self, step: int, before: Standing | None) -> Standing:
        """Scores what was learned in `step` steps on held-out pictures; `before` is how it stood."""

    def save(self, folder: Path, made: Made) -> None:
        """Writes what is used afterwards, in place of what is in the folder.

        Raises:
            StyleError: If it cannot be written; the one before is kept.
        """


def find_learner(task: str) -> type[Learner]:
    """The class that learns a task of `TASKS`."""
    module, _, name = task_named(task).learner.rpartition(".")
    learner: type[Learner] = getattr(import_module(module), name)
    return learner
