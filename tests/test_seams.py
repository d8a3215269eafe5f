"""No seam shows between the tiles of a painting, of any style that comes with the package."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from copyart.checkpoints import load_generator, load_style
from copyart.config import TilingConfig
from copyart.models import bundled_styles
from copyart.tensors import Pixels
from copyart.tiling import Span, TiledNetwork, cut

Numbers: TypeAlias = npt.NDArray[np.float64]

REACH = 64  # pixels to each side of a border with whose steps its own is compared


@pytest.fixture(scope="module")
def photo(china: Path) -> Pixels:
    """A photograph, 1280 x 480."""
    with Image.open(china) as image:
        return np.asarray(image.convert("RGB").resize((1280, 854), Image.Resampling.LANCZOS))[200:680]


def network_of(style: str) -> TiledNetwork:
    network = load_generator(load_style(style), reverse=False)
    return TiledNetwork(network, torch.device("cpu"), torch.float32, TilingConfig(tile=256))


def spans(network: TiledNetwork, length: int) -> list[Span]:
    return cut(length, network.tile, network.border, network.multiple)


def seams(painting: Pixels, photo: Pixels, rows: list[Span], columns: list[Span], multiple: int) -> Numbers:
    """How much larger the step in colour is across each side of each tile than across lines beside it.

    The step is of the mean colour of a whole side of a tile, less the photo's own; it is divided by the root mean
    square of those steps within reach. Those are at the same phase of the network's strides, whose grid, where
    it has one, is no seam; a border of tiles is nothing special, so its number is about 1.

    Returns:
        A row for each side of a tile: times the others' root mean square, times the largest of them.
    """
    found = []
    for axis, crossed, along in ((0, rows, columns), (1, columns, rows)):
        paint, plain = (np.diff(pixels.astype(float), axis=axis) for pixels in (painting, photo))
        steps = np.moveaxis(paint - plain, axis, 0)  # which step, where along it, channel
        for border in (span.start - 1 for span in crossed[1:]):
            beside = [i for i in range(border - REACH, border + REACH + 1, multiple) if i != border]
            beside = [i for i in beside if 0 <= i < len(steps)]
            for side in along:
                sizes = np.linalg.norm(steps[:, side.start : side.stop].mean(axis=1), axis=1)
                others = sizes[beside]
                found.append((sizes[border] / np.sqrt(np.mean(others**2)), sizes[border] / others.max()))
    return np.array(found)


def root_mean_square(values: Numbers) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.slow
@pytest.mark.parametrize("style", bundled_styles())
def test_a_border_of_tiles_is_no_different_from_any_other_line(style: str, photo: Pixels) -> None:
    network = network_of(style)
    rows, columns = spans(network, 480), spans(network, 1280)
    assert (len(rows), len(columns)) == (2, 5)
    found = seams(network.run(photo), photo, rows, columns, network.multiple)
    assert len(found) == 5 + 4 * 2
    assert root_mean_square(found[:, 0]) < 1.3
    assert np.median(found[:, 0]) < 1
    assert found[:, 1].max() < 1.2


@pytest.mark.slow
@pytest.mark.parametrize("style", ["monet"])
def test_tiles_that_each_go_by_their_own_statistics_would_show(style: str, photo: Pixels) -> None:
    network = network_of(style)
    rows, columns = spans(network, 480), spans(network, 1280)
    painting = np.empty_like(photo)
    for row in rows:
        for column in columns:
            part = network.run(photo[row.before : row.after, column.before : column.after])
            painting[row.start : row.stop, column.start : column.stop] = part[row.inner(), column.inner()]
    found = seams(painting, photo, rows, columns, network.multiple)
    assert root_mean_square(found[:, 0]) > 2
    assert found[:, 1].max() > 2
