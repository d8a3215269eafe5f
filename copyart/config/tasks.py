"""The tasks that can be learned, by the name that a recipe gives as its `task`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """Something that can be learned.

    Attributes:
        learner: The class that learns it, by its dotted name; see `copyart.training.learner`.
        domains: The pictures that it learns from: a letter for each domain, and a word for what they are.
    """

    learner: str
    domains: Mapping[str, str]


TASKS: dict[str, Task] = {
    "cyclegan": Task("copyart.training.cyclegan.learner.CycleGAN", {"a": "photos", "b": "paintings"}),
}
