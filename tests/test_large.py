"""Photos too large to hold whole: read, painted and written in strips, which nobody can tell from the painting."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Run
from limits import small_disk
from PIL import ExifTags, Image, ImageChops
from test_images import GPS, bomb, exif, swapped_profile

from copyart import __version__
from copyart.config import PaintConfig, SaveConfig, TilingConfig
from copyart.destinations import Job
from copyart.errors import CopyartError, UnreadablePictureError, UnwritablePictureError
from copyart.images import LargePhoto, Metadata, open_large, open_photo
from copyart.models import Style
from copyart.tensors import Pixels
from copyart.translator import Painted, Translator

SIZE = (400, 300)
LOSSLESS = ["png", "tiff"]
KINDS = [("jpeg", "RGB"), ("jpeg", "L"), *((kind, mode) for kind in LOSSLESS for mode in ("RGB", "L", "RGBA", "LA"))]
NATIVE = PaintConfig(size="native")


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has more than 100,000 pixels is large; so a test of many photos takes seconds."""
    monkeypatch.setattr("copyart.images.large.LARGE", 100_000)


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu", dtype=torch.float32, tiling=TilingConfig(tile=96))


@pytest.fixture(scope="module")
def picture(china: Path) -> Image.Image:
    """400 x 300 pixels of a photograph."""
    with Image.open(china) as image:
        part = image.convert("RGB").crop((0, 0, *SIZE))
    part.info = {}
    return part


@pytest.fixture(scope="module")
def huge(china: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of 24.8 megapixels that was turned."""
    path = tmp_path_factory.mktemp("huge") / "photo.jpg"
    with Image.open(china) as image:
        image.resize((6200, 4000), Image.Resampling.BICUBIC).save(path, quality=90, exif=exif(Orientation=3))
    return path


def saved(image: Image.Image, path: Path, mode: str = "RGB", **options: object) -> Path:
    """Writes a picture as a camera would, with a soft transparency where the mode has one."""
    if mode.endswith("A"):
        image = image.copy()
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.convert(mode).save(path, **{"quality": 95, **options})  # type: ignore[arg-type]
    return path


def large(path: Path) -> LargePhoto:
    photo = open_large(path)
    assert photo is not None
    return photo


def joined(strips: list[Image.Image]) -> Pixels:
    return np.concatenate([np.asarray(strip) for strip in strips])


def difference(a: Image.Image | Pixels, b: Image.Image | Pixels) -> tuple[float, int]:
    """The mean and the largest difference in levels of 255."""
    ours, theirs = np.asarray(a).astype(int), np.asarray(b).astype(int)
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).mean()), int(np.abs(ours - theirs).max())


def whole(translator: Translator, path: Path, paint: PaintConfig) -> Image.Image:
    """What is made of the same photo, reduced by the same means, where there is memory enough for the rest."""
    photo = open_photo(path)
    if translator.painted_size(photo, paint) == photo.size:
        return translator.paint(photo, paint)
    return translator.finish(photo, translator.paint_pixels([large(path)], paint)[0], paint)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Reading


@pytest.mark.parametrize(("size", "is_large"), [((6000, 4000), False), ((6001, 4000), True), ((10, 2_400_001), True)])
def test_beyond_24_megapixels_a_photo_is_large(tmp_path: Path, size: tuple[int, int], is_large: bool) -> None:
    Image.new("L", size).save(tmp_path / "x.png", compress_level=1)
    assert (open_large(tmp_path / "x.png") is not None) == is_large


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize(("kind", "mode"), KINDS)
@pytest.mark.parametrize("rows", [17, 256, 1000])
def test_strips_are_together_what_the_file_holds(
    picture: Image.Image, tmp_path: Path, kind: str, mode: str, rows: int
) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", mode)
    strips, photo = list(large(path).strips(rows)), open_photo(path)
    assert large(path).mode == mode
    assert all(strip.image.size == (400, rows) for strip in strips[:-1])
    assert difference(joined([strip.image for strip in strips]), photo.image)[1] <= (3 if kind == "jpeg" else 0)
    assert [strip.alpha is None for strip in strips] == [photo.alpha is None] * len(strips)
    if photo.alpha is not None:
        alphas = [strip.alpha for strip in strips if strip.alpha is not None]
        assert difference(joined(alphas), photo.alpha)[1] == 0


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_a_turned_photo_is_read_upright(picture: Image.Image, tmp_path: Path, kind: str, orientation: int) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", exif=exif(Orientation=orientation))
    photo, same = large(path), open_photo(path)
    assert photo.size == same.size == ((400, 300) if orientation < 5 else (300, 400))
    assert difference(joined([strip.image for strip in photo.strips(128)]), same.image)[1] <= 3
    size = (photo.size[0] // 3, photo.size[1] // 3)
    assert difference(photo.resized(size), same.resized(size))[0] < 1.5


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize(("kind", "mode"), KINDS)
def test_reduced_it_is_what_it_would_be_in_memory_transparent_or_not(
    picture: Image.Image, tmp_path: Path, kind: str, mode: str
) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", mode)
    for size in ((64, 48), (200, 150), (400, 300)):
        assert difference(large(path).resized(size), open_photo(path).resized(size))[0] < 1.5


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_what_belongs_to_the_photo_is_known(picture: Image.Image, tmp_path: Path, kind: str) -> None:
    profile = swapped_profile()
    path = saved(picture, tmp_path / f"x.{kind}", exif=exif(Orientation=6), icc_profile=profile, dpi=(300, 150))
    photo, same = large(path), open_photo(path)
    assert (photo.format, photo.frames, photo.metadata.icc) == (same.format, 1, profile)
    assert photo.metadata.dpi == pytest.approx((300, 150), abs=0.1)
    record = Image.Exif()
    record.load(photo.metadata.exif)
    assert record[ExifTags.Base.Make] == "Canon"
    assert ExifTags.Base.Orientation not in record
    assert record.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] == b"secret settings"
    assert record.get_ifd(ExifTags.IFD.GPSInfo) == GPS


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_a_photo_that_says_nothing_of_itself_has_nothing(picture: Image.Image, tmp_path: Path, kind: str) -> None:
    photo = large(saved(picture, tmp_path / f"x.{kind}"))
    assert (photo.metadata, photo.orientation) == (Metadata(), 1)


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("dpi", [1e8, 0.0])
def test_a_resolution_that_cannot_be_is_left_out(picture: Image.Image, tmp_path: Path, dpi: float) -> None:
    assert large(saved(picture, tmp_path / "x.png", dpi=(dpi, dpi))).metadata.dpi is None


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_the_colours_of_a_profile_are_understood(picture: Image.Image, tmp_path: Path, kind: str) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", icc_profile=swapped_profile())
    same = open_photo(path)
    assert difference(same.image, picture)[0] > 10
    assert difference(joined([strip.image for strip in large(path).strips(100)]), same.image)[1] <= 3
    assert difference(large(path).resized((100, 75)), same.resized((100, 75)))[0] < 1.5


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("name", ["a[1].png", "a[page=2].png", "[x]", "été, 山.png", "%d.png", "a b.png"])
def test_every_name_a_file_can_have_will_do(
    picture: Image.Image, translator: Translator, tmp_path: Path, name: str
) -> None:
    picture.save(tmp_path / name, "PNG")
    assert len(list(large(tmp_path / name).strips(100))) == 3
    assert large(tmp_path / name).resized((40, 30)).size == (40, 30)
    translator.translate_file(tmp_path / name, tmp_path / f"painted {name}")
    with Image.open(tmp_path / f"painted {name}") as painting:
        assert painting.size == SIZE
    assert names(tmp_path) == {name, f"painted {name}"}


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("x.png", "I;16", {}),
        ("x.jpg", "CMYK", {}),
        ("x.tiff", "CMYK", {}),
        ("x.tiff", "F", {}),
        ("x.tiff", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (5, 5))]}),
    ],
)
def test_what_cannot_be_read_in_strips_is_read_whole_and_that_is_said(
    picture: Image.Image,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    mode: str,
    options: dict[str, object],
) -> None:
    image = picture.convert("L").convert("I").convert(mode) if mode in ("I;16", "F") else picture.convert(mode)
    image.save(tmp_path / name, **options)  # type: ignore[arg-type]
    with caplog.at_level("INFO", "copyart"):
        assert open_large(tmp_path / name) is None
    said = [record.getMessage() for record in caplog.records if record.name.startswith("copyart")]
    assert said == [f"{tmp_path / name} is of a kind that must be read whole, which takes much memory"]


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("mode", ["P", "1"])
def test_few_colours_are_read_as_all_others(picture: Image.Image, tmp_path: Path, mode: str) -> None:
    picture.convert(mode).save(tmp_path / "x.png")
    strips = [strip.image for strip in large(tmp_path / "x.png").strips(100)]
    assert difference(joined(strips), open_photo(tmp_path / "x.png").image)[1] == 0


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("name", ["x.webp", "x.gif", "x.bmp", "folder", "missing.jpg", "empty.jpg", "text.jpg"])
def test_everything_else_is_left_to_who_reads_it_whole(picture: Image.Image, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("Dear diary")
    if name.startswith("x."):
        picture.save(tmp_path / name)
    assert open_large(tmp_path / name) is None


def test_more_pixels_than_any_picture_has_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb())
    with pytest.raises(UnreadablePictureError, match=r"bomb.png says it has more pixels .* \(2000 megapixels\); make"):
        open_large(tmp_path / "bomb.png")


# Painting


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize(
    "paint",
    [
        PaintConfig(),
        PaintConfig(detail=0),
        PaintConfig(detail=1, size=32),
        NATIVE,
        PaintConfig(size=450),
        PaintConfig(strength=0.4),
        PaintConfig(keep_color=True),
        PaintConfig(compare=True),
        PaintConfig(size="native", keep_color=True, compare=True, strength=0.7),
    ],
    ids=lambda paint: ", ".join(
        f"{name} {value}" for name, value in vars(paint).items() if vars(PaintConfig())[name] != value
    ),
)
@pytest.mark.parametrize(("kind", "mode"), [("jpeg", "RGB"), ("png", "L"), ("png", "RGBA"), ("tiff", "LA")])
def test_painted_in_strips_it_is_what_it_would_be_whole(
    picture: Image.Image, translator: Translator, tmp_path: Path, kind: str, mode: str, paint: PaintConfig, suffix: str
) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", mode, icc_profile=None if mode != "RGB" else swapped_profile())
    done = translator.translate_file(path, tmp_path / f"painted.{suffix}", paint, SaveConfig(quality=98))
    expected = whole(translator, path, paint)
    assert done.size == expected.size == (400 * (1 + paint.compare), 300)
    with Image.open(tmp_path / f"painted.{suffix}") as painting:
        assert painting.mode == ("RGB" if suffix == "jpg" else expected.mode)
        if suffix == "jpg" and expected.mode == "RGBA":
            white = Image.new("RGBA", expected.size, "white")
            expected = Image.alpha_composite(white, expected).convert("RGB")
        assert difference(painting, expected)[0] < 2
        if painting.mode == "RGBA":
            assert not ImageChops.difference(painting.getchannel("A"), expected.getchannel("A")).getbbox()


@pytest.mark.usefixtures("low")
def test_painted_at_its_own_size_no_pixel_tells_the_strips(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    path = saved(picture.resize((400, 900)), tmp_path / "x.png")
    translator.translate_file(path, tmp_path / "painted.png", NATIVE)
    with Image.open(tmp_path / "painted.png") as painting:
        assert difference(painting, whole(translator, path, NATIVE))[1] == 0


@pytest.mark.usefixtures("low")
def test_enlarged_strip_by_strip_a_painting_has_no_joints(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    path = saved(picture.resize((400, 900)), tmp_path / "x.png")
    paint = PaintConfig(detail=0)
    painted = joined(list(translator.paint_strips(large(path), paint)))
    pixels = Image.fromarray(translator.paint_pixels([large(path)], paint)[0])
    assert difference(painted, pixels.resize((400, 900), Image.Resampling.LANCZOS))[1] <= 1


@pytest.mark.usefixtures("low")
def test_painted_for_python_a_large_photo_is_one_picture(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    path = saved(picture, tmp_path / "x.png", "RGBA")
    painting = translator.paint(large(path), NATIVE)
    assert difference(painting, whole(translator, path, NATIVE))[1] == 0
    assert painting.info["Software"] == f"copyart {__version__}, style tiny"


# Writing


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("before", ["jpeg", "png", "tiff"])
@pytest.mark.parametrize("after", ["jpeg", "png", "tiff", "webp"])
def test_the_painting_keeps_what_belongs_to_the_photo(
    picture: Image.Image, translator: Translator, tmp_path: Path, before: str, after: str
) -> None:
    profile = swapped_profile()
    path = saved(picture, tmp_path / f"x.{before}", exif=exif(Orientation=6), icc_profile=profile, dpi=(300, 150))
    translator.translate_file(path, tmp_path / f"painted.{after}")
    with Image.open(tmp_path / f"painted.{after}") as painting:
        record = painting.getexif()
        details, gps = record.get_ifd(ExifTags.IFD.Exif), record.get_ifd(ExifTags.IFD.GPSInfo)
        assert painting.size == (300, 400)
        assert painting.info["icc_profile"] == profile
        if after != "webp":
            assert painting.info["dpi"] == pytest.approx((300, 150), abs=0.1)
    assert record[ExifTags.Base.Software] == f"copyart {__version__}, style tiny"
    assert record[ExifTags.Base.Make] == "Canon"
    assert record.get(ExifTags.Base.Orientation, 1) == 1
    assert gps == GPS
    assert details[ExifTags.Base.DateTimeOriginal] == "2020:01:02 03:04:05"
    assert details[ExifTags.Base.MakerNote] == b"secret settings"
    if after != "tiff":  # a TIFF says in the same place how it is laid out
        assert set(details) == {ExifTags.Base.DateTimeOriginal, ExifTags.Base.MakerNote}


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("after", ["jpeg", "png"])
def test_of_a_photo_that_says_nothing_of_itself_only_the_painter_is_told(
    picture: Image.Image, translator: Translator, tmp_path: Path, after: str
) -> None:
    translator.translate_file(saved(picture, tmp_path / "x.png"), tmp_path / f"painted.{after}")
    with Image.open(tmp_path / f"painted.{after}") as painting:
        assert dict(painting.getexif()) == {ExifTags.Base.Software: f"copyart {__version__}, style tiny"}
        assert "icc_profile" not in painting.info
        if after == "jpeg":  # where Pillow says 72 of what has EXIF and no resolution
            assert painting.info["jfif_unit"] == 0
        else:
            assert "dpi" not in painting.info


@pytest.mark.usefixtures("low")
def test_exif_that_fits_a_jpeg_only_until_it_is_signed_still_tells_what_painted_it(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    def record(notes: int) -> bytes:
        made = Image.Exif()
        made.load(exif())
        made[ExifTags.IFD.Exif] = {ExifTags.Base.MakerNote: bytes(notes), ExifTags.Base.FNumber: 2.0}
        return made.tobytes()

    for spare in (0, 60, 200):
        longest = record(65_530 - spare - len(record(1000)) + 1000)
        path = saved(picture, tmp_path / "x.jpg", exif=longest)
        translator.translate_file(path, tmp_path / "painted.jpg", save=SaveConfig(overwrite=True))
        with Image.open(tmp_path / "painted.jpg") as painting:
            assert painting.getexif()[ExifTags.Base.Software] == f"copyart {__version__}, style tiny"
            assert painting.getexif()[ExifTags.Base.Make] == "Canon"
            assert painting.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] == 2.0


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("after", ["jpeg", "png", "tiff", "webp", "bmp"])
def test_every_format_is_written(picture: Image.Image, translator: Translator, tmp_path: Path, after: str) -> None:
    path = saved(picture, tmp_path / "x.png")
    translator.translate_file(path, tmp_path / f"painted.{after}", save=SaveConfig(quality=98))
    assert open_photo(tmp_path / f"painted.{after}").format == after
    assert difference(open_photo(tmp_path / f"painted.{after}").image, whole(translator, path, PaintConfig()))[0] < 5
    assert names(tmp_path) == {"x.png", f"painted.{after}"}


@pytest.mark.usefixtures("low")
def test_quality_decides_the_size_of_a_jpeg(picture: Image.Image, translator: Translator, tmp_path: Path) -> None:
    path = saved(picture, tmp_path / "x.jpg")
    sizes = []
    for quality in (10, 50, 100):
        translator.translate_file(path, tmp_path / f"{quality}.jpg", save=SaveConfig(quality=quality))
        sizes.append((tmp_path / f"{quality}.jpg").stat().st_size)
    assert sizes == sorted(set(sizes))


@pytest.mark.usefixtures("low")
def test_large_photos_of_a_batch_are_painted_with_the_others(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    photos = [saved(picture, tmp_path / "a.jpg"), saved(picture.crop((0, 0, 90, 60)), tmp_path / "b.jpg")]
    photos += [saved(picture, tmp_path / "c.png", "RGBA"), saved(picture.crop((0, 0, 60, 90)), tmp_path / "d.png")]
    (tmp_path / "out").mkdir()
    results = list(translator.translate_many(Job(photo, tmp_path / "out" / photo.name) for photo in photos))
    assert all(isinstance(result, Painted) for result in results)
    assert names(tmp_path / "out") == {photo.name for photo in photos}
    for photo in photos:
        assert open_photo(tmp_path / "out" / photo.name).size == open_photo(photo).size


# What goes wrong


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
@pytest.mark.parametrize(
    "paint", [PaintConfig(), NATIVE, PaintConfig(compare=True)], ids=["default", "native", "compare"]
)
def test_a_photo_cut_short_is_refused_and_nothing_is_left(
    picture: Image.Image, translator: Translator, tmp_path: Path, kind: str, orientation: int, paint: PaintConfig
) -> None:
    path = saved(picture, tmp_path / f"x.{kind}", exif=exif(Orientation=orientation))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    (tmp_path / "out").mkdir()
    with pytest.raises(UnreadablePictureError, match=r"x\.\w+ is cut short or damaged: .*; copy it again$") as no:
        translator.translate_file(path, tmp_path / "out" / "painted.jpg", paint)
    assert "\n" not in str(no.value)
    assert names(tmp_path / "out") == set()


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("paint", [PaintConfig(), NATIVE], ids=["default", "native"])
def test_what_is_wrong_with_a_photo_is_said_and_not_what_was_tried(
    picture: Image.Image, translator: Translator, tmp_path: Path, paint: PaintConfig
) -> None:
    path = saved(picture, tmp_path / "x.jpg")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with pytest.raises(UnreadablePictureError, match="premature end"):
        translator.translate_file(path, tmp_path / "painted.jpg", paint)


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
@pytest.mark.parametrize("paint", [PaintConfig(), NATIVE], ids=["default", "native"])
def test_a_full_disk_leaves_the_old_painting_and_no_rest(
    picture: Image.Image, translator: Translator, tmp_path: Path, suffix: str, paint: PaintConfig
) -> None:
    path = saved(picture, tmp_path / "x.png")
    out = tmp_path / "out"
    out.mkdir()
    (out / f"x.{suffix}").write_bytes(b"old")
    with (
        small_disk(2000),
        pytest.raises(UnwritablePictureError, match=r"x\.\w+ cannot be written: ") as no,
    ):
        translator.translate_file(path, out / f"x.{suffix}", paint, SaveConfig(overwrite=True))
    assert "\n" not in str(no.value)
    assert (out / f"x.{suffix}").read_bytes() == b"old"
    assert names(out) == {f"x.{suffix}"}


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
def test_why_nothing_can_be_written_is_said(
    picture: Image.Image, translator: Translator, tmp_path: Path, suffix: str
) -> None:
    path = saved(picture, tmp_path / "x.png")
    words = "cannot be written: the file is larger than is allowed here$"
    with small_disk(2000), pytest.raises(UnwritablePictureError, match=words):
        translator.translate_file(path, tmp_path / f"painted.{suffix}")


@pytest.mark.usefixtures("low")
def test_where_nothing_can_be_written_no_more_is_painted(
    picture: Image.Image, translator: Translator, tmp_path: Path
) -> None:
    from copyart.images import save_strips

    photo = large(saved(picture, tmp_path / "x.png"))
    made = 0

    def strips() -> Iterator[Image.Image]:
        nonlocal made
        for _ in range(200):
            made += 1
            yield Image.effect_noise((400, 100), 90).convert("RGB")

    with small_disk(2000), pytest.raises(UnwritablePictureError):
        save_strips(strips(), (400, 20_000), photo, tmp_path / "painted.png", SaveConfig())
    assert made < 100
    assert names(tmp_path) == {"x.png"}


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("error", [CopyartError("the device is gone"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_a_painting_that_stops_half_way_leaves_nothing(
    picture: Image.Image, tmp_path: Path, error: BaseException
) -> None:
    from copyart.images import save_strips

    photo = large(saved(picture, tmp_path / "x.png"))

    def strips() -> Iterator[Image.Image]:
        for _ in range(10):
            yield Image.new("RGB", (400, 10))
        raise error

    for name in ("painted.png", "painted.jpg"):
        with pytest.raises(type(error)):
            save_strips(strips(), (400, 300), photo, tmp_path / name, SaveConfig())
    assert names(tmp_path) == {"x.png"}


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("size", [(70_000, 2), (2, 70_000)])
def test_a_picture_that_a_jpeg_cannot_hold_says_so(
    translator: Translator, tmp_path: Path, size: tuple[int, int]
) -> None:
    Image.new("RGB", size).save(tmp_path / "x.png")
    with pytest.raises(UnwritablePictureError, match=r"painted\.jpg") as no:
        translator.translate_file(tmp_path / "x.png", tmp_path / "painted.jpg", PaintConfig(detail=0))
    assert "\n" not in str(no.value)
    assert names(tmp_path) == {"x.png"}


# As users do it


@pytest.mark.slow
def test_a_photo_of_25_megapixels_is_painted_upright_and_keeps_its_date(copyart: Run, tiny: Style, huge: Path) -> None:
    done = copyart("translate", huge, "-s", tiny.folder, "--detail", 0, "-o", "painted.jpg")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("painted.jpg  6200 x 4000, painted at 66 x 43 in ")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_ctrl_c_stops_and_leaves_nothing(tiny: Style, huge: Path, tmp_path: Path, suffix: str) -> None:
    command = ["translate", huge, "-s", tiny.folder, "--size", "native", "--tile", 64, "-o", tmp_path / f"x.{suffix}"]
    running = subprocess.Popen(
        [sys.executable, "-m", "copyart", *map(str, command)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 600
    while not names(tmp_path):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=600)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert names(tmp_path) == set()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is counted otherwise here")
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_48_megapixels_take_little_memory(tiny: Style, china: Path, tmp_path: Path, suffix: str) -> None:
    with Image.open(china) as image:
        image.resize((8000, 6000), Image.Resampling.BICUBIC).save(tmp_path / f"x.{suffix}", compress_level=1)
    code = (
        "import resource, sys, pathlib, torch, pyvips\n"
        "from copyart.config import PaintConfig, TilingConfig\n"
        "from copyart.translator import Translator\n"
        "torch.set_num_threads(1)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000\n"
        "photo, painting = map(pathlib.Path, sys.argv[2:])\n"
        "translator = Translator(sys.argv[1], device='cpu', tiling=TilingConfig(memory=100))\n"
        "before = peak()\n"
        "translator.translate_file(photo, painting, PaintConfig(size='native'))\n"
        "print(peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny.folder), tmp_path / f"x.{suffix}", tmp_path / f"painted.{suffix}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 300
