"""Streaks over photos of any size, as `copyart.networks.lay_streaks` lays them over small ones."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.networks import draw_streaks, find_flow
from copyart.tensors import Pixels, to_pixels, to_tensor

# Forms are looked for in a photo of this long edge at most: more of it shows no others.
_LONG_EDGE = 1024

# How many rows are done at a time.
_ROWS = 256


class Streaks:
    """Streaks of one photo at the size at which it is painted; its strips get them from top to bottom.

    Args:
        seen: The photo, RGB, at `seen_size(size)`: whose forms they follow.
        size: Width and height in pixels at which it is painted.
        percent: The deviation by which they lighten and darken, out of the way from black to white.
        device: Where to compute.
    """

    def __init__(self, seen: Image.Image, size: tuple[int, int], percent: int, device: torch.device) -> None:
        self.percent, self.device = percent, device
        self.width, self.height = size
        self.flow = find_flow(to_tensor(seen).to(device))

    def lay(self, strips: Iterable[Pixels]) -> Iterator[Pixels]:
        """Lays them over the strips of the photo at that size, any number of rows each, h w 3."""
        top = 0
        for strip in strips:
            for first in range(0, len(strip), _ROWS):
                rows = strip[first : first + _ROWS]
                yield self._lay(rows, top)
                top += len(rows)

    def _lay(self, rows: Pixels, top: int) -> Pixels:
        drawn: Tensor = draw_streaks(self.flow, (self.height, self.width), (top, top + len(rows)))
        laid: Pixels = to_pixels(to_tensor(rows).to(self.device) + drawn * (self.percent / 50))[0]
        return laid


def seen_size(size: tuple[int, int]) -> tuple[int, int]:
    """The width and height at which forms are looked for in a photo that is painted at `size`."""
    scale = min(_LONG_EDGE / max(size), 1)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def streaked(image: Image.Image, percent: int, device: torch.device) -> Pixels:
    """A photo, RGB, at the size at which it is painted, with streaks over it unless `percent` is 0; h w 3."""
    pixels: Pixels = np.asarray(image)
    if not percent:
        return pixels
    size = seen_size(image.size)
    seen = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
    return np.concatenate(list(Streaks(seen, image.size, percent, device).lay([pixels])))
