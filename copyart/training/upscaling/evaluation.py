"""The worth of an enlarger: held-out pictures are shrunk, enlarged again, and held against what they were."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.config import RunConfig
from copyart.data import Domain
from copyart.domains import evenly
from copyart.errors import DomainError
from copyart.networks import EfficientNetLite
from copyart.tensors import Pixels, to_pixels, to_tensor
from copyart.training.learner import Figure
from copyart.training.pictures import Pictures
from copyart.training.standing import Standing
from copyart.training.upscaling.losses import feature_distance

LANCZOS = "Lanczos"

SCORES = (
    Figure(
        "feature_distance",
        "feature distance",
        digits=4,
        about="Feature distance: of what a network finds in the picture and in the original; 0 would be the same.",
    ),
    Figure("psnr", "PSNR, dB", about="PSNR: 10 log10 of 255² over the mean squared error of a colour; more is nearer."),
)

_PICTURES, _SIDE = 60, 512  # at most
_READERS = 8

# Enlarges pixels, h w 3, by the scale that is learned.
Enlarge: TypeAlias = Callable[[Pixels], Pixels]


class Judge:
    """Scores what a run has learned, on squares out of the middle of its held-out pictures.

    Args:
        domain: The pictures; 60 at most of those that are held out are looked at.
        scale: By how much they are enlarged.
        multiple: Of what width and height of a picture to be enlarged have to be multiples.
    """

    def __init__(self, domain: Domain, scale: int, multiple: int) -> None:
        self._domain, self.scale, self.multiple = domain, scale, multiple

    @cached_property
    def originals(self) -> list[Pixels]:
        """The pictures, each h w 3, up to 512 pixels wide and high, before they were shrunk.

        Raises:
            DomainError: If none of them can be read any more.
        """
        chosen = evenly(self._domain.held_out or self._domain.samples, _PICTURES)
        with ThreadPoolExecutor(_READERS) as pool:
            found = [pixels for pixels in pool.map(self._domain.read, chosen) if pixels is not None]
        if not found:
            raise DomainError(f"{self._domain.name}: none of {len(chosen)} pictures to judge by can be read any more")
        return [middle(pixels, self.scale * self.multiple) for pixels in found]

    @cached_property
    def samples(self) -> list[Pixels]:
        """The pictures for sample grids, likewise."""
        found = [pixels for path in self._domain.samples if (pixels := self._domain.read(path)) is not None]
        return [middle(pixels, self.scale * self.multiple) for pixels in found]

    @cached_property
    def beside(self) -> dict[str, dict[str, float]]:
        """The scores of an enlargement by Lanczos."""
        return {LANCZOS: self._figures(lambda pixels: lanczos(pixels, self.scale))}

    def evaluate(self, enlarge: Enlarge, step: int, before: Standing | None) -> Standing:
        """Scores what was learned in `step` steps; `before` is how it stood, None the first time."""
        figures = self._figures(enlarge)
        if before:
            return before.after(step, figures)
        return Standing(step, figures, step, figures, 0, self.beside, judged=SCORES[0].name)

    def _figures(self, enlarge: Enlarge) -> dict[str, float]:
        pairs = [(enlarge(shrunk(original, self.scale)), original) for original in self.originals]
        distances, ratios = [self._feature_distance(*pair) for pair in pairs], [psnr(*pair) for pair in pairs]
        return {"feature_distance": round(float(np.mean(distances)), 5), "psnr": round(float(np.mean(ratios)), 3)}

    @torch.no_grad()
    def _feature_distance(self, one: Pixels, other: Pixels) -> float:
        found, wanted = self._features(to_tensor(one)), self._features(to_tensor(other))
        return float(feature_distance(found, wanted))

    @cached_property
    def _features(self) -> EfficientNetLite:
        return EfficientNetLite()


def middle(pixels: Pixels, multiple: int) -> Pixels:
    """The middle of a picture, h w 3, up to 512 pixels a side and a multiple of `multiple`."""
    height, width = (min(side, _SIDE) // multiple * multiple for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def shrunk(pixels: Pixels, scale: int) -> Pixels:
    """A picture, h w 3, as it is given to an enlarger: shrunk by a bicubic kernel that is as wide as it takes."""
    size = pixels.shape[1] // scale, pixels.shape[0] // scale
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def lanczos(pixels: Pixels, scale: int) -> Pixels:
    """A picture, h w 3, enlarged without anything learned."""
    size = pixels.shape[1] * scale, pixels.shape[0] * scale
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def psnr(one: Pixels, other: Pixels) -> float:
    """The peak signal-to-noise ratio of two pictures of one size in decibels, at most 100."""
    error = float(np.mean((one.astype(np.float32) - other) ** 2))
    return min(100.0, 10 * float(np.log10(255**2 / max(error, 1e-10))))


def quality(standing: Standing) -> dict[str, float]:
    """The scores of the newest evaluation, as an enlarger's record has them."""
    figures, plain = standing.figures, standing.beside[LANCZOS]
    return {
        "psnr": round(figures["psnr"], 2),
        "psnr_gain": round(figures["psnr"] - plain["psnr"], 2),
        "feature_distance": round(figures["feature_distance"], 4),
        "feature_distance_left": round(figures["feature_distance"] / plain["feature_distance"], 3),
    }


def check_pictures(pictures: Sequence[Pictures], config: RunConfig) -> None:
    """Tells whether a run can be judged with such pictures.

    Raises:
        DomainError: If it is to be evaluated, and none are held out.
    """
    (one,) = pictures
    if config.evaluate_every and not one.held_out:
        raise DomainError(f"{one.name}: no picture is held out to judge by; give --holdout 0.1")


def enlarged(network: Callable[[Tensor], Tensor], pixels: Pixels, device: torch.device) -> Pixels:
    """A picture, h w 3, enlarged by a network."""
    whole: Pixels = to_pixels(network(to_tensor(pixels).to(device)))[0]
    return whole
