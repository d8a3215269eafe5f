"""Networks that enlarge: in tiles, in strips and within the memory they give what they give of the whole picture."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiled import alike, difference, enlarged, tiled_network
from torch import Tensor, nn

from copyart.errors import OptionError
from copyart.networks import InstanceNorm, Network
from copyart.networks.layers import ReflectionConv
from copyart.tensors import Pixels


class Enlarger(Network):
    """Three convolutions, a norm, and four or sixteen pixels of each, as a learned enlargement has them.

    Args:
        scale: 2 or 4.
        multiple: Of which height and width have to be multiples.
        norm: Measure the picture.
        limit: Raise when given more pixels at once.
    """

    def __init__(self, scale: int, *, multiple: int = 1, norm: bool = True, limit: int = 10**9) -> None:
        super().__init__()
        self.scale, self.size_multiple, self.min_size = scale, multiple, max(multiple, 2)
        self.receptive_field = 1 + 2 * 3
        self.values_per_pixel = 24
        self.limit = limit
        self.first = ReflectionConv(3, 8, 3)
        self.norm = InstanceNorm(8) if norm else nn.Identity()
        self.second, self.last = ReflectionConv(8, 8, 3), ReflectionConv(8, 3 * scale**2, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges b 3 h w to b 3 (h scale) (w scale)."""
        b, _, height, width = x.shape
        assert height % self.size_multiple == width % self.size_multiple == 0
        if b * height * width > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        y = F.relu(self.second(F.relu(self.norm(self.first(x)))))
        return torch.tanh(F.pixel_shuffle(self.last(y), self.scale))


def enlarger(scale: int, *, multiple: int = 1, norm: bool = True, limit: int = 10**9) -> Enlarger:
    torch.manual_seed(0)
    network = Enlarger(scale, multiple=multiple, norm=norm, limit=limit).eval()
    nn.init.normal_(network.last.weight, 0, 0.2)
    return network


@pytest.fixture(params=[2, 4])
def scale(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("multiple", [1, 4])
@pytest.mark.parametrize("size", [(101, 75), (64, 128), (9, 5), (3, 170), (1, 1)])
@pytest.mark.parametrize("tile", [16, 40])
def test_in_tiles_a_picture_becomes_what_it_becomes_in_one_piece(
    scale: int, multiple: int, size: tuple[int, int], tile: int, china: Path
) -> None:
    pixels = enlarged(china, 640, 427)[: size[0], : size[1]]
    network = enlarger(scale, multiple=multiple)
    whole, tiled = (tiled_network(network, tile=side).freeze([enlarged(china, 200, 120)]) for side in (None, tile))
    painting = tiled.run(pixels)
    assert painting.shape == (size[0] * scale, size[1] * scale, 3)
    assert painting.std() > 1
    assert alike(painting, whole.run(pixels))
    assert tiled.tiles((size[1], size[0])) > 1 or min(size) < tile


def test_with_statistics_of_the_whole_picture_measured_in_parts_it_is_nearly_the_same(scale: int, china: Path) -> None:
    pixels = enlarged(china, 320, 200)
    network = enlarger(scale)
    assert difference(tiled_network(network, tile=64).run(pixels), tiled_network(network).run(pixels))[0] < 2


@pytest.mark.parametrize("rows", [1, 7, 64, 1000])
def test_it_does_not_matter_in_what_strips_a_picture_comes(scale: int, rows: int, china: Path) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    tiled = tiled_network(enlarger(scale, multiple=4), tile=48)

    def read() -> Iterator[Pixels]:
        return (pixels[i : i + rows] for i in range(0, len(pixels), rows))

    strips = list(tiled.run_strips(read, 203, 150))
    assert len(strips) == 4
    assert all(strip.shape[1:] == (203 * scale, 3) for strip in strips)
    assert np.array_equal(np.concatenate(strips), tiled.run(pixels))


def test_several_pictures_become_what_each_becomes_alone(scale: int, china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 400, 640)]
    for tile in (None, 48):
        tiled = tiled_network(enlarger(scale), tile=tile)
        together = tiled.run_many(pictures)
        assert all(alike(done, tiled.run(picture)) for done, picture in zip(together, pictures, strict=True))


def test_it_is_given_no_more_at_once_than_the_memory_allows(scale: int, china: Path) -> None:
    pixels = enlarged(china, 640, 427)
    network, seen = enlarger(scale), list[int]()
    network.register_forward_pre_hook(lambda _, given: seen.append(given[0][:, 0].numel()))
    tiled = tiled_network(network, memory=10)
    done = tiled.run(pixels)
    assert done.shape == (427 * scale, 640 * scale, 3)
    assert len(seen) > 2
    assert max(seen) <= tiled.most < 427 * 640
    assert max(seen) * (24 * 4 + 24 + 24 * scale**2) <= 10_000_000


def test_the_larger_the_output_the_fewer_pixels_fit_the_memory() -> None:
    fit = [tiled_network(enlarger(scale), memory=50).most for scale in (1, 2, 4)]
    assert fit == [50_000_000 // (24 * 4 + 24 + 24 * scale**2) for scale in (1, 2, 4)]
    assert fit == sorted(set(fit), reverse=True)


def test_too_little_memory_is_refused_and_the_least_that_is_named_works(scale: int, china: Path) -> None:
    with pytest.raises(OptionError, match=r"too little for one tile of this style; give at least \d+$") as no:
        tiled_network(enlarger(scale), memory=1)
    least = int(str(no.value).split()[-1])
    assert tiled_network(enlarger(scale), memory=least).run(enlarged(china, 640, 300)).shape[0] == 300 * scale


@pytest.mark.parametrize("tile", [None, 256])
def test_where_memory_ends_smaller_tiles_give_the_same_picture(scale: int, tile: int | None, china: Path) -> None:
    pixels = enlarged(china, 640, 427)
    small, plenty = (
        tiled_network(enlarger(scale, limit=limit), tile=tile).freeze([enlarged(china, 160, 100)])
        for limit in (20_000, 10**9)
    )
    assert alike(small.run(pixels), plenty.run(pixels))
    assert small.tile < plenty.tile


def test_what_measures_nothing_reads_a_picture_once(scale: int, china: Path) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    network, count = enlarger(scale, norm=False), 0

    def read() -> list[Pixels]:
        nonlocal count
        count += 1
        return [pixels]

    tiled = tiled_network(network, tile=48)
    strips = list(tiled.run_strips(read, 203, 150))
    assert count == 1
    assert alike(np.concatenate(strips), tiled_network(network).run(pixels))
    assert alike(tiled.freeze([pixels]).run(pixels), np.concatenate(strips))
