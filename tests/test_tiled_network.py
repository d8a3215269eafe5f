"""One network over pictures of any size: tiles that join into what the whole picture would have become."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiled import ALL, alike, compact, difference, enlarged, make, tiled_network

from copyart.checkpoints import load_generator, load_style
from copyart.networks import Generator
from copyart.tensors import Pixels


@pytest.fixture(params=ALL)
def generator(request: pytest.FixtureRequest) -> Generator:
    return make(request.param)


@pytest.mark.parametrize("size", [(101, 75), (150, 203), (9, 5), (3, 170), (1, 1)])
def test_a_picture_of_any_size_is_in_tiles_what_it_is_in_one_piece(
    generator: Generator, china: Path, size: tuple[int, int]
) -> None:
    pixels = enlarged(china, 640, 427)[: size[0], : size[1]]
    whole, tiled = tiled_network(generator), tiled_network(generator, tile=16)
    whole, tiled = (one.freeze([enlarged(china, 200, 120)]) for one in (whole, tiled))
    assert tiled.tile == 16
    assert alike(whole.run(pixels), tiled.run(pixels))


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000)])
def test_a_line_is_painted_too(size: tuple[int, int], china: Path) -> None:
    pixels = np.resize(enlarged(china, 640, 427), (*size, 3))
    whole, tiled = tiled_network(compact(), tile=20_000), tiled_network(compact(), tile=64)
    assert tiled.run(pixels).shape == pixels.shape
    whole, tiled = (one.freeze([enlarged(china, 200, 120)]) for one in (whole, tiled))
    assert alike(whole.run(pixels), tiled.run(pixels))


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (20, 20), (23, 90)])
def test_a_picture_smaller_than_the_border_is_painted(generator: Generator, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for tile in (None, 1, 8, 1000):
        assert tiled_network(generator, tile=tile).run(pixels).shape == pixels.shape


@pytest.mark.parametrize("rows", [1, 7, 64, 150, 1000])
def test_it_does_not_matter_in_what_strips_a_picture_comes(china: Path, rows: int) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    tiled = tiled_network(compact(), tile=48)

    def read() -> Iterator[Pixels]:
        return (pixels[i : i + rows] for i in range(0, len(pixels), rows))

    strips = list(tiled.run_strips(read, 203, 150))
    assert len(strips) == 4
    assert np.array_equal(np.concatenate(strips), tiled.run(pixels))


def test_a_picture_is_read_once_if_it_fits_and_else_twice(china: Path) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    for tile, times in ((48, 2), (None, 1)):
        count = 0

        def read() -> list[Pixels]:
            nonlocal count
            count += 1
            return [pixels]

        list(tiled_network(compact(), tile=tile).run_strips(read, 203, 150))
        assert count == times


@pytest.mark.parametrize("tile", [None, 48])
def test_each_tile_is_told_and_may_be_the_last(china: Path, tile: int | None) -> None:
    pixels = enlarged(china, 640, 427)[:150, :203]
    tiled = tiled_network(compact(), tile=tile)
    told: list[int] = []
    tiled.run(pixels, lambda: told.append(1))
    assert len(told) == tiled.tiles((203, 150)) == (1 if tile is None else 20)

    def enough() -> None:
        told.append(1)
        raise KeyboardInterrupt

    told.clear()
    with pytest.raises(KeyboardInterrupt):
        tiled.run(pixels, enough)
    assert len(told) == 1
    assert alike(tiled.run(pixels), tiled_network(compact(), tile=tile).run(pixels))


def test_no_more_rows_are_read_than_the_next_tiles_take(china: Path) -> None:
    pixels = enlarged(china, 640, 427)
    tiled = tiled_network(compact(), tile=16)
    taken = 0

    def read() -> Iterator[Pixels]:
        nonlocal taken
        taken = 0
        for i in range(0, 427, 5):
            taken = i + 5
            yield pixels[i : i + 5]

    painted = 0
    for strip in tiled.run_strips(read, 640, 427):
        painted += len(strip)
        assert taken <= painted + 2 * tiled.border + 5 + 3
    assert painted == 427


@pytest.mark.parametrize("tile", [None, 48])
def test_several_pictures_are_painted_as_each_alone(generator: Generator, china: Path, tile: int | None) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 400, 640)]
    one = tiled_network(generator, tile=tile)
    together = one.run_many(pictures)
    assert len(together) == 3
    assert all(alike(painted, one.run(picture)) for painted, picture in zip(together, pictures, strict=True))


def test_frozen_a_picture_is_painted_the_same_whatever_came_before_and_comes_with_it(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 400, 640)]
    for tile in (None, 48):
        one = tiled_network(compact(), tile=tile)
        free = one.run(pictures[2])
        one = one.freeze(pictures[:2])
        first = one.run(pictures[2])
        assert not alike(first, free)
        one.run(pictures[0])
        assert np.array_equal(one.run(pictures[2]), first)
        assert alike(one.run_many(pictures)[2], first)


def test_a_frozen_one_leaves_the_one_it_comes_from_as_it_was(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 640)]
    one = tiled_network(compact())
    free = one.run(pictures[1])
    frozen = one.freeze(pictures[:1])
    assert not alike(frozen.run(pictures[1]), free)
    assert np.array_equal(one.run(pictures[1]), free)


def test_what_was_frozen_last_counts(china: Path) -> None:
    pictures = [enlarged(china, width, 427)[:90, :130] for width in (200, 640)]
    once, twice = tiled_network(compact()), tiled_network(compact())
    once = once.freeze(pictures[1:])
    twice = twice.freeze(pictures[:1]).freeze(pictures[1:])
    assert np.array_equal(once.run(pictures[1]), twice.run(pictures[1]))


@pytest.mark.parametrize(("tile", "rounded"), [(30, 28), (1, 4), (5, 4), (131, 128)])
def test_a_tile_that_is_no_multiple_is_rounded_and_that_is_said(
    caplog: pytest.LogCaptureFixture, tile: int, rounded: int
) -> None:
    assert tiled_network(compact(), tile=tile).tile == rounded
    assert caplog.messages == [f"tile is {tile}; this style takes multiples of 4, so {rounded}"]


def test_a_tile_that_is_a_multiple_is_taken_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    for tile in (4, 32, 64, 500, 4000):
        assert tiled_network(compact(), tile=tile).tile == tile
    assert caplog.messages == []


@pytest.mark.slow
def test_in_tiles_a_bundled_style_paints_what_it_paints_in_one_piece(china: Path) -> None:
    pixels = enlarged(china, 1500, 500)
    network = load_generator(load_style("monet"), reverse=False)
    whole = tiled_network(network, tile=1500).run(pixels)
    assert difference(tiled_network(network, tile=256).run(pixels), whole)[0] < 3
