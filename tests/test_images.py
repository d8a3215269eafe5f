"""Photos of every kind in, paintings that keep what belongs to the photo out."""

import io
import struct
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps, features

from copyart.config import SaveConfig
from copyart.errors import OptionError, UnreadablePictureError, UnwritablePictureError
from copyart.images import FORMATS, Photo, encode, format_of, open_photo, save_painting, side_by_side, to_photo

CORNERS = {"red": (0, 0), "lime": (1, 0), "blue": (0, 1), "white": (1, 1)}
GPS = {1: "N", 2: (48.0, 51.0, 30.0)}
WITH_EXIF = ["jpeg", "png", "webp", "tiff", "avif"]
WITH_ALPHA = ["png", "webp", "tiff", "avif", "gif"]


def corners(size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A picture whose four quarters have four colours."""
    image = Image.new("RGB", size)
    w, h = size[0] // 2, size[1] // 2
    for color, (x, y) in CORNERS.items():
        image.paste(color, (x * w, y * h, (x + 1) * w, (y + 1) * h))
    return image


def close(a: Image.Image, b: Image.Image, levels: int = 12) -> bool:
    """Whether two pictures look alike in the middle of each quarter."""
    points = [(x * a.width // 8, y * a.height // 8) for x in (1, 7) for y in (1, 7)]
    pairs = [(a.convert("RGB").getpixel(p), b.convert("RGB").getpixel(p)) for p in points]
    return a.size == b.size and all(
        abs(i - j) <= levels
        for p, q in pairs
        for i, j in zip(tuple(p or ()), tuple(q or ()), strict=True)  # type: ignore[arg-type]
    )


def exif(**tags: object) -> bytes:
    """What a camera writes."""
    record = Image.Exif()
    record[ExifTags.Base.Make] = "Canon"
    record[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05",
        ExifTags.Base.MakerNote: b"secret settings",
    }
    record[ExifTags.IFD.GPSInfo] = dict(GPS)
    for name, value in tags.items():
        record[ExifTags.Base[name]] = value
    return record.tobytes()


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    kind = FORMATS[format_of(path.name)]
    image.save(path, kind.pillow, **{"quality": 95, **options})
    return path


def painted(path: Path, output: str | None = None) -> Path:
    """Opens a photo and writes it as if it were its own painting."""
    photo = open_photo(path)
    painting = path.with_name(output or f"painted{path.suffix}")
    save_painting(photo.finish(photo.image.copy()), photo, painting, SaveConfig(quality=95))
    return painting


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff"])
def test_the_painting_is_shown_the_same_way_up(tmp_path: Path, format: str, orientation: int) -> None:  # noqa: A002
    path = saved(corners(), tmp_path / f"photo.{format}", exif=exif(Orientation=orientation))
    with Image.open(path) as before, Image.open(painted(path)) as after:
        shown = ImageOps.exif_transpose(before)
        assert close(shown, ImageOps.exif_transpose(after))
        assert after.getexif().get(ExifTags.Base.Orientation, 1) == 1
        assert open_photo(path).image.size == shown.size == ((48, 32) if orientation < 5 else (32, 48))


@pytest.mark.parametrize("before", WITH_EXIF)
@pytest.mark.parametrize("after", WITH_EXIF)
def test_exif_is_kept_in_and_between_formats(tmp_path: Path, before: str, after: str) -> None:
    path = saved(corners(), tmp_path / f"photo.{before}", exif=exif(Orientation=6))
    with Image.open(painted(path, f"painted.{after}")) as image:
        record = image.getexif()
        details, gps = record.get_ifd(ExifTags.IFD.Exif), record.get_ifd(ExifTags.IFD.GPSInfo)
    assert record[ExifTags.Base.Make] == "Canon"
    assert details[ExifTags.Base.DateTimeOriginal] == "2020:01:02 03:04:05"
    assert details[ExifTags.Base.MakerNote] == b"secret settings"
    assert gps == GPS
    if after != "tiff":
        layout = {ExifTags.Base.ImageWidth, ExifTags.Base.StripOffsets, ExifTags.Base.Compression}
        assert layout.isdisjoint(record)


def test_the_thumbnail_of_the_photo_is_not_kept(tmp_path: Path) -> None:
    first = struct.pack("<HHHIII", 1, ExifTags.Base.ImageDescription, 2, 4, 0x00796542, 26)
    thumbnail = struct.pack("<HHHIII", 1, ExifTags.Base.ImageWidth, 4, 1, 160, 0)
    path = saved(corners(), tmp_path / "photo.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0" + first + thumbnail)
    with Image.open(path) as before, Image.open(painted(path)) as after:
        assert before.getexif().get_ifd(ExifTags.IFD.IFD1) == {ExifTags.Base.ImageWidth: 160}
        assert after.getexif().get_ifd(ExifTags.IFD.IFD1) == {}
        assert after.getexif()[ExifTags.Base.ImageDescription] == "Bey"


@pytest.mark.parametrize("format", WITH_EXIF)
def test_the_colour_profile_is_kept_and_the_colours_are_right_in_it(tmp_path: Path, format: str) -> None:  # noqa: A002
    profile = swapped_profile()
    path = saved(corners(), tmp_path / f"photo.{format}", icc_profile=profile)
    photo = open_photo(path)
    assert not close(photo.image, corners(), 60)  # what the file calls red is shown as another colour
    with Image.open(painted(path)) as after:
        assert after.info["icc_profile"] == profile
        assert close(after, corners(), 20)


def swapped_profile() -> bytes:
    """An RGB profile in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def test_an_srgb_profile_is_kept_to_the_byte_and_changes_no_pixel(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = saved(corners(), tmp_path / "photo.png", icc_profile=profile)
    with Image.open(painted(path)) as after:
        assert after.info["icc_profile"] == profile
        assert after.tobytes() == corners().tobytes()


@pytest.mark.parametrize("format", WITH_ALPHA)
def test_transparency_is_kept(tmp_path: Path, format: str) -> None:  # noqa: A002
    image = corners()
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda level: 255 * (level > 127)))
    path = saved(image, tmp_path / f"photo.{format}", lossless=True)
    with Image.open(path) as before, Image.open(painted(path)) as after:
        assert after.convert("RGBA").getchannel("A").tobytes() == before.convert("RGBA").getchannel("A").tobytes()
        assert after.convert("RGBA").getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_every_kind_of_transparency_is_read(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 50, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image = image.convert(mode) if mode != "P" else image.quantize(8)
    path = saved(image, tmp_path / ("photo.png" if mode != "PA" else "photo.tiff")) if mode != "PA" else None
    photo = open_photo(path) if path else to_photo(image)
    assert photo.alpha is not None
    assert photo.alpha.getpixel((0, 0)) == 0
    assert photo.alpha.getpixel((3, 3)) == 255


def test_transparency_goes_on_white_where_a_format_has_none(tmp_path: Path) -> None:
    path = saved(Image.new("RGBA", (16, 16), (255, 0, 0, 0)), tmp_path / "photo.png")
    for name in ("painted.jpg", "painted.bmp"):
        with Image.open(painted(path, name)) as image:
            assert image.mode == "RGB"
            assert image.getpixel((8, 8)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
def test_the_resolution_is_kept(tmp_path: Path, format: str) -> None:  # noqa: A002
    path = saved(corners(), tmp_path / f"photo.{format}", dpi=(300, 150))
    with Image.open(painted(path)) as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize("levels", [[0, 128 * 257, 65535]])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bits_become_8_without_clipping(tmp_path: Path, levels: list[int], suffix: str) -> None:
    image = Image.new("I;16", (3, 1))
    for x, level in enumerate(levels):
        image.putpixel((x, 0), level)
    image.save(tmp_path / f"photo{suffix}")
    opened = open_photo(tmp_path / f"photo{suffix}").image
    assert [opened.getpixel((x, 0)) for x in range(3)] == [(0,) * 3, (128,) * 3, (255,) * 3]


@pytest.mark.parametrize(("white", "half"), [(1.0, 0.5), (255.0, 127.0)])
def test_floating_point_pictures_are_read_in_either_range(tmp_path: Path, white: float, half: float) -> None:
    image = Image.new("F", (2, 1), white)
    image.putpixel((0, 0), half)
    image.save(tmp_path / "photo.tiff")
    opened = open_photo(tmp_path / "photo.tiff").image
    assert [opened.getpixel((x, 0)) for x in range(2)] == [(127,) * 3, (255,) * 3]


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "HSV", "LAB", "I", "RGBX", "RGBa", "La"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    assert to_photo(Image.new(mode, (5, 4))).image.mode == "RGB"


def test_cmyk_is_painted_in_rgb(tmp_path: Path) -> None:
    path = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), tmp_path / "photo.jpg")
    with Image.open(painted(path)) as image:
        assert image.mode == "RGB"
        assert close(image, Image.new("RGB", (16, 16), "red"))


def test_a_grey_profile_is_not_put_on_a_coloured_painting(tmp_path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[16:20] = b"GRAY"
    path = saved(Image.new("L", (16, 16), 90), tmp_path / "photo.png", icc_profile=bytes(profile))
    with Image.open(painted(path)) as image:
        assert "icc_profile" not in image.info


def hollow_profile() -> bytes:
    """A profile with a header and no colours."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return struct.pack(">I", 132) + profile[4:128] + struct.pack(">I", 0)


@pytest.mark.parametrize("icc", [b"junk", b"\0" * 200, hollow_profile()])
def test_a_broken_profile_does_not_stop_the_painting(tmp_path: Path, icc: bytes) -> None:
    path = saved(corners(), tmp_path / "photo.png", icc_profile=icc)
    with Image.open(painted(path)) as image:
        assert close(image, corners())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_does_not_stop_the_painting(tmp_path: Path) -> None:
    path = saved(corners(), tmp_path / "photo.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff junk")
    with Image.open(painted(path)) as image:
        assert close(image, corners())


def test_the_first_frame_of_an_animation_is_painted_and_the_frames_are_counted(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue", "lime")]
    for name in ("a.gif", "a.png", "a.webp", "a.tiff"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        photo = open_photo(tmp_path / name)
        assert photo.frames == 3
        assert close(photo.image, frames[0])


def test_a_phones_jpeg_with_a_second_picture_inside_is_one_jpeg(tmp_path: Path) -> None:
    corners().save(tmp_path / "photo.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    photo = open_photo(tmp_path / "photo.jpg")
    assert (photo.format, photo.frames) == ("jpeg", 1)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_written_and_opens_again(tmp_path: Path, format: str) -> None:  # noqa: A002
    if format == "heic":
        pytest.importorskip("pillow_heif")
    if format == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    photo = to_photo(corners())
    save_painting(photo.finish(photo.image), photo, tmp_path / f"x{FORMATS[format].suffixes[0]}", SaveConfig())
    again = open_photo(tmp_path / f"x{FORMATS[format].suffixes[0]}")
    assert again.format == format
    assert close(again.image, corners(), 30)


def test_quality_decides_the_size_of_a_jpeg() -> None:
    photo = to_photo(Image.effect_noise((64, 64), 80).convert("RGB"))
    sizes = [len(encode(photo.image, photo, SaveConfig(quality=quality), "x.jpg")) for quality in (1, 50, 100)]
    assert sizes == sorted(set(sizes))


def test_a_file_without_a_telling_name_keeps_the_photos_format(tmp_path: Path) -> None:
    corners().save(tmp_path / "photo", "WEBP")
    photo = open_photo(tmp_path / "photo")
    assert encode(photo.image, photo, SaveConfig(), "painted")[8:12] == b"WEBP"


def test_an_unknown_format_is_refused_and_the_known_ones_named() -> None:
    photo = to_photo(corners())
    with pytest.raises(OptionError, match="'psd' names no picture format; use jpeg, png"):
        encode(photo.image, photo, SaveConfig(format="psd"), "x.jpg")


def test_a_picture_that_a_format_cannot_hold_says_so() -> None:
    photo = to_photo(Image.new("RGB", (70_000, 1)))
    with pytest.raises(UnwritablePictureError, match="jpeg cannot hold this picture of 70000 x 1"):
        encode(photo.image, photo, SaveConfig(), "x.jpg")


@pytest.mark.parametrize("size", [(1, 1), (3, 2000)])
def test_tiny_and_narrow_pictures_open(tmp_path: Path, size: tuple[int, int]) -> None:
    assert open_photo(saved(Image.new("RGB", size), tmp_path / "x.png")).image.size == size


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "avif", "bmp", "tiff"])
def test_a_file_cut_short_is_refused(tmp_path: Path, format: str, kept: float) -> None:  # noqa: A002
    path = saved(Image.effect_noise((64, 64), 90).convert("RGB"), tmp_path / f"x.{format}")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(UnreadablePictureError, match=r"damaged|no picture"):
        open_photo(path)


def test_heic_without_its_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    open_photo(io.BytesIO(encode(corners(), Photo(corners()), SaveConfig(), "x.png")))
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(UnreadablePictureError, match=r"for HEIC, pip install 'copyart\[heic\]'"):
        open_photo(io.BytesIO(b"\0\0\0\x18ftypheic" + bytes(100)), "x.heic")


def test_side_by_side_keeps_both() -> None:
    left, right = corners(), ImageOps.mirror(corners())
    both = side_by_side(left, right)
    assert both.crop((0, 0, *left.size)).tobytes() == left.tobytes()
    assert both.crop((left.width, 0, *both.size)).tobytes() == right.tobytes()
