"""Paintings that are enlarged by a network: the size at which they are painted, their way to the photo's, strips."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from copyart.checkpoints import save_enlarger, save_style
from copyart.config import BRUSHES, PaintConfig, TilingConfig
from copyart.errors import BrokenStyleError, OptionError
from copyart.extras import upgrade_line
from copyart.images import Photo, large, open_large, to_photo
from copyart.models import Enlarger, Style, enlargers
from copyart.networks import Compact, Upscaler
from copyart.tensors import Pixels
from copyart.tiling import TiledNetwork
from copyart.translator import Translator
from copyart.translator.enlargement import Enlargement

CPU = torch.device("cpu")
BROAD = PaintConfig(size=16)


@pytest.fixture(scope="module", autouse=True)
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enlarger]:
    """An enlarger whose network is small and random, in the place of those that come with copyart."""
    folder = tmp_path_factory.mktemp("enlargers")
    torch.manual_seed(0)
    record = Enlarger("tiny", "Tiny", {"channels": 4, "layers": 3}, "MIT", "none", "none", 4, folder=folder / "tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enlargers, "_BUNDLED", folder)
        yield save_enlarger(record, Upscaler(channels=4, layers=3))


@pytest.fixture(scope="module")
def style(tiny: Style, tmp_path_factory: pytest.TempPathFactory) -> Style:
    """The tiny style, with an enlarger."""
    folder = tmp_path_factory.mktemp("styles") / "crisp"
    torch.manual_seed(0)
    networks = [Compact(base_channels=4, blocks=1), Compact(base_channels=4, blocks=1)]
    return save_style(replace(tiny, enlarger="tiny", folder=folder), *networks)


@pytest.fixture(scope="module")
def crisp(style: Style) -> Translator:
    return Translator(style, device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def plain(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu", dtype=torch.float32)


def photo(size: tuple[int, int], china: Path) -> Image.Image:
    with Image.open(china) as image:
        return image.resize(size, Image.Resampling.LANCZOS)


def lines(width: int, height: int) -> Pixels:
    """A picture of smooth waves, from which one can tell where each of its places has gone."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.cos(math.pi * (x + 0.5) / width), np.cos(math.pi * (y + 0.5) / height), 0 * x], -1)
    return (127.5 + 127.5 * waves).round().astype(np.uint8)


class Repeating(Upscaler):
    """An enlarger that adds nothing to the pixels of what it is given, each made 4 x 4."""

    def __init__(self) -> None:
        super().__init__(channels=4, layers=2)
        self.body.requires_grad_(requires_grad=False)
        for parameter in self.body.parameters():
            parameter.zero_()


# What is asked for


def test_a_brush_is_so_many_times_the_size_of_the_style(plain: Translator, crisp: Translator) -> None:
    image = Photo(Image.new("RGB", (600, 400)))
    for painter in (plain, crisp):
        sizes = {brush: painter.painted_size(image, PaintConfig(brush=brush)) for brush in BRUSHES}
        assert sizes == {"fine": (102, 68), "medium": (64, 43), "broad": (45, 30)}
        assert painter.painted_size(image, PaintConfig()) == sizes["medium"]


@pytest.mark.parametrize("size", [40, "native"])
def test_a_brush_and_a_size_cannot_both_be_asked_for(size: int | str) -> None:
    words = f"brush is broad and size is {size}, and both say how broad strokes are; leave one out"
    with pytest.raises(OptionError, match=f"^{words}$"):
        PaintConfig(brush="broad", size=size)
    assert PaintConfig(brush="medium", size=size).size == size


def test_finer_strokes_are_laid_over_unless_a_network_enlarges(plain: Translator, crisp: Translator) -> None:
    image = Photo(Image.new("RGB", (600, 400)))
    assert plain.fine_size(image, PaintConfig()) == (256, 171)
    assert crisp.fine_size(image, PaintConfig()) is None
    assert crisp.fine_size(image, PaintConfig(detail=0.2)) == (256, 171)


def test_half_of_them_are_where_nothing_is_said(plain: Translator, china: Path) -> None:
    image = photo((150, 100), china)
    assert plain.translate(image).tobytes() == plain.translate(image, detail=0.5).tobytes()


def test_the_way_back_paints_without_the_enlarger_and_not_as_small(style: Style, tiny: Style, china: Path) -> None:
    back = Translator(style, device="cpu", reverse=True)
    assert back.enlarger is None
    assert back.painted_size(Photo(Image.new("RGB", (2000, 1333))), PaintConfig()) == (640, 427)
    assert back.fine_size(Photo(Image.new("RGB", (2000, 1333))), PaintConfig()) == (2000, 1333)
    image = photo((90, 60), china)
    before = Translator(tiny, device="cpu", reverse=True).translate(image, size=40)
    assert back.translate(image, size=40).tobytes() == before.tobytes()


def test_an_enlarger_that_does_not_come_with_this_copyart_is_refused(tiny: Style) -> None:
    with pytest.raises(BrokenStyleError) as refused:
        Translator(replace(tiny, enlarger="owner/newer"), device="cpu")
    words = f"style tiny asks for the enlarger 'owner/newer' of a newer copyart; {upgrade_line()}"
    assert str(refused.value) == words


# The way to the photo's size


@pytest.mark.parametrize("size", [(64, 48), (72, 49), (40, 30), (3, 64)])
def test_what_is_nearly_as_large_or_larger_is_left_to_interpolation(
    plain: Translator, crisp: Translator, china: Path, size: tuple[int, int]
) -> None:
    image = photo(size, china)
    assert crisp.translate(image).tobytes() == plain.translate(image, detail=0).tobytes()


@pytest.mark.parametrize("size", [(64, 43), (67, 45), (75, 50), (201, 134), (255, 253), (5, 300), (300, 5), (1030, 11)])
def test_a_painting_has_the_size_of_the_photo(crisp: Translator, size: tuple[int, int]) -> None:
    for transparent in ("teal", (0, 128, 128, 90)):
        image = Image.new("RGBA", size, transparent) if isinstance(transparent, tuple) else Image.new("RGB", size)
        painting = crisp.translate(image, size=16, compare=True, strength=0.9)
        assert (painting.size, painting.mode) == ((2 * size[0], size[1]), image.mode)


@pytest.mark.parametrize(
    ("size", "given"),
    [
        ((18, 12), []),
        ((30, 20), [(16, 11)]),
        ((64, 43), [(16, 11)]),
        ((65, 44), [(17, 11)]),
        ((201, 133), [(16, 11), (51, 34)]),
        ((256, 170), [(16, 11), (64, 43)]),
        ((410, 270), [(16, 11), (26, 17), (103, 68)]),
    ],
)
def test_the_last_enlargement_gives_the_photos_own_pixels(size: tuple[int, int], given: list[tuple[int, int]]) -> None:
    network = TiledNetwork(Repeating(), CPU, torch.float32, TilingConfig())
    seen: list[tuple[int, int]] = []
    network.network.register_forward_pre_hook(lambda _, arguments: seen.append(tuple(arguments[0].shape[:1:-1])))
    way = Enlargement(network, (16, 11), size)
    enlarged = way.run(np.zeros((11, 16, 3), np.uint8))
    assert seen == given
    assert way.tiles == len(given)
    assert way.is_exact == (max(size) >= 64)
    assert enlarged.shape == ((*size[::-1], 3) if way.is_exact else (44, 64, 3) if given else (11, 16, 3))


@pytest.mark.parametrize("size", [(513, 342), (1011, 673), (301, 1000)])
def test_every_place_of_the_painting_comes_to_the_same_place_of_the_photo(size: tuple[int, int]) -> None:
    painted = (round(size[0] * 60 / max(size)), round(size[1] * 60 / max(size)))
    network = TiledNetwork(Repeating(), CPU, torch.float32, TilingConfig())
    enlarged = Enlargement(network, painted, size).run(lines(*painted))
    apart = np.abs(enlarged.astype(int) - lines(*size).astype(int))
    assert apart.max() <= 1.25 * math.pi / 2 * 127.5 / min(painted)  # half of one of its pixels


def test_large_paintings_are_not_made_larger_than_the_photo_on_the_way() -> None:
    network = TiledNetwork(Repeating(), CPU, torch.float32, TilingConfig())
    assert Enlargement(network, (1024, 10), (2000, 20)).tiles > 0
    assert Enlargement(network, (1025, 10), (2000, 20)).tiles == 0


# Many at once, in tiles, in strips, in films


def test_all_tiles_of_the_enlarger_are_told(style: Style, china: Path) -> None:
    tiled, told = Translator(style, device="cpu", tiling=TilingConfig(tile=40)), list[tuple[int, int]]()
    image = to_photo(photo((300, 200), china))
    tiled.paint_pixels([image], PaintConfig(), lambda done, tiles: told.append((done, tiles)))
    assert tiled.enlarger is not None
    tiles = [tiled.network.tiles((64, 43)), tiled.enlarger.tiles((64, 43)), tiled.enlarger.tiles((75, 50))]
    assert told == [(done, sum(tiles)) for done in range(1, sum(tiles) + 1)]
    assert sum(tiles) > 4


def test_photos_painted_together_are_as_each_alone(crisp: Translator, china: Path) -> None:
    photos = [to_photo(photo(size, china)) for size in ((90, 60), (300, 200))]
    together = crisp.paint_pixels(photos, BROAD)
    for image, pixels in zip(photos, together, strict=True):
        assert np.array_equal(pixels, crisp.paint_pixels([image], BROAD)[0])


def test_frames_of_a_film_agree(crisp: Translator, china: Path) -> None:
    image = photo((150, 100), china)
    darker = image.point(lambda level: level // 2)
    frozen = crisp.frozen([to_photo(image)], BROAD)
    assert frozen.enlarger is crisp.enlarger
    assert frozen.translate(image, size=16).tobytes() == frozen.translate(image, size=16).tobytes()
    assert frozen.translate(darker, size=16).tobytes() != crisp.translate(darker, size=16).tobytes()


@pytest.mark.parametrize("config", [BROAD, PaintConfig(size=50), PaintConfig(size=16, strength=0.5)], ids=str)
def test_strips_of_a_large_photo_are_the_whole(
    style: Style, china: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: PaintConfig
) -> None:
    monkeypatch.setattr(large, "LARGE", 1000)
    photo((149, 401), china).save(tmp_path / "x.png")
    opened = open_large(tmp_path / "x.png")
    assert opened is not None
    painter = Translator(style, device="cpu", dtype=torch.float32, tiling=TilingConfig(tile=32))
    strips = [np.asarray(strip) for strip in painter.paint_strips(opened, config)]
    assert [len(strip) for strip in strips] == [256, 145]
    in_memory = Photo(opened.resized(opened.size))
    whole = painter.finish(in_memory, painter.paint_pixels([opened], config)[0], config)
    rounded = 1 + (config.strength < 1)  # the photo is scaled by two libraries
    assert np.abs(np.concatenate(strips).astype(int) - np.asarray(whole).astype(int)).max() <= rounded
