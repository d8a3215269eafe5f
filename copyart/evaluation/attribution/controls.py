"""Controls: pictures that nobody painted so, which a judge must not take for the artist's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter

from copyart.metrics import from_lab, to_lab
from copyart.tensors import to_image, to_tensor

_SHARPENED = ImageFilter.UnsharpMask(radius=3, percent=200, threshold=0)
_NOISE = 12.0  # levels of 255, the deviation


@dataclass(frozen=True)
class Control:
    """A way to change a photo that makes no painting of it.

    Attributes:
        name: What comes out.
        make: Makes it of a photo; the number sets all that is drawn at random.
    """

    name: str
    make: Callable[[Image.Image, int], Image.Image]


def make_controls(paintings: Sequence[Image.Image]) -> list[Control]:
    """The controls beside an artist whose paintings these are."""

    def recolor(photo: Image.Image, number: int) -> Image.Image:
        return transfer_colors(photo, paintings[number % len(paintings)])

    return [
        Control("the photo", lambda photo, _: photo),
        Control("the photo in the artist's colours", recolor),
        Control("the photo, sharpened, with noise", sharpen_with_noise),
    ]


def transfer_colors(photo: Image.Image, painting: Image.Image) -> Image.Image:
    """Gives a photo the mean and deviation of a painting's colours, in CIELAB (Reinhard et al. 2001)."""
    x = to_tensor(photo)
    mine, theirs = (to_lab(t[0].flatten(1).T) for t in (x, to_tensor(painting)))
    scale = theirs.std(dim=0) / mine.std(dim=0).clamp(min=1e-3)
    moved = (mine - mine.mean(dim=0)) * scale + theirs.mean(dim=0)
    return to_image(from_lab(moved).T.reshape_as(x))


def sharpen_with_noise(photo: Image.Image, number: int) -> Image.Image:
    """Sharpens a photo, and adds noise that follows from the number."""
    pixels = np.asarray(photo.filter(_SHARPENED), np.float32)
    noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(number)).numpy()
    return Image.fromarray((pixels + _NOISE * noise).clip(0, 255).round().astype(np.uint8))
