"""The distance of a run to its artist: photos that it never learned from are painted and scored as it goes on."""

import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from copyart.config import TrainConfig
from copyart.data import Domain
from copyart.domains import evenly
from copyart.errors import DomainError
from copyart.metrics import (
    FEWEST,
    LEAST,
    checkerboard,
    estimate,
    palette_distance,
    sliced_wasserstein,
    structure_kept,
)
from copyart.tensors import Pixels
from copyart.training.cyclegan.samples import middle
from copyart.training.learner import Figure
from copyart.training.pictures import Pictures
from copyart.training.standing import Standing

logger = logging.getLogger(__name__)

_PHOTOS, _PAINTINGS = 200, 1000  # at most
_READERS = 8


# What `Standing` compares a run with, by the names that it has for them.
PHOTOS, ARTIST = "photos as they are", "the artist's paintings among themselves"

SCORES = (
    Figure(
        "distance", "distance to the artist", digits=0, about="Distance: of colours and textures; 0 would be the same."
    ),
    Figure("palette", "palette", digits=1, about="Palette: the distance of colours alone, where 2.3 is just seen."),
    Figure("structure_kept", "structure kept", about="Structure kept: 1 where the photo's shapes are untouched."),
    Figure(
        "checkerboard", "checkerboard, dB", digits=1, about="Checkerboard: the grid that networks leave in pictures."
    ),
)


class Judge:
    """Scores what a run has learned, on squares out of the middle of its pictures.

    The photos, 200 at most, are some of those that are held out; the paintings, 1,000 at most, are some of all that
    there are. They are read when they are first asked for.

    Args:
        domains: Photos and paintings.
        multiple: What height and width of a picture have to be multiples of.
    """

    def __init__(self, domains: Sequence[Domain], multiple: int) -> None:
        self._a, self._b = domains
        self.side = self._a.load_size // multiple * multiple

    @cached_property
    def photos(self) -> Tensor:
        """Those to paint, b 3 side side, uint8."""
        return _squares(self._a, evenly(self._a.held_out, _PHOTOS), self.side)

    @cached_property
    def paintings(self) -> Tensor:
        """Those to come near to, b 3 side side, uint8."""
        return _squares(self._b, evenly([*self._b.paths, *self._b.held_out], _PAINTINGS), self.side)

    @cached_property
    def beside(self) -> tuple[dict[str, dict[str, float]], float]:
        """The figures to compare with, and how uncertain the distance is: see `Standing`."""
        photos, paintings, few = self.photos, self.paintings, min(len(self.photos), len(self.paintings)) < LEAST
        found = estimate(sliced_wasserstein, photos, paintings) if few else None
        beside = {
            PHOTOS: {**_figures(photos, paintings), "structure_kept": 1.0},
            ARTIST: _figures(paintings[::2], paintings[1::2]),
        }
        return beside, round(found.high - found.value, 2) if found else 0.0

    def prepare(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""
        _ = self.photos, self.paintings, before or self.beside

    def evaluate(self, paint: Callable[[Tensor], Tensor], step: int, before: Standing | None) -> Standing:
        """Scores what was learned in `step` steps.

        Args:
            paint: Paints photos, b 3 h w, uint8.
            step: How many steps were taken.
            before: How it stood; None if this is the first time.
        """
        painted = paint(self.photos)
        figures = {**_figures(painted, self.paintings), "structure_kept": _structure_kept(self.photos, painted)}
        return before.after(step, figures) if before else Standing(step, figures, step, figures, 0, *self.beside)


def quality(standing: Standing) -> dict[str, float]:
    """The scores of the newest evaluation, as a style's record has them."""
    figures = standing.figures
    return {
        "distance_closed": round(1 - figures["distance"] / standing.beside[PHOTOS]["distance"], 3),
        "structure_kept": round(figures["structure_kept"], 3),
        "checkerboard": round(figures["checkerboard"], 2),
    }


def check_pictures(pictures: Sequence[Pictures], config: TrainConfig) -> None:
    """Tells what can be judged with such pictures: paintings of held-out photos, by all that there are of the artist.

    Raises:
        DomainError: If the run is to be evaluated, and there are too few.
    """
    a, b = pictures
    logger.info("%s", outlook(a, b))
    if not config.evaluate_every:
        return
    photos, paintings = len(a.held_out) + len(a.learned), len(b.held_out) + len(b.learned)
    for name, count, what, advice in (
        (a.name, len(a.held_out), f"pictures of {photos} are held out", _more(a, FEWEST)),
        (b.name, paintings, "pictures are there", "add pictures"),
    ):
        if count < FEWEST:
            raise DomainError(
                f"{name}: {count} {what}, and a score of fewer than {FEWEST} means nothing; "
                f"{advice}, or leave --evaluate-every out"
            )


def outlook(a: Pictures, b: Pictures) -> str:
    """The measures that a run's pictures allow, with paintings of held-out photos and all paintings of the artist."""
    photos, paintings = len(a.held_out), len(b.held_out) + len(b.learned)
    of = f"To judge by: {photos} held-out pictures of {a.cleaned.title} and {paintings} of {b.cleaned.title}"
    if min(photos, paintings) >= LEAST:
        return f"{of}: enough for every measure"
    if min(photos, paintings) >= FEWEST:
        return f"{of}: distances with a wide interval; FID, precision and recall take {LEAST} of each"
    advice = _more(a, FEWEST) if photos < FEWEST else "add pictures"
    return f"{of}: too few for scores, which take {FEWEST} of each; {advice}"


def _more(a: Pictures, least: int) -> str:
    """Advice on having at least so many pictures of domain a held out."""
    share = math.ceil(100 * least / (len(a.held_out) + len(a.learned))) / 100
    return f"hold out more with --holdout {share}" if share <= 0.5 else "add pictures"


def _figures(pictures: Tensor, goal: Tensor) -> dict[str, float]:
    return {
        "distance": round(sliced_wasserstein(pictures, goal), 2),
        "palette": round(palette_distance(pictures, goal), 3),
        "checkerboard": round(checkerboard(pictures), 2),
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
