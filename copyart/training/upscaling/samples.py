"""Sample grids: held-out pictures that were shrunk, and what becomes of them."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from copyart.tensors import Pixels
from copyart.training.upscaling.evaluation import Enlarge, lanczos, shrunk

_GAP = 4


def draw_grid(originals: Sequence[Pixels], enlarge: Enlarge, scale: int) -> Image.Image:
    """Draws a row for each picture: shrunk and enlarged by Lanczos, by what was learned, and as it was.

    Args:
        originals: The pictures, each h w 3, of sizes that are multiples of `scale`.
        enlarge: What was learned.
        scale: By how much it enlarges.
    """
    rows = []
    for original in originals:
        small = shrunk(original, scale)
        rows.append([lanczos(small, scale), enlarge(small), original])
    width = max(row[0].shape[1] for row in rows)
    height = sum(row[0].shape[0] + _GAP for row in rows) - _GAP
    grid = np.full((height, 3 * (width + _GAP) - _GAP, 3), 255, np.uint8)
    top = 0
    for row in rows:
        for column, pixels in enumerate(row):
            left = column * (width + _GAP)
            grid[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        top += row[0].shape[0] + _GAP
    return Image.fromarray(grid)
