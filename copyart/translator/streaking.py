"""Streaks over photos of any size, as `copyart.networks.lay_streaks` lays them over small ones."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from copyart.images import LargePhoto, Photo
from copyart.networks import draw_streaks, find_flow
from copyart.tensors import Pixels, to_pixels, to_tensor

# Forms are looked for in a photo of this long edge at most: more of it shows no others.
_LONG_EDGE = 1024

# How many rows are done at a time.
_ROWS = 256


class Streaks:
    """Streaks of one photo at the size at which it is painted; its strips get them from top to bottom.

    Args:
        photo: Whose forms they follow.
        size: Width and height in pixels at which it is painted.
        percent: The deviation by which they lighten and darken, out of the way from black to white.
        device: Where to compute.
    """

    def __init__(self, photo: Photo | LargePhoto, size: tuple[int, int], percent: int, device: torch.device) -> None:
        self.percent, self.device = percent, device
        self.width, self.height = size
        scale = min(_LONG_EDGE / max(size), 1)
        seen = photo.resized((max(1, round(self.width * scale)), max(1, round(self.height * scale))))
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


def streaked(photo: Photo | LargePhoto, size: tuple[int, int], percent: int, device: torch.device) -> Pixels:
    """A photo as it is painted at a size: with streaks over it, unless `percent` is 0; h w 3, 0 to 255."""
    pixels: Pixels = np.asarray(photo.resized(size))
    if not percent:
        return pixels
    return np.concatenate(list(Streaks(photo, size, percent, device).lay([pixels])))
