"""Painting: any picture in, a painting of the same size out."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from limits import unprivileged
from PIL import ExifTags, Image, ImageChops, ImageStat

import copyart
from copyart.checkpoints import save_style
from copyart.config import PaintConfig, SaveConfig, TilingConfig
from copyart.devices import pick_device, pick_dtype
from copyart.errors import (
    BrokenStyleError,
    DeviceError,
    MissingExtraError,
    OptionError,
    UnreadablePictureError,
    UnwritablePictureError,
)
from copyart.images import Photo, check_folder, open_photo, save_painting, to_photo
from copyart.models import Style
from copyart.networks import UNet
from copyart.translator import Translator


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


def difference(a: Image.Image, b: Image.Image) -> float:
    """The mean difference in levels of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(a.convert("RGB"), b.convert("RGB"))).mean) / 3


@pytest.fixture
def image(photo: Path) -> Image.Image:
    with Image.open(photo) as image:
        return image.convert("RGB")


def test_monet_changes_a_photograph_visibly_but_not_its_composition(china: Path) -> None:
    with Image.open(china) as photo:
        painting = copyart.translate(photo, style="monet")
    assert painting.size == photo.size
    assert difference(photo, painting) > 10
    small = [picture.convert("L").resize((8, 6), Image.Resampling.BOX) for picture in (photo, painting)]
    correlation = torch.corrcoef(torch.tensor([list(picture.tobytes()) for picture in small], dtype=torch.float))
    assert correlation[0, 1] > 0.9


@pytest.mark.parametrize("paint", [copyart.translate, Translator.translate])
def test_a_keyword_that_is_no_option_of_painting_is_a_type_error_that_names_it(
    translator: Translator, image: Image.Image, paint: Callable[..., object]
) -> None:
    arguments = (image,) if paint is copyart.translate else (translator, image)
    with pytest.raises(TypeError, match="'strenght'"):
        paint(*arguments, strenght=0.5)


def test_an_option_that_cannot_be_is_refused_before_the_style_is_looked_for(image: Image.Image) -> None:
    with pytest.raises(OptionError, match="strength is 2; "):
        copyart.translate(image, style="nothing", strength=2)


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (7, 5), (64, 64), (65, 33)])
@pytest.mark.parametrize("paint_size", [None, "native", 100])
def test_a_painting_has_the_size_of_the_photo(
    translator: Translator, size: tuple[int, int], paint_size: int | str | None
) -> None:
    assert translator.translate(Image.new("RGB", size, "teal"), size=paint_size).size == size


@pytest.mark.parametrize("size", [(1, 1), (40, 30), (300, 200)])
def test_a_u_net_paints_any_size_too(tmp_path: Path, tiny: Style, size: tuple[int, int]) -> None:
    parameters = {"base_channels": 4, "depth": 5}
    style = replace(tiny, generator="unet", parameters=parameters, folder=tmp_path / "unet")
    style = save_style(style, UNet(base_channels=4, depth=5))
    assert Translator(style, device="cpu").translate(Image.new("RGB", size), size="native").size == size


def test_strokes_do_not_depend_on_the_size_of_the_photo(translator: Translator, image: Image.Image) -> None:
    twice = image.resize((192, 128), Image.Resampling.LANCZOS)
    small, large = (translator.translate(picture, detail=0) for picture in (image, twice))
    assert difference(small, large.resize(small.size, Image.Resampling.LANCZOS)) < 4


@pytest.mark.parametrize("size", [(256, 171), (171, 256), (300, 200)])
def test_detail_adds_only_what_is_finer_than_the_broad_strokes(
    translator: Translator, china: Path, size: tuple[int, int]
) -> None:
    with Image.open(china) as photo:
        image = photo.resize(size, Image.Resampling.LANCZOS)
    plain, some, full = (translator.translate(image, detail=detail) for detail in (0.0, 0.5, 1.0))
    assert plain.size == some.size == full.size == size
    assert 1 < difference(plain, some) < difference(plain, full)
    painted = translator.painted_size(Photo(image), PaintConfig())
    broad = [picture.resize(painted, Image.Resampling.BOX) for picture in (plain, some, full)]
    assert difference(broad[0], broad[1]) < difference(plain, some) / 3
    assert difference(broad[0], broad[2]) < difference(plain, full) / 3


@pytest.mark.parametrize(
    ("size", "paint_size"), [((64, 40), None), ((30, 30), None), ((96, 64), "native"), ((96, 64), 96)]
)
def test_detail_changes_nothing_of_a_photo_that_is_painted_at_its_own_size(
    translator: Translator, image: Image.Image, size: tuple[int, int], paint_size: int | str | None
) -> None:
    image = image.resize(size)
    paintings = {translator.translate(image, size=paint_size, detail=detail).tobytes() for detail in (0, 0.5, 1)}
    assert len(paintings) == 1


def test_all_tiles_of_both_paintings_are_told(tiny: Style, image: Image.Image) -> None:
    tiled = Translator(tiny, device="cpu", tiling=TilingConfig(tile=64))
    photo, told = to_photo(image.resize((400, 300))), list[tuple[int, int]]()
    tiled.paint_pixels([photo], PaintConfig(), lambda done, tiles: told.append((done, tiles)))
    tiles = sum(tiled.network.tiles(size) for size in ((64, 48), (256, 192)))
    assert told == [(done, tiles) for done in range(1, tiles + 1)]
    assert tiles > 4


def test_the_finer_strokes_are_a_quarter_as_wide_or_as_fine_as_the_photo(translator: Translator) -> None:
    def fine(width: int, config: PaintConfig) -> tuple[int, int] | None:
        return translator.fine_size(Photo(Image.new("RGB", (width, round(width / 1.5)))), config)

    assert fine(1200, PaintConfig()) == (256, 171)
    assert fine(210, PaintConfig()) == (210, 140)
    assert fine(64, PaintConfig()) is None
    assert fine(1200, PaintConfig(detail=0)) is None
    assert fine(1200, PaintConfig(size=300)) == (1200, 800)


@pytest.mark.parametrize(
    ("size", "painted"),
    [
        ((3000, 2000), (64, 43)),
        ((30, 45), (43, 64)),
        ((1000, 1000), (43, 43)),
        ((1600, 400), (171, 43)),
        ((8000, 400), (171, 9)),
        ((1, 5000), (1, 171)),
    ],
)
def test_photos_of_all_shapes_are_painted_with_one_short_edge_and_strips_no_longer_than_four_of_it(
    translator: Translator, size: tuple[int, int], painted: tuple[int, int]
) -> None:
    assert translator.painted_size(Photo(Image.new("RGB", size)), PaintConfig()) == painted


@pytest.mark.parametrize("detail", [-0.1, 1.1, float("nan")])
def test_detail_out_of_its_range_is_refused(translator: Translator, image: Image.Image, detail: float) -> None:
    with pytest.raises(
        OptionError, match=r"detail is .*; give a number from 0 \(broad strokes only\) to 1 \(all the f"
    ):
        translator.translate(image, detail=detail)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_jpeg_is_decoded_smaller_only_where_that_cannot_show(
    translator: Translator, china: Path, tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    with Image.open(china) as image:
        image.resize((2400, 1600), Image.Resampling.BICUBIC).save(tmp_path / "x.jpg", quality=95, exif=exif)
    size = (2400, 1600) if orientation < 5 else (1600, 2400)

    broad, fine = (translator.open(tmp_path / "x.jpg", PaintConfig(detail=detail)) for detail in (0, 0.5))
    assert isinstance(broad, Photo)
    assert isinstance(fine, Photo)
    assert (max(broad.image.size), max(fine.image.size)) == (300, 300)
    assert broad.whole == broad.size == size
    for config in (PaintConfig(size="native"), PaintConfig(compare=True), PaintConfig(keep_color=True)):
        photo = translator.open(tmp_path / "x.jpg", config)
        assert isinstance(photo, Photo)
        assert (photo.image.size, photo.whole) == (size, None)
    assert translator.open(tmp_path / "x.jpg", PaintConfig(size=600)).size == size

    config = PaintConfig(size=128)
    reduced = translator.open(tmp_path / "x.jpg", config)
    painting, exact = translator.paint(reduced, config), translator.paint(open_photo(tmp_path / "x.jpg"), config)
    assert isinstance(reduced, Photo)
    assert max(reduced.image.size) == 600
    assert painting.size == exact.size == size
    assert difference(painting, exact) < 3


def test_it_is_said_how_it_computes(tiny: Style) -> None:
    for dtype, word in ((torch.float32, "float32"), (torch.bfloat16, "bfloat16")):
        said = Translator(tiny, device="cpu", dtype=dtype, tiling=TilingConfig(tile=96)).description
        assert said.startswith("tiny on cpu with 1 threads, ")
        assert f", {word}, channels_last; " in said
        assert said.endswith("more in tiles of 96 pixels with a border of 24")
        assert "\n" not in said


def test_tiles_change_neither_size_nor_colours(tiny: Style, translator: Translator, china: Path) -> None:
    with Image.open(china) as photo:
        image = photo.resize((320, 213))
    whole = Translator(tiny, device="cpu", dtype=torch.float32).translate(image, size="native")
    for tile in (32, 100):
        tiled = Translator(tiny, device="cpu", dtype=torch.float32, tiling=TilingConfig(tile=tile))
        painting = tiled.translate(image, size="native")
        assert painting.size == image.size
        assert difference(painting, whole) < 3


def test_strength_goes_from_the_photo_to_the_painting(translator: Translator, image: Image.Image) -> None:
    distances = [difference(image, translator.translate(image, strength=strength)) for strength in (0.0, 0.5, 1.0)]
    assert distances[0] == 0
    assert distances[1] == pytest.approx(distances[2] / 2, abs=0.6)
    assert distances[2] > 5


def test_what_is_finer_than_was_painted_fades_faster_than_colors_do(translator: Translator) -> None:
    stripes = np.full((300, 400, 3), 90, np.uint8)
    stripes[::3] = 165
    photo = Image.fromarray(stripes)

    def contrast(strength: float) -> float:
        rows = np.asarray(translator.translate(photo, size=64, detail=0, strength=strength)).mean(axis=(1, 2))
        return float(rows[60:240:3].mean() - rows[61:241:3].mean())

    assert contrast(0.5) == pytest.approx(contrast(0) / 4, rel=0.15)  # each contour would be there twice, at a half
    assert contrast(0.1) > 0.8 * contrast(0)
    assert contrast(1) < 0.1 * contrast(0)


def test_keep_color_takes_only_the_light_from_the_painting(translator: Translator, image: Image.Image) -> None:
    kept = translator.translate(image, keep_color=True, strength=1).convert("YCbCr").split()
    photo, painting = image.convert("YCbCr").split(), translator.translate(image).convert("YCbCr").split()
    inside = (ImageStat.Stat(ImageChops.difference(a, b)).median[0] for a, b in zip(kept[1:], photo[1:], strict=True))
    assert max(inside) <= 2
    assert difference(kept[0], painting[0]) < 6


def test_compare_puts_photo_and_painting_side_by_side(translator: Translator, image: Image.Image) -> None:
    both = translator.translate(image, compare=True)
    assert both.size == (2 * image.width, image.height)
    assert difference(both.crop((0, 0, *image.size)), image) == 0
    painting = translator.translate(image)
    assert difference(both.crop((image.width, 0, *both.size)), painting) == 0


@pytest.mark.parametrize("compare", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_painting_tells_what_painted_it(tiny: Style, image: Image.Image, mode: str, compare: bool) -> None:
    image = image.convert(mode)
    image.info["Software"] = "Camera 1.0"
    for reverse, words in ((False, "style tiny"), (True, "style tiny, reversed")):
        painting = Translator(tiny, device="cpu", reverse=reverse).translate(image, compare=compare)
        assert painting.info["Software"] == f"copyart {copyart.__version__}, {words}"
    assert image.info["Software"] == "Camera 1.0"


def test_transparency_is_kept_and_does_not_change_the_painting(translator: Translator, image: Image.Image) -> None:
    alpha = Image.linear_gradient("L").resize(image.size)
    clear = image.copy()
    clear.putalpha(alpha)
    painting = translator.translate(clear)
    assert painting.getchannel("A").tobytes() == alpha.tobytes()
    assert difference(painting.convert("RGB"), translator.translate(image)) == 0


def test_the_way_back_is_another_network(tiny: Style, translator: Translator, image: Image.Image) -> None:
    back = Translator(tiny, device="cpu", reverse=True)
    assert difference(back.translate(image), translator.translate(image)) > 1


def test_a_style_without_a_way_back_says_so(tmp_path: Path, tiny: Style) -> None:
    one_way = save_style(replace(tiny, folder=tmp_path / "one-way"), UNet(base_channels=4, depth=3))
    with pytest.raises(BrokenStyleError, match=r"no way back: there is no reverse\.safetensors"):
        Translator(one_way, device="cpu", reverse=True)


def test_the_picture_that_was_given_is_not_changed(translator: Translator, china: Path) -> None:
    with Image.open(china) as image:
        before = image.convert("RGB").tobytes(), dict(image.getexif()), image.size
        translator.translate(image, compare=True)
        assert before == (image.convert("RGB").tobytes(), dict(image.getexif()), image.size)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_paints_the_same_picture(tiny: Style, image: Image.Image, dtype: torch.dtype) -> None:
    exact = Translator(tiny, device="cpu", dtype=torch.float32).translate(image)
    assert difference(exact, Translator(tiny, device="cpu", dtype=dtype).translate(image)) < 2


def test_threads_may_share_a_translator(translator: Translator, image: Image.Image) -> None:
    alone = translator.translate(image).tobytes()
    paintings: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: paintings.append(translator.translate(image).tobytes())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paintings == [alone] * 4


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:", "CPU", ""])
def test_an_unknown_device_is_refused_and_the_known_ones_named(name: str) -> None:
    with pytest.raises(DeviceError, match=r"unknown; use auto, cpu, cuda, cuda:N, mps or tpu"):
        pick_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA card")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "tpu"])
def test_an_absent_device_is_refused_with_one_that_is_there(name: str) -> None:
    with pytest.raises((DeviceError, MissingExtraError), match=r"use --device cpu"):
        pick_device(name)


def test_the_cpu_paints_in_bfloat16_only_where_it_has_instructions_for_it() -> None:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    has_it = any(value for name, value in capabilities.items() if "bf16" in name)
    assert pick_dtype(torch.device("cpu")) == (torch.bfloat16 if has_it else torch.float32)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA card")
def test_cuda_paints_the_same_picture(image: Image.Image) -> None:
    exact = Translator("monet", device="cpu", dtype=torch.float32).translate(image)
    assert difference(exact, Translator("monet", device="cuda").translate(image)) < 2


def test_the_photo_itself_is_never_painted_over(translator: Translator, photo: Path) -> None:
    before = photo.read_bytes()
    (photo.parent / "link.jpg").hardlink_to(photo)
    for painting in (photo, photo.parent / "link.jpg", photo.parent / "." / "photo.jpg"):
        with pytest.raises(OptionError, match="is the photo itself"):
            translator.translate_file(photo, painting, save=SaveConfig(overwrite=True))
    assert photo.read_bytes() == before


def test_no_permission_is_said_and_nothing_is_left_or_lost(translator: Translator, photo: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    painting = translator.translate_file(photo, tmp_path / "x.jpg").painting  # and loads all that it takes
    before = painting.read_bytes()
    opened = open_photo(photo)
    photo.chmod(0)
    closed.chmod(0o555)
    with pytest.raises(UnreadablePictureError, match=r"photo\.jpg cannot be read: permission denied"), unprivileged():
        open_photo(photo)
    for path in (closed / "x.jpg", painting):
        with (
            pytest.raises(UnwritablePictureError, match=r"x\.jpg cannot be written: permission denied"),
            unprivileged(),
        ):
            save_painting(opened.image, opened, path, SaveConfig(overwrite=True))
    with pytest.raises(UnwritablePictureError, match=r"closed/deep cannot be made: permission denied"), unprivileged():
        check_folder(closed / "deep")
    assert painting.read_bytes() == before
    assert list(closed.iterdir()) == []


def test_the_old_names_still_work_and_say_what_they_are_called_now(translator: Translator, image: Image.Image) -> None:
    photo, config = Photo(image), PaintConfig()
    with pytest.warns(DeprecationWarning, match=r"^Translator\.holding is called frozen now$"):
        old = translator.holding([photo], config)
    assert isinstance(old, Translator)
    new = translator.frozen([photo], config)
    assert isinstance(new, Translator)
    pixels = np.asarray(old.paint(photo, config))
    assert np.array_equal(pixels, np.asarray(new.paint(photo, config)))
    with pytest.warns(DeprecationWarning, match=r"^Translator\.painter is called network now$"):
        assert translator.painter is translator.network
