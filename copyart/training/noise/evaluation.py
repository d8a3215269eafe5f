"""The worth of a generator: its pictures are held against held-out ones, beside controls that tell what that means."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.config import NoiseConfig
from copyart.data import Domain
from copyart.domains import evenly
from copyart.errors import DomainError
from copyart.metrics import FEWEST, LEAST, estimate, palette_distance, sliced_wasserstein
from copyart.networks import luma
from copyart.tensors import Pixels, from_bytes
from copyart.training.learner import Figure
from copyart.training.noise.samples import spread
from copyart.training.pictures import Pictures
from copyart.training.standing import Standing

# What `Standing` compares a run with, by the names that it has for them.
REAL, SPOILED = "real pictures among themselves", "real pictures, blurred under noise"

SCORES = (
    Figure(
        "distance",
        "distance to held-out pictures",
        digits=1,
        about="Distance: of colours and textures; 0 would be the same.",
    ),
    Figure("palette", "palette", digits=1, about="Palette: the distance of colours alone, where 2.3 is just seen."),
    Figure(
        "variety",
        "variety",
        about="Variety: by how much pictures differ among themselves, of how much held-out ones do; 1 is as much.",
    ),
)

_PICTURES = 500  # at most, of each kind
_FOR_VARIETY = 200
_READERS = 8
_NOISE = 0.1  # deviation, of 2

# Draws so many pictures: b 3 h w, uint8.
Draw = Callable[[int], Tensor]


class Judge:
    """Scores what a run has learned by pictures that it has not seen.

    Args:
        domain: The pictures, of which 500 at most of those held out and as many of the others are looked at.
        config: How they were cut, and whether they are grey.
    """

    def __init__(self, domain: Domain, config: NoiseConfig) -> None:
        self._domain, self._config = domain, config

    @cached_property
    def goal(self) -> Tensor:
        """Those that are held out: b 3 h w, uint8."""
        return self._squares(evenly(self._domain.held_out, _PICTURES))

    @cached_property
    def beside(self) -> tuple[dict[str, dict[str, float]], float]:
        """The figures to compare with, and how uncertain the distance is: see `Standing`."""
        real = self._squares(evenly(self._domain.paths, _PICTURES))
        few = min(len(real), len(self.goal)) < LEAST
        found = estimate(sliced_wasserstein, real, self.goal) if few and len(real) >= FEWEST else None
        beside = {REAL: self._figures(real), SPOILED: self._figures(spoiled(real))}
        return beside, round(found.high - found.value, 2) if found else 0.0

    def prepare(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""
        _ = self.goal, before or self.beside

    def evaluate(self, draw: Draw, step: int, before: Standing | None) -> Standing:
        """Scores what was learned in `step` steps; `before` is how it stood, None the first time."""
        figures = self._figures(draw(min(max(len(self.goal), LEAST), _PICTURES)))
        return before.after(step, figures) if before else Standing(step, figures, step, figures, 0, *self.beside)

    def _figures(self, pictures: Tensor) -> dict[str, float]:
        return {
            "distance": round(sliced_wasserstein(pictures, self.goal), 2),
            "palette": round(palette_distance(pictures, self.goal), 3),
            "variety": round(spread(pictures[:_FOR_VARIETY]) / max(self._spread, 1e-6), 3),
        }

    @cached_property
    def _spread(self) -> float:
        return spread(self.goal[:_FOR_VARIETY])

    def _squares(self, paths: Sequence[Path]) -> Tensor:
        """The middles of those pictures that can be read, grey where that is learned: b 3 h w, uint8."""
        side = self._config.image_size

        def square(path: Path) -> Pixels | None:
            pixels = self._domain.read(path)
            if pixels is None:
                return None
            top, left = ((length - side) // 2 for length in pixels.shape[:2])
            return pixels[top : top + side, left : left + side]

        with ThreadPoolExecutor(_READERS) as pool:
            squares = [found for found in pool.map(square, paths) if found is not None]
        if len(squares) < 2:
            raise DomainError(
                f"{self._domain.name}: of {len(paths)} pictures to judge by {len(squares)} can be read any more"
            )
        pictures = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)
        return greyed(pictures) if self._config.grey else pictures


def greyed(pictures: Tensor) -> Tensor:
    """Pictures without colours, b 3 h w, uint8."""
    return luma(pictures.float()).round().to(torch.uint8).expand(-1, 3, -1, -1)


def spoiled(pictures: Tensor) -> Tensor:
    """Pictures, b 3 h w, uint8, blurred and under noise, in [-1, 1]: a control that has to do badly."""
    x = from_bytes(pictures)
    blurred = F.interpolate(F.avg_pool2d(x, 4), x.shape[-2:], mode="bilinear")
    chance = torch.Generator().manual_seed(0)
    return (blurred + _NOISE * torch.randn(blurred.shape, generator=chance)).clamp(-1, 1)


def quality(standing: Standing) -> dict[str, float]:
    """The scores of the newest evaluation, as a generator's record has them."""
    figures, real = standing.figures, standing.beside[REAL]
    return {**figures, "distance_of_real": real["distance"]}


def check_pictures(pictures: Sequence[Pictures], config: NoiseConfig) -> None:
    """Tells whether a run can be judged with such pictures.

    Raises:
        DomainError: If it is to be evaluated, and too few are held out.
    """
    (one,) = pictures
    if config.evaluate_every and len(one.held_out) < FEWEST:
        raise DomainError(
            f"{one.name}: {len(one.held_out)} pictures are held out, and a score by fewer than {FEWEST} means nothing; "
            "hold out more with --holdout 0.1, add pictures, or leave --evaluate-every out"
        )
