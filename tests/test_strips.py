"""Pictures that come in strips."""

import numpy as np
import pytest

from copyart.tiling import restripped


@pytest.mark.parametrize("rows", [1, 10, 64, 100, 1000])
def test_strips_cut_anew_are_the_same_picture(rows: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 3, 3), np.uint8)
    strips = list(restripped(np.split(pixels, [7, 8, 50]), rows))
    assert all(len(strip) == rows for strip in strips[:-1])
    assert np.array_equal(np.concatenate(strips), pixels)
