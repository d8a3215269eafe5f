"""The names under which runs of before version 0.2 kept figures, networks and counts, so that they can go on."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

_WHOLE = {
    "weave": "checkerboard",
    "luck": "attempt",
    "critics_won": "won",
}
_BEGINNINGS = {
    "to_": "generator_",
    "average_to_": "ema_",
    "critic_": "discriminator_",
    "fool_": "adversarial_",
    "lattice_": "checkerboard_",
    "weave_": "samples_checkerboard_",
}


def renamed(kept: Mapping[str, T]) -> dict[str, T]:
    """Gives what a run has kept the names that it has today."""
    return {_today(name): value for name, value in kept.items()}


def _today(name: str) -> str:
    if name in _WHOLE:
        return _WHOLE[name]
    for before, today in _BEGINNINGS.items():
        if name.startswith(before):
            return today + name.removeprefix(before)
    return name
