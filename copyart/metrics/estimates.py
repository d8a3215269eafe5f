"""Intervals of distances between sets of few pictures, and the distance between halves of one set.

Distances of few pictures are uncertain, and larger than those of many: a figure says how much only beside its
interval, and beside what one half of a painter's pictures scores against the other.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from copyart.metrics.pixels import PROJECTORS, Projections, wasserstein

LEAST = 50  # pictures: with fewer, figures about a set of them tell little, and some nothing
FEWEST = 4  # pictures: with fewer no figure about a set of them can be had; two make a half

_PARTINGS = 4
_HALVES = 50  # by which an interval is found, with so many directions and values at most
_HALVED_DIRECTIONS, _HALVED_VALUES = 64, 4096
_CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A measured distance, and between what the true one lies with 95 % confidence.

    Attributes:
        value: The distance of these pictures.
        low: The lower end of the interval, 0 at least.
        high: The upper end.
    """

    value: float
    low: float
    high: float


def estimate(distance: Callable[..., float], pictures: Tensor, goal: Tensor) -> Estimate:
    """Measures how far pictures are from others, and how uncertain that is with so few of both.

    The true distance is that of very many such pictures. The interval is that of the delete-half jackknife (Shao
    and Wu 1989): 50 times, a random half of the pictures is measured against a random half of the others. These
    distances scatter as the distance of all does from sample to sample; 1.96 deviations, or more as Student's t has
    it for so few, go up and down from the figure. Since fewer pictures make distances larger, it goes down by
    what halves are farther apart than all, too.

    Args:
        distance: `sliced_wasserstein` or `palette_distance`.
        pictures: b 3 h w, as it takes them; at least `FEWEST`.
        goal: Those to come near to; likewise.
    """
    project, unit = PROJECTORS[distance]
    whole, parts = [], []
    for ours, theirs in project(pictures, goal, 0):
        whole.append(wasserstein(ours.values, theirs.values))
        parts.append((_some(ours), _some(theirs)))
    chance = torch.Generator().manual_seed(0)
    halves = [
        np.mean([wasserstein(ours.of(mine), theirs.of(others)) for ours, theirs in parts])
        for mine, others in ((_half(len(pictures), chance), _half(len(goal), chance)) for _ in range(_HALVES))
    ]
    as_many = [wasserstein(*(each.values[:, : each.values.shape[1] // 2] for each in pair)) for pair in parts]
    farther = max(0.0, float(np.mean(halves) - np.mean(as_many)))
    reach = float(np.std(halves, ddof=1)) * deviations_of(min(len(pictures), len(goal)))
    value = float(np.mean(whole))
    return Estimate(*(unit * each for each in (value, max(0.0, value - farther - reach), value + reach)))


def deviations_of(count: int) -> float:
    """The deviations up and down from a figure about so many pictures that make its interval of 95 % (Student 1908).

    Args:
        count: The number of pictures, at least 2.

    Returns:
        2.8 for five pictures, 1.96 for very many: Student's t.
    """
    from scipy.stats import t

    return float(t.ppf((1 + _CONFIDENCE) / 2, count - 1))


def _half(count: int, chance: torch.Generator) -> npt.NDArray[np.bool_]:
    """A random half of so many pictures: for each of them, whether it is chosen."""
    chosen = np.zeros(count, bool)
    chosen[torch.randperm(count, generator=chance)[: count // 2].numpy()] = True
    return chosen


def _some(projections: Projections) -> Projections:
    """The directions and values by which halves are measured."""
    values, which = projections
    return Projections(values[:_HALVED_DIRECTIONS, :_HALVED_VALUES].copy(), which[:_HALVED_VALUES])


def distance_among(pictures: Tensor, distance: Callable[[Tensor, Tensor], float]) -> tuple[float, float]:
    """The distance of one half of pictures from the other: what can be hoped for of others of their kind.

    It depends much on how they are parted: of 300 Monets one parting said 27, another 80.

    Args:
        pictures: b 3 h w.
        distance: Such as `sliced_wasserstein` or `palette_distance`.

    Returns:
        The mean and the deviation over four ways to part them, drawn by chance that is always the same.
    """
    chance = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(pictures), generator=chance) for _ in range(_PARTINGS)]
    middle = len(pictures) // 2
    found = torch.tensor([distance(pictures[order[:middle]], pictures[order[middle:]]) for order in orders])
    return float(found.mean()), float(found.std())
