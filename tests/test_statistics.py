"""Frozen statistics: by them a tile is what the whole picture would be there."""

import pytest
import torch
from tiled import ALL, compact, make

from copyart.networks import Generator, freeze_statistics
from copyart.tiling import cut


@pytest.fixture(params=ALL)
def generator(request: pytest.FixtureRequest) -> Generator:
    return make(request.param)


@pytest.mark.parametrize("size", [(168, 200), (72, 136), (16, 264)])
@pytest.mark.parametrize("tile", [8, 40])
def test_by_frozen_statistics_a_tile_is_what_the_whole_picture_would_be_there(
    generator: Generator, size: tuple[int, int], tile: int
) -> None:
    x = torch.rand(1, 3, *size) * 2 - 1
    multiple = generator.size_multiple
    border = -(-(generator.receptive_field // 2) // multiple) * multiple
    frozen = freeze_statistics(generator, x)
    with torch.inference_mode():
        whole = frozen(x)
        for row in cut(size[0], tile, border, multiple):
            for column in cut(size[1], tile, border, multiple):
                given = x[..., row.before : row.after, column.before : column.after]
                part = frozen(given)[..., row.inner(), column.inner()]
                place = whole[..., row.start : row.stop, column.start : column.stop]
                assert (part - place).abs().max() < 1e-4


def test_with_less_of_a_border_it_would_not_be(generator: Generator) -> None:
    x = torch.rand(1, 3, 72, 136) * 2 - 1
    frozen = freeze_statistics(generator, x)
    with torch.inference_mode():
        whole, part = frozen(x), frozen(x[..., 64:])
    assert (part[..., :8] - whole[..., 64:72]).abs().max() > 1e-3


def test_frozen_statistics_of_a_whole_picture_are_its_own(generator: Generator) -> None:
    x = torch.rand(1, 3, 72, 136) * 2 - 1
    with torch.inference_mode():
        assert (freeze_statistics(generator, x)(x) - generator(x)).abs().max() < 1e-3


def test_freezing_changes_nothing_of_the_network_and_copies_no_weights() -> None:
    generator = compact()
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        before = generator(x)
        frozen = freeze_statistics(generator, x / 4)
        assert torch.equal(generator(x), before)
        assert not torch.allclose(frozen(x), before, atol=1e-3)
    for ours, theirs in zip(generator.parameters(), frozen.parameters(), strict=True):
        assert ours is theirs
