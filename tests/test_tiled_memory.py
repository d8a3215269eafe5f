"""Within a limit of memory: how large tiles are, and how they shrink where it ends."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from tiled import Limited, alike, compact, difference, enlarged, limited, make, tiled_network

from copyart.checkpoints import load_generator, load_style
from copyart.errors import DeviceError, OptionError


@pytest.mark.parametrize("kind", ["resnet", "compact", "unet"])
def test_too_little_memory_is_refused_and_the_least_that_is_named_works(kind: str, china: Path) -> None:
    generator = make(kind)
    with pytest.raises(
        OptionError, match=r"memory is 1 MB, too little for one tile of this style; give at least \d+$"
    ) as no:
        tiled_network(generator, memory=1)
    least = int(str(no.value).split()[-1])
    with pytest.raises(OptionError, match=f"give at least {least}$"):
        tiled_network(generator, memory=least - 1)
    pixels = enlarged(china, 640, 300)
    small = tiled_network(generator, memory=least)
    assert small.tile >= 64
    assert small.run(pixels).shape == pixels.shape


def test_more_memory_makes_larger_tiles() -> None:
    tiles = [tiled_network(compact(), memory=memory).tile for memory in (8, 30, 100, 1000)]
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
    small, plenty = tiled_network(limited(40_000, error), tile=tile), tiled_network(limited(10**9), tile=tile)
    small, plenty = (one.freeze([enlarged(china, 160, 100)]) for one in (small, plenty))
    assert alike(small.run(pixels), plenty.run(pixels))
    assert caplog.messages
    assert all(
        re.fullmatch(r"cpu has not enough memory; going on with tiles of \d+ pixels", said) for said in caplog.messages
    )
    assert caplog.messages[-1].endswith(f" {small.tile} pixels")
    assert 64 <= small.tile < plenty.tile
    said = len(caplog.messages)
    small.run(pixels)
    assert len(caplog.messages) == said  # what was learned is remembered


@pytest.mark.slow
@pytest.mark.parametrize("style", ["monet", "ukiyoe"])
@pytest.mark.parametrize("limit", [36_864, 100_000])
def test_measured_within_little_memory_a_painting_is_nearly_the_same(china: Path, limit: int, style: str) -> None:
    pixels = enlarged(china, 480, 320)
    bundled = load_generator(load_style(style), reverse=False)
    small = Limited(limit, base_channels=24, blocks=6, color_curves=True).eval()
    small.load_state_dict(bundled.state_dict())
    little, plenty = tiled_network(small), tiled_network(bundled, tile=480)
    assert difference(little.run(pixels), plenty.run(pixels))[0] < 4
    assert little.most < 480 * 320


@pytest.mark.parametrize("tile", [None, 256, 16])
def test_where_not_even_the_smallest_tile_fits_the_device_is_blamed(china: Path, tile: int | None) -> None:
    fewest = (min(64, tile or 64) + 2 * 24) ** 2
    pixels = enlarged(china, 640, 427)
    side = min(64, tile or 64)
    words = f"cpu has not enough memory to paint even {side} x {side} pixels at once; close other programs or choose"
    with pytest.raises(DeviceError, match=words):
        tiled_network(limited(fewest // 2), tile=tile).run(pixels)


def test_every_other_error_is_passed_on(china: Path) -> None:
    with pytest.raises(RuntimeError, match="the network is broken"):
        tiled_network(limited(10, RuntimeError("the network is broken"))).run(enlarged(china, 100, 60))


def test_a_narrow_picture_goes_on_in_smaller_tiles_too() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (10_000, 1, 3), np.uint8)
    assert tiled_network(limited(12_544)).run(pixels).shape == pixels.shape


def test_no_tile_is_larger_than_was_asked_for_whatever_the_memory(china: Path) -> None:
    small = tiled_network(limited(30_000), tile=16)
    small.run(enlarged(china, 640, 427))
    assert small.tile == 16


def test_to_measure_more_than_fits_is_no_riddle(china: Path) -> None:
    with pytest.raises(DeviceError, match="not enough memory"):
        tiled_network(limited(10_000)).freeze([enlarged(china, 640, 427)])
