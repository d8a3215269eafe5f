"""Painting within a limit of memory: tiles that join into what the whole picture would have become."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from copyart.checkpoints import load_generator, load_style
from copyart.config import TilingConfig
from copyart.errors import DeviceError, OptionError
from copyart.networks import Compact, Generator, ResNet, UNet, hold_statistics
from copyart.tensors import Pixels
from copyart.tiling import cut
from copyart.translator.painter import Painter
from copyart.translator.strips import restripped

CPU = torch.device("cpu")
ALL: dict[str, Callable[[], Generator]] = {
    "resnet": lambda: ResNet(base_channels=4, blocks=1),
    "resnet, batch norm, dropout": lambda: ResNet(base_channels=4, blocks=1, norm="batch", dropout=True),
    "resnet, skips": lambda: ResNet(base_channels=4, blocks=1, skips=True),
    "resnet, resize": lambda: ResNet(base_channels=4, blocks=1, upsample="resize"),
    "compact": lambda: Compact(base_channels=4, blocks=1),
    "compact, underpainting": lambda: Compact(base_channels=4, blocks=1, underpainting=True),
    "compact, antialias": lambda: Compact(base_channels=4, blocks=1, antialias=True, underpainting=True),
    "unet": lambda: UNet(base_channels=4, depth=3),
    "unet, resize": lambda: UNet(base_channels=4, depth=3, upsample="resize"),
}


class Limited(Compact):
    """A network that raises when it is given more pixels at once than there is memory for."""

    def __init__(self, limit: int, error: Exception | None = None, *, base_channels: int = 4, blocks: int = 1) -> None:
        super().__init__(base_channels=base_channels, blocks=blocks, underpainting=True)
        self.limit = limit
        self.error = error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    def forward(self, x: Tensor) -> Tensor:
        b, _, height, width = x.shape
        if b * height * width > self.limit:
            raise self.error
        return super().forward(x)


def make(kind: str) -> Generator:
    torch.manual_seed(0)
    return ALL[kind]().eval()


@pytest.fixture(params=ALL)
def generator(request: pytest.FixtureRequest) -> Generator:
    return make(request.param)


def compact() -> Generator:
    return make("compact, underpainting")


def limited(limit: int, error: Exception | None = None) -> Limited:
    torch.manual_seed(0)
    return Limited(limit, error).eval()


def painter(generator: Generator, *, tile: int | None = None, memory: int | None = None) -> Painter:
    return Painter(generator, CPU, torch.float32, TilingConfig(tile, memory))


def enlarged(china: Path, width: int, height: int) -> Pixels:
    """The photograph, `width` wide, cut to `height`."""
    with Image.open(china) as image:
        whole = image.convert("RGB").resize(
            (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
        )
    return np.asarray(whole)[-height:]


def difference(a: Pixels, b: Pixels) -> tuple[float, int]:
    """The mean and the largest difference in levels of 255."""
    assert a.shape == b.shape
    levels = np.abs(a.astype(int) - b)
    return float(levels.mean()), int(levels.max())


def alike(a: Pixels, b: Pixels) -> bool:
    """Whether two paintings are the same but for how their last digits are rounded to levels."""
    mean, most = difference(a, b)
    return mean < 0.01 and most <= 1


@pytest.mark.parametrize("size", [(168, 200), (72, 136), (16, 264)])
@pytest.mark.parametrize("tile", [8, 40])
def test_by_held_statistics_a_tile_is_what_the_whole_picture_would_be_there(
    generator: Generator, size: tuple[int, int], tile: int
) -> None:
    x = torch.rand(1, 3, *size) * 2 - 1
    multiple = generator.size_multiple
    border = -(-(generator.receptive_field // 2) // multiple) * multiple
    held = hold_statistics(generator, x)
    with torch.inference_mode():
        whole = held(x)
        for row in cut(size[0], tile, border, multiple):
            for column in cut(size[1], tile, border, multiple):
                part = held(x[..., row.before : row.after, column.before : column.after])[..., row.inner, column.inner]
                place = whole[..., row.start : row.stop, column.start : column.stop]
                assert (part - place).abs().max() < 1e-4


def test_with_less_of_a_border_it_would_not_be(generator: Generator) -> None:
    x = torch.rand(1, 3, 72, 136) * 2 - 1
    held = hold_statistics(generator, x)
    with torch.inference_mode():
        whole, part = held(x), held(x[..., 64:])
    assert (part[..., :8] - whole[..., 64:72]).abs().max() > 1e-3


def test_held_statistics_of_a_whole_picture_are_its_own(generator: Generator) -> None:
    x = torch.rand(1, 3, 72, 136) * 2 - 1
    with torch.inference_mode():
        assert (hold_statistics(generator, x)(x) - generator(x)).abs().max() < 1e-3


def test_holding_changes_nothing_of_the_network_and_copies_no_weights() -> None:
    generator = compact()
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        before = generator(x)
        held = hold_statistics(generator, x / 4)
        assert torch.equal(generator(x), before)
        assert not torch.allclose(held(x), before, atol=1e-3)
    for ours, theirs in zip(generator.parameters(), held.parameters(), strict=True):
        assert ours is theirs


@pytest.mark.parametrize("size", [(101, 75), (150, 203), (9, 5), (3, 170), (1, 1)])
def test_a_picture_of_any_size_is_in_tiles_what_it_is_in_one_piece(
    generator: Generator, china: Path, size: tuple[int, int]
) -> None:
    pixels = enlarged(china, 640, 427)[: size[0], : size[1]]
    whole, tiled = painter(generator), painter(generator, tile=16)
    for one in (whole, tiled):
        one.hold([enlarged(china, 200, 120)])
    assert tiled.tile == 16
    assert alike(whole.paint(pixels), tiled.paint(pixels))


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000)])
def test_a_line_is_painted_too(size: tuple[int, int], china: Path) -> None:
    pixels = np.resize(enlarged(china, 640, 427), (*size, 3))
    whole, tiled = painter(compact(), tile=20_000), painter(compact(), tile=64)
    assert tiled.paint(pixels).shape == pixels.shape
    for one in (whole, tiled):
        one.hold([enlarged(china, 200, 120)])
    assert alike(whole.paint(pixels), tiled.paint(pixels))


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (20, 20), (23, 90)])
def test_a_picture_smaller_than_the_border_is_painted(generator: Generator, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for tile in (None, 1, 8, 1000):
        assert painter(generator, tile=tile).paint(pixels).shape == pixels.shape


@pytest.mark.parametrize("rows", [1, 7, 64, 150, 1000])
def test_it_does_not_matter_in_what_strips_a_picture_comes(china: Path, rows: int) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    tiled = painter(compact(), tile=48)

    def read() -> Iterator[Pixels]:
        return (pixels[i : i + rows] for i in range(0, len(pixels), rows))

    strips = list(tiled.paint_strips(read, 203, 150))
    assert len(strips) == 4
    assert np.array_equal(np.concatenate(strips), tiled.paint(pixels))


def test_a_picture_is_read_once_if_it_fits_and_else_twice(china: Path) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    for tile, times in ((48, 2), (None, 1)):
        count = 0

        def read() -> list[Pixels]:
            nonlocal count
            count += 1
            return [pixels]

        list(painter(compact(), tile=tile).paint_strips(read, 203, 150))
        assert count == times


@pytest.mark.parametrize("tile", [None, 48])
def test_each_tile_is_told_and_may_be_the_last(china: Path, tile: int | None) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    tiled = painter(compact(), tile=tile)
    told: list[int] = []
    tiled.paint(pixels, lambda: told.append(1))
    assert len(told) == tiled.tiles((203, 150)) == (1 if tile is None else 20)

    def enough() -> None:
        told.append(1)
        raise KeyboardInterrupt

    told.clear()
    with pytest.raises(KeyboardInterrupt):
        tiled.paint(pixels, enough)
    assert len(told) == 1
    assert alike(tiled.paint(pixels), painter(compact(), tile=tile).paint(pixels))


def test_no_more_rows_are_read_than_the_next_tiles_take(china: Path) -> None:
    pixels = enlarged(china, 640, 427)
    tiled = painter(compact(), tile=16)
    taken = 0

    def read() -> Iterator[Pixels]:
        nonlocal taken
        taken = 0
        for i in range(0, 427, 5):
            taken = i + 5
            yield pixels[i : i + 5]

    painted = 0
    for strip in tiled.paint_strips(read, 640, 427):
        painted += len(strip)
        assert taken <= painted + 2 * tiled.border + 5 + 3
    assert painted == 427


@pytest.mark.parametrize("rows", [1, 10, 64, 100, 1000])
def test_strips_cut_anew_are_the_same_picture(rows: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 3, 3), np.uint8)
    strips = list(restripped(np.split(pixels, [7, 8, 50]), rows))
    assert all(len(strip) == rows for strip in strips[:-1])
    assert np.array_equal(np.concatenate(strips), pixels)


@pytest.mark.parametrize("tile", [None, 48])
def test_several_pictures_are_painted_as_each_alone(generator: Generator, china: Path, tile: int | None) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 400, 640)]
    one = painter(generator, tile=tile)
    together = one.paint_many(pictures)
    assert len(together) == 3
    assert all(alike(painted, one.paint(picture)) for painted, picture in zip(together, pictures, strict=True))


def test_held_a_picture_is_painted_the_same_whatever_came_before_and_comes_with_it(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 400, 640)]
    for tile in (None, 48):
        one = painter(compact(), tile=tile)
        free = one.paint(pictures[2])
        one.hold(pictures[:2])
        first = one.paint(pictures[2])
        assert not alike(first, free)
        one.paint(pictures[0])
        assert np.array_equal(one.paint(pictures[2]), first)
        assert alike(one.paint_many(pictures)[2], first)


def test_a_painter_that_holds_leaves_the_one_it_comes_from_as_it_was(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 640)]
    one = painter(compact())
    free = one.paint(pictures[1])
    held = one.held(pictures[:1])
    assert not alike(held.paint(pictures[1]), free)
    assert np.array_equal(one.paint(pictures[1]), free)


def test_what_was_held_last_counts(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 640)]
    once, twice = painter(compact()), painter(compact())
    once.hold(pictures[1:])
    twice.hold(pictures[:1])
    twice.hold(pictures[1:])
    assert np.array_equal(once.paint(pictures[1]), twice.paint(pictures[1]))


@pytest.mark.parametrize(("tile", "rounded"), [(30, 28), (1, 4), (5, 4), (131, 128)])
def test_a_tile_that_is_no_multiple_is_rounded_and_that_is_said(
    caplog: pytest.LogCaptureFixture, tile: int, rounded: int
) -> None:
    assert painter(compact(), tile=tile).tile == rounded
    assert caplog.messages == [f"tile is {tile}; this style takes multiples of 4, so {rounded}"]


def test_a_tile_that_is_a_multiple_is_taken_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    for tile in (4, 32, 64, 500, 4000):
        assert painter(compact(), tile=tile).tile == tile
    assert caplog.messages == []


@pytest.mark.parametrize("kind", ["resnet", "compact", "unet"])
def test_too_little_memory_is_refused_and_the_least_that_is_named_works(kind: str, china: Path) -> None:
    generator = make(kind)
    with pytest.raises(
        OptionError, match=r"memory is 1 MB, too little for one tile of this style; give at least \d+$"
    ) as no:
        painter(generator, memory=1)
    least = int(str(no.value).split()[-1])
    with pytest.raises(OptionError, match=f"give at least {least}$"):
        painter(generator, memory=least - 1)
    pixels = enlarged(china, 640, 300)
    small = painter(generator, memory=least)
    assert small.tile >= 64
    assert small.paint(pixels).shape == pixels.shape


def test_more_memory_makes_larger_tiles() -> None:
    tiles = [painter(compact(), memory=memory).tile for memory in (8, 30, 100, 1000)]
    assert tiles == sorted(set(tiles))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("could not create a primitive"),
        MemoryError(),
    ],
    ids=lambda error: f"{type(error).__name__}, {str(error)[:12]}",
)
@pytest.mark.parametrize("tile", [None, 256])
def test_where_memory_ends_smaller_tiles_paint_the_same_picture_and_that_is_said(
    china: Path, caplog: pytest.LogCaptureFixture, error: Exception, tile: int | None
) -> None:
    pixels = enlarged(china, 640, 427)
    small, plenty = painter(limited(40_000, error), tile=tile), painter(limited(10**9), tile=tile)
    for one in (small, plenty):
        one.hold([enlarged(china, 160, 100)])
    assert alike(small.paint(pixels), plenty.paint(pixels))
    assert caplog.messages
    assert all(
        re.fullmatch(r"cpu has not enough memory; going on with tiles of \d+ pixels", said) for said in caplog.messages
    )
    assert caplog.messages[-1].endswith(f" {small.tile} pixels")
    assert 64 <= small.tile < plenty.tile
    said = len(caplog.messages)
    small.paint(pixels)
    assert len(caplog.messages) == said  # what was learned is remembered


@pytest.mark.parametrize("limit", [36_864, 100_000])
def test_measured_within_little_memory_a_painting_is_nearly_the_same(china: Path, limit: int) -> None:
    pixels = enlarged(china, 480, 320)
    monet = load_generator(load_style("monet"), reverse=False)
    small = Limited(limit, base_channels=24, blocks=6).eval()
    small.load_state_dict(monet.state_dict())
    little, plenty = painter(small), painter(monet, tile=480)
    assert difference(little.paint(pixels), plenty.paint(pixels))[0] < 3
    assert little.most < 480 * 320


@pytest.mark.parametrize("tile", [None, 256, 16])
def test_where_not_even_the_smallest_tile_fits_the_device_is_blamed(china: Path, tile: int | None) -> None:
    fewest = (min(64, tile or 64) + 2 * 24) ** 2
    pixels = enlarged(china, 640, 427)
    side = min(64, tile or 64)
    words = f"cpu has not enough memory to paint even {side} x {side} pixels at once; close other programs or choose"
    with pytest.raises(DeviceError, match=words):
        painter(limited(fewest // 2), tile=tile).paint(pixels)


def test_every_other_error_is_passed_on(china: Path) -> None:
    with pytest.raises(RuntimeError, match="the network is broken"):
        painter(limited(10, RuntimeError("the network is broken"))).paint(enlarged(china, 100, 60))


def test_a_narrow_picture_goes_on_in_smaller_tiles_too() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (10_000, 1, 3), np.uint8)
    assert painter(limited(12_544)).paint(pixels).shape == pixels.shape


def test_no_tile_is_larger_than_was_asked_for_whatever_the_memory(china: Path) -> None:
    small = painter(limited(30_000), tile=16)
    small.paint(enlarged(china, 640, 427))
    assert small.tile == 16


def test_to_hold_more_than_fits_is_no_riddle(china: Path) -> None:
    with pytest.raises(DeviceError, match="not enough memory"):
        painter(limited(10_000)).hold([enlarged(china, 640, 427)])


@pytest.mark.slow
def test_in_tiles_a_bundled_style_paints_what_it_paints_in_one_piece(china: Path) -> None:
    pixels = enlarged(china, 1500, 500)
    network = load_generator(load_style("monet"), reverse=False)
    whole = painter(network, tile=1500).paint(pixels)
    assert difference(painter(network, tile=256).paint(pixels), whole)[0] < 2
