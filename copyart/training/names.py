"""The names under which runs of before version 0.2 noted their figures, so that they can be gone on with."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

_BEGINNINGS = {
    "critic_": "discriminator_",
    "fool_": "adversarial_",
    "lattice_": "checkerboard_",
    "weave_": "samples_checkerboard_",
}


def renamed(figures: Mapping[str, T]) -> dict[str, T]:
    """Gives figures the names that they have today."""
    return {_today(name): value for name, value in figures.items()}


def _today(name: str) -> str:
    if name == "weave":
        return "checkerboard"
    for before, today in _BEGINNINGS.items():
        if name.startswith(before):
            return today + name.removeprefix(before)
    return name
