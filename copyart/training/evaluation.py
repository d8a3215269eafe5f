"""How near a run has come to its artist: photos that it never learned from are painted and scored as it goes on."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from copyart.data import Domain
from copyart.domains import evenly
from copyart.errors import DomainError
from copyart.metrics import FEWEST, LEAST, checkerboard, estimate, palette_distance, sliced_wasserstein, structure_kept
from copyart.tensors import Pixels
from copyart.training.pictures import Pictures, more
from copyart.training.samples import middle
from copyart.training.trainer import Trainer

_PHOTOS, _PAINTINGS = 200, 1000  # at most
_READERS = 8


@dataclass(frozen=True)
class Standing:
    """How near a run has come to its artist, by its evaluations so far.

    Attributes:
        step: That of the newest evaluation.
        figures: Of its paintings: `distance`, the sliced Wasserstein distance to the artist's, by which it is judged,
            `palette`, the same of the colours alone, `structure_kept`, the SSIM of photo and painting, and `weave`,
            the grid left in them in decibels.
        best_step: That of the evaluation with the smallest distance.
        best: Its figures.
        since: Evaluations after the best.
        photos: The same figures of the photos as they are, which is what doing nothing gives.
        artist: Those of one half of the artist's paintings against the other, which is what can be hoped for.
        uncertain: By how much the distance of photos as they are may be larger of very many such pictures, with 95 %
            confidence; 0 where there are enough of both.
    """

    step: int
    figures: Mapping[str, float]
    best_step: int
    best: Mapping[str, float]
    since: int
    photos: Mapping[str, float]
    artist: Mapping[str, float]
    uncertain: float = 0.0

    def after(self, step: int, figures: Mapping[str, float]) -> "Standing":
        """How it stands after one more evaluation."""
        if figures["distance"] < self.best["distance"]:
            return replace(self, step=step, figures=figures, best_step=step, best=figures, since=0)
        return replace(self, step=step, figures=figures, since=self.since + 1)

    def quality(self) -> dict[str, float]:
        """The scores of the newest evaluation, as a style's record has them."""
        return {
            "distance_closed": round(1 - self.figures["distance"] / self.photos["distance"], 3),
            "structure_kept": round(self.figures["structure_kept"], 3),
            "checkerboard": round(self.figures["weave"], 2),
        }

    def words(self) -> str:
        """The best step and what its distance is to be compared with."""
        return (
            f"step {self.best_step:,}: distance {self.best['distance']:.0f}, against {self.photos['distance']:.0f} for "
            f"photos as they are and {self.artist['distance']:.0f} among the artist's own"
            + (f", all uncertain by {self.uncertain:.0f} with so few pictures" if self.uncertain else "")
        )


class Judge:
    """Scores what a run has learned, on squares out of the middle of its pictures.

    The photos, 200 at most, are some of those that are held out; the paintings, 1,000 at most, are some of all that
    there are. They are read when they are first asked for.

    Args:
        a: The domain of photos.
        b: The domain of paintings.
        held_out: The pictures of each that are not learned from.
        multiple: What height and width of a picture have to be multiples of.
    """

    def __init__(self, a: Domain, b: Domain, held_out: tuple[Sequence[Path], Sequence[Path]], multiple: int) -> None:
        self.side = a.load_size // multiple * multiple
        self._a, self._b, self._held_out = a, b, held_out

    @cached_property
    def photos(self) -> Tensor:
        """Those to paint, b 3 side side, uint8."""
        return _squares(self._a, evenly(self._held_out[0], _PHOTOS), self.side)

    @cached_property
    def paintings(self) -> Tensor:
        """Those to come near to, b 3 side side, uint8."""
        return _squares(self._b, evenly([*self._b.paths, *self._held_out[1]], _PAINTINGS), self.side)

    @cached_property
    def beside(self) -> dict[str, Any]:
        """What figures are to be compared with: `photos`, `artist` and `uncertain` of `Standing`."""
        photos, paintings, few = self.photos, self.paintings, min(len(self.photos), len(self.paintings)) < LEAST
        found = estimate(sliced_wasserstein, photos, paintings) if few else None
        return {
            "photos": {**_figures(photos, paintings), "structure_kept": 1.0},
            "artist": _figures(paintings[::2], paintings[1::2]),
            "uncertain": round(found.high - found.value, 2) if found else 0.0,
        }

    def prepare(self, before: Standing | None) -> None:
        """Does what takes time at the first evaluation alone."""
        _ = self.photos, self.paintings, before or self.beside

    def evaluate(self, trainer: Trainer, step: int, before: Standing | None) -> Standing:
        """Scores the averaged generators after `step` steps.

        Args:
            trainer: What has learned.
            step: How many steps it took.
            before: How it stood; None if this is the first time.
        """
        painted = trainer.paint_all(self.photos)
        figures = {**_figures(painted, self.paintings), "structure_kept": _structure_kept(self.photos, painted)}
        if before:
            return before.after(step, figures)
        return Standing(step, figures, step, figures, 0, **self.beside)


def check_enough(a: Pictures, b: Pictures) -> None:
    """Makes sure that there are pictures enough to judge by.

    Raises:
        DomainError: If there are not.
    """
    photos, paintings = len(a.held_out) + len(a.learned), len(b.held_out) + len(b.learned)
    for name, count, what, advice in (
        (a.name, len(a.held_out), f"pictures of {photos} are held out", more(a, FEWEST)),
        (b.name, paintings, "pictures are there", "add pictures"),
    ):
        if count < FEWEST:
            raise DomainError(
                f"{name}: {count} {what}, and a score of fewer than {FEWEST} means nothing; "
                f"{advice}, or leave --evaluate-every out"
            )


def _figures(pictures: Tensor, goal: Tensor) -> dict[str, float]:
    return {
        "distance": round(sliced_wasserstein(pictures, goal), 2),
        "palette": round(palette_distance(pictures, goal), 3),
        "weave": round(checkerboard(pictures), 2),
    }


def _structure_kept(photos: Tensor, paintings: Tensor) -> float:
    return round(float(structure_kept(photos, paintings).mean()), 4)


def _squares(domain: Domain, paths: Sequence[Path], side: int) -> Tensor:
    """The middles of those pictures that can be read: b 3 side side, uint8."""
    decoded = dict(zip(domain.paths, domain.pixels, strict=False))  # none where they do not fit the memory

    def square(path: Path) -> Pixels | None:
        pixels = decoded[path] if path in decoded else domain.read(path)
        return None if pixels is None else middle(pixels, side)

    with ThreadPoolExecutor(_READERS) as pool:
        squares = [found for found in pool.map(square, paths) if found is not None]
    if not squares:
        raise DomainError(f"{domain.name}: none of the {len(paths)} pictures to judge by can be read any more")
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)
