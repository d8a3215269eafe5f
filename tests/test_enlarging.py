"""Enlarging with what a network has learned: pictures of every kind, whole and in strips."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from films import animate, film, filmed, scene, shown
from PIL import ExifTags, Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from test_images import corners, exif, swapped_profile

import copyart
from copyart import Magnifier, __version__
from copyart.checkpoints import load_upscaler
from copyart.config import BatchConfig, SaveConfig, TilingConfig
from copyart.destinations import Job, plan
from copyart.errors import OptionError, UnreadablePictureError, UnwritablePictureError
from copyart.images import LargePhoto, open_photo
from copyart.models import Enlarger
from copyart.tensors import to_pixels, to_tensor
from copyart.translator import Failed, Painted

Enlargers = dict[int, Enlarger]


@pytest.fixture(scope="module", params=[2, 4])
def magnifier(request: pytest.FixtureRequest, enlargers: Enlargers) -> Magnifier:
    return Magnifier(enlargers[request.param], device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def double(enlargers: Enlargers) -> Magnifier:
    return Magnifier(enlargers[2], device="cpu", dtype=torch.float32, tiling=TilingConfig(tile=48))


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has more than 5,000 pixels is large."""
    monkeypatch.setattr("copyart.images.large.LARGE", 5000)


def picture(china: Path, size: tuple[int, int] = (120, 700)) -> Image.Image:
    with Image.open(china) as image:
        return image.convert("RGB").resize(size)


def difference(a: Image.Image, b: Image.Image) -> int:
    """The largest difference in levels."""
    assert (a.size, a.mode) == (b.size, b.mode)
    return int(np.abs(np.asarray(a).astype(int) - np.asarray(b)).max())


@pytest.mark.parametrize("scale", [2, 4])
def test_a_picture_becomes_what_the_network_makes_of_it(enlargers: Enlargers, photo: Path, scale: int) -> None:
    with Image.open(photo) as image:
        enlarged = copyart.enlarge(image, model=enlargers[scale], device="cpu")
        with torch.inference_mode():
            wanted = Image.fromarray(to_pixels(load_upscaler(enlargers[scale])(to_tensor(image)))[0])
    assert enlarged.size == (96 * scale, 64 * scale)
    assert difference(enlarged, wanted) <= 6  # in bfloat16, where the processor has it
    assert enlarged.info["Software"] == f"copyart {__version__}, enlarger small-{scale}x, {scale}x"


def test_a_model_of_4x_is_halved_for_2x(enlargers: Enlargers, photo: Path) -> None:
    halved = Magnifier(enlargers[4], scale=2, device="cpu", dtype=torch.float32)
    whole = Magnifier(enlargers[4], device="cpu", dtype=torch.float32)
    with Image.open(photo) as image:
        assert difference(halved.enlarge(image), whole.enlarge(image).reduce(2)) <= 1
        assert halved.enlarge(image).size == (192, 128)


def test_a_model_of_2x_is_applied_twice_for_4x(enlargers: Enlargers, photo: Path) -> None:
    twice = Magnifier(enlargers[2], scale=4, device="cpu", dtype=torch.float32)
    once = Magnifier(enlargers[2], device="cpu", dtype=torch.float32)
    with Image.open(photo) as image:
        assert difference(twice.enlarge(image), once.enlarge(once.enlarge(image))) <= 2
        assert twice.enlarge(image).size == (384, 256)


@pytest.mark.parametrize(("model", "scale"), [(2, 2), (4, 4), (4, 2), (2, 4)])
def test_in_tiles_there_are_no_seams(enlargers: Enlargers, china: Path, model: int, scale: int) -> None:
    whole, tiled = (
        Magnifier(enlargers[model], scale=scale, device="cpu", dtype=torch.float32, tiling=tiling)
        for tiling in (TilingConfig(), TilingConfig(tile=32))
    )
    assert tiled.network.tiles((163, 91)) > 10
    given = picture(china, (163, 91))
    assert difference(tiled.enlarge(given), whole.enlarge(given)) <= 1


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_a_scale_that_is_none_is_refused_before_anything_is_loaded(photo: Path, scale: int) -> None:
    with Image.open(photo) as image, pytest.raises(OptionError, match=f"scale is {scale}; give 2 or 4"):
        copyart.enlarge(image, scale=scale, model="no-such-model")


# What belongs to a photo


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_enlarged_upright(double: Magnifier, tmp_path: Path, orientation: int) -> None:
    corners().save(tmp_path / "a.png", exif=exif(Orientation=orientation))
    double.enlarge_file(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(tmp_path / "a.png") as before, Image.open(tmp_path / "b.png") as after:
        wanted = double.enlarge(ImageOps.exif_transpose(before))
        assert after.getexif().get(ExifTags.Base.Orientation, 1) == 1
        assert difference(after.convert("RGB"), wanted) == 0


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("strips", [False, True])
def test_metadata_stay_and_the_sizes_in_them_grow(
    double: Magnifier, china: Path, tmp_path: Path, kind: str, strips: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if strips:
        monkeypatch.setattr("copyart.images.large.LARGE", 5000)
    record = Image.Exif()
    record.load(exif(Make="Canon"))
    record.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base.ExifImageWidth: 120, ExifTags.Base.ExifImageHeight: 80})
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:ImageWidth="120" GPano:CroppedAreaLeftPixels="7">'
        "<exif:PixelYDimension>80</exif:PixelYDimension><xmp:Rating>4</xmp:Rating></r></x:xmpmeta>"
    )
    path, profile, texts = tmp_path / f"a.{kind}", swapped_profile(), PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet)
    options = {"pnginfo": texts} if kind == "png" else {"xmp": packet.encode()}
    picture(china, (120, 80)).save(path, exif=record, dpi=(300, 300), icc_profile=profile, **options)
    double.enlarge_file(path, tmp_path / f"b.{kind}")
    with Image.open(tmp_path / f"b.{kind}") as after:
        after.load()
        tags = after.getexif()
        assert tags[ExifTags.Base.Make] == "Canon"
        assert tags[ExifTags.Base.Software] == double.signature
        sides = tags.get_ifd(ExifTags.IFD.Exif)
        assert (sides[ExifTags.Base.ExifImageWidth], sides[ExifTags.Base.ExifImageHeight]) == (240, 160) == after.size
        assert after.info["icc_profile"] == profile
        assert [round(value) for value in after.info["dpi"]] == [300, 300]
        xmp = after.info["xmp"].decode() if isinstance(after.info["xmp"], bytes) else after.info["xmp"]
        for words in ('ImageWidth="240"', 'LeftPixels="14"', "Dimension>160<", "Rating>4<"):
            assert words in xmp


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_transparency_is_enlarged_too(double: Magnifier, china: Path, tmp_path: Path, kind: str) -> None:
    given, alpha = picture(china, (60, 40)), Image.radial_gradient("L").resize((60, 40))
    given.putalpha(alpha)
    given.save(tmp_path / f"a.{kind}", lossless=True)
    double.enlarge_file(tmp_path / f"a.{kind}", tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as after:
        wanted = alpha.resize((120, 80), Image.Resampling.LANCZOS)
        assert difference(after.getchannel("A"), wanted) == 0
        assert difference(after.convert("RGB"), double.enlarge(given.convert("RGB"))) == 0


def test_sixteen_bits_become_eight_as_in_paintings(double: Magnifier, tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 65_535, 600, dtype=np.uint16).reshape(20, 30)).save(tmp_path / "a.png")
    double.enlarge_file(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as after:
        assert (after.mode, after.size) == ("RGB", (60, 40))


# Large pictures


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("size", [(70, 700), (300, 30), (90, 257)])
def test_strip_by_strip_it_is_what_it_is_whole(
    magnifier: Magnifier, china: Path, tmp_path: Path, mode: str, size: tuple[int, int]
) -> None:
    given = picture(china, size)
    if mode.endswith("A"):
        given.putalpha(Image.radial_gradient("L").resize(size))
    given.convert(mode).save(tmp_path / "a.png")
    assert isinstance(magnifier.open(tmp_path / "a.png"), LargePhoto)
    done = magnifier.enlarge_file(tmp_path / "a.png", tmp_path / "b.png")
    assert done.size == (size[0] * magnifier.scale, size[1] * magnifier.scale)
    assert done.painted_at == size
    whole = magnifier.make(open_photo(tmp_path / "a.png"))
    with Image.open(tmp_path / "b.png") as after:
        assert difference(after, whole) <= 1


@pytest.mark.usefixtures("low")
def test_large_photos_are_written_to_every_format(double: Magnifier, china: Path, tmp_path: Path) -> None:
    picture(china, (90, 70)).save(tmp_path / "a.jpg", quality=95)
    for kind in ("jpeg", "webp", "tiff"):
        double.enlarge_file(tmp_path / "a.jpg", tmp_path / f"b.{kind}")
        assert open_photo(tmp_path / f"b.{kind}").size == (180, 140)


def test_a_photo_is_large_where_what_is_made_of_it_is(
    enlargers: Enlargers, china: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(china, (60, 50)).save(tmp_path / "a.jpg")
    for scale, most, large in [(2, 11_999, True), (2, 12_000, False), (4, 47_999, True), (4, 48_000, False)]:
        monkeypatch.setattr("copyart.images.large.LARGE", most)
        opened = Magnifier(enlargers[scale], device="cpu").open(tmp_path / "a.jpg")
        assert isinstance(opened, LargePhoto) == large


@pytest.mark.parametrize(
    ("name", "size", "most"),
    [("b.jpg", (40_000, 1), 65_500), ("b.webp", (8200, 2), 16_383), ("b.gif", (33_000, 1), 65_535)],
)
def test_what_a_format_cannot_hold_is_refused_before_the_work(
    double: Magnifier, tmp_path: Path, name: str, size: tuple[int, int], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    monkeypatch.setattr(double.network, "run_many", None)
    words = (
        rf"{name}: \w+ cannot hold this picture of {size[0] * 2} x {size[1] * 2}: its sides have at most {most} pixels"
    )
    with pytest.raises(UnwritablePictureError, match=words):
        double.enlarge_file(tmp_path / "a.png", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


# What moves


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_every_frame_of_an_animation_is_enlarged(double: Magnifier, china: Path, tmp_path: Path, kind: str) -> None:
    moving = animate(tmp_path / f"a.{kind}", scene(china, 3))
    done = double.enlarge_file(moving, tmp_path / f"b.{kind}")
    assert (done.frames, done.painted_frames, done.size) == (3, 3, (192, 128))
    frames, durations, _ = shown(tmp_path / f"b.{kind}")
    assert [frame.size for frame in frames] == [(192, 128)] * 3
    assert durations == shown(moving)[1]
    still = double.enlarge(shown(moving)[0][1].convert("RGB"))
    assert np.abs(np.asarray(frames[1].convert("RGB")).astype(int) - np.asarray(still)).mean() < 12


def test_an_animation_with_transparency_keeps_it(double: Magnifier, china: Path, tmp_path: Path) -> None:
    frames = [frame.convert("RGBA") for frame in scene(china, 2)]
    for frame in frames:
        frame.paste((0, 0, 0, 0), (0, 0, 48, 64))
    moving = animate(tmp_path / "a.gif", frames, disposal=2)
    double.enlarge_file(moving, tmp_path / "b.gif")
    for frame in shown(tmp_path / "b.gif")[0]:
        alpha = np.asarray(frame.getchannel("A"))
        assert (alpha[:, :94] == 0).all()
        assert (alpha[:, 98:] == 255).all()


@pytest.mark.parametrize(
    ("name", "encoder", "sound"), [("a.mp4", "libx264", "aac"), ("a.webm", "libvpx-vp9", "libopus")]
)
def test_a_video_is_enlarged_and_keeps_its_times(
    double: Magnifier, china: Path, tmp_path: Path, name: str, encoder: str, sound: str
) -> None:
    video = film(tmp_path / name, scene(china, 4, (50, 34)), encoder=encoder, sound=sound)
    done = double.enlarge_file(video, tmp_path / f"b-{name}")
    assert (done.frames, done.size, done.painted_at) == (4, (100, 68), (50, 34))
    frames, times = filmed(tmp_path / f"b-{name}")[:2]
    assert times == filmed(video)[1]
    assert len(frames) == 4


def test_a_video_beyond_what_encoders_take_is_refused_before_the_work(
    double: Magnifier, china: Path, tmp_path: Path
) -> None:
    video = film(tmp_path / "a.mp4", scene(china, 2, (8200, 16)))
    with pytest.raises(UnwritablePictureError, match=r"b\.mp4: mp4 cannot hold this picture of 16400 x 32"):
        double.enlarge_file(video, tmp_path / "b.mp4")


# Many


def test_many_are_enlarged_each_once_and_one_that_fails_stops_no_other(
    double: Magnifier, folder: Path, tmp_path: Path
) -> None:
    (folder / "3.jpg").write_text("no picture")
    jobs = plan(folder, tmp_path / "out", SaveConfig(), recursive=True)
    results = list(double.enlarge_many(jobs, batch=BatchConfig(workers=2)))
    (failed,) = [result for result in results if isinstance(result, Failed)]
    assert isinstance(failed.error, UnreadablePictureError)
    assert sum(isinstance(result, Painted) for result in results) == 11
    assert all(open_photo(job.painting).size == (192, 128) for job in jobs if job.photo.name != "3.jpg")


@pytest.mark.usefixtures("low")
def test_large_photos_of_many_are_written_strip_by_strip(double: Magnifier, china: Path, tmp_path: Path) -> None:
    picture(china, (90, 70)).save(tmp_path / "a.jpg")
    picture(china, (20, 30)).save(tmp_path / "b.jpg")
    jobs = [Job(tmp_path / name, tmp_path / "out" / name) for name in ("a.jpg", "b.jpg")]
    assert all(isinstance(done, Painted) for done in double.enlarge_many(jobs))
    assert [open_photo(job.painting).size for job in jobs] == [(180, 140), (40, 60)]


@pytest.mark.usefixtures("low")
def test_a_large_photo_that_is_cut_short_is_named_and_nothing_is_written(
    double: Magnifier, china: Path, tmp_path: Path
) -> None:
    picture(china, (400, 300)).save(tmp_path / "a.jpg", quality=95)
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadablePictureError, match=r"a\.jpg is cut short or damaged"):
        double.enlarge_file(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_a_photo_that_must_be_read_whole_is_no_news_unless_it_is_large(
    double: Magnifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("copyart.images.large.LARGE", 5000)
    caplog.set_level(logging.INFO, "copyart")
    for size, count in [((60, 50), 0), ((100, 60), 1)]:
        caplog.clear()
        Image.new("CMYK", size).save(tmp_path / "a.jpg")
        double.open(tmp_path / "a.jpg")
        assert sum("must be read whole" in each.getMessage() for each in caplog.records) == count
