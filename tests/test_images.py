"""Photos of every kind in, paintings that keep what belongs to the photo out."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from limits import small_disk, unprivileged
from PIL import ExifTags, Image, ImageCms, ImageOps, features
from PIL.TiffImagePlugin import IFDRational

from copyart.config import SaveConfig
from copyart.errors import (
    LargePictureError,
    MissingExtraError,
    NoPictureError,
    OptionError,
    UnreadablePictureError,
    UnwritablePictureError,
)
from copyart.images import (
    FORMATS,
    Photo,
    encode,
    format_of,
    measure_photo,
    open_photo,
    save_painting,
    side_by_side,
    to_photo,
)

CORNERS = {"red": (0, 0), "lime": (1, 0), "blue": (0, 1), "white": (1, 1)}
GPS = {1: "N", 2: (48.0, 51.0, 30.0)}
LAYERS = 37724  # where Photoshop keeps the layers in a TIFF
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


def with_layers(camera: bytes) -> bytes:
    """What Photoshop makes of what a camera wrote."""
    record = Image.Exif()
    record.load(camera)
    record[LAYERS] = b"the photo once more"
    return record.tobytes()


def needs(format: str) -> None:  # noqa: A002
    if format == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    if format == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")


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
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff", "avif", "heic"])
def test_the_painting_is_shown_the_same_way_up(tmp_path: Path, format: str, orientation: int) -> None:  # noqa: A002
    needs(format)
    path = saved(corners(), tmp_path / f"photo.{format}", exif=exif(Orientation=orientation))
    with Image.open(path) as before, Image.open(painted(path)) as after:
        shown = ImageOps.exif_transpose(before)
        assert close(shown, ImageOps.exif_transpose(after))
        assert after.getexif().get(ExifTags.Base.Orientation, 1) == 1
        assert open_photo(path).image.size == shown.size == ((48, 32) if orientation < 5 else (32, 48))
        assert sorted(measure_photo(path.read_bytes(), "it", most=48 * 32)) == [32, 48]


def test_a_jpeg_that_draws_its_pixels_again_and_again_is_not_decoded(tmp_path: Path) -> None:
    data = saved(corners(), tmp_path / "photo.jpg", progressive=True).read_bytes()
    scan = data[data.rindex(b"\xff\xda") : -2]
    (tmp_path / "scans.jpg").write_bytes(data[:-2] + scan * 300 + data[-2:])
    with pytest.raises(UnreadablePictureError, match=r"scans.jpg is damaged: it draws its pixels again and again"):
        open_photo(tmp_path / "scans.jpg")
    comment = b"\xff\xda" * 300
    for harmless in (data[:2] + b"\xff\xfe" + struct.pack(">H", 602) + comment + data[2:], data + comment):
        (tmp_path / "photo.jpg").write_bytes(harmless)
        assert open_photo(tmp_path / "photo.jpg").image.size == (48, 32)


def test_pages_of_a_tiff_are_counted_to_a_thousand(tmp_path: Path) -> None:
    for pages, counted in ((3, 3), (1001, 1000)):
        others = [Image.new("L", (8, 8))] * (pages - 1)
        photo = open_photo(
            saved(Image.new("L", (8, 8), "white"), tmp_path / "p.tif", save_all=True, append_images=others)
        )
        assert (photo.frames, photo.image.getpixel((0, 0))) == (counted, (255, 255, 255))


def test_more_pixels_than_are_allowed_are_refused_before_any_is_decoded(tmp_path: Path) -> None:
    data = saved(corners(), tmp_path / "photo.png").read_bytes()
    cut = data[: data.index(b"IDAT") + 4]
    assert measure_photo(cut, "it", most=48 * 32) == (48, 32)
    with pytest.raises(LargePictureError, match=r"it says it has more pixels than can be opened safely"):
        measure_photo(cut, "it", most=48 * 32 - 1)
    with pytest.raises(NoPictureError, match=r"it is no picture that copyart can read"):
        measure_photo(b"some words", "it", most=1)


@pytest.mark.parametrize("before", WITH_EXIF)
@pytest.mark.parametrize("after", WITH_EXIF)
def test_exif_is_kept_in_and_between_formats(tmp_path: Path, before: str, after: str) -> None:
    path = saved(corners(), tmp_path / f"photo.{before}", exif=with_layers(exif(Orientation=6)))
    with Image.open(painted(path, f"painted.{after}")) as image:
        record = image.getexif()
        details, gps = record.get_ifd(ExifTags.IFD.Exif), record.get_ifd(ExifTags.IFD.GPSInfo)
    assert record[ExifTags.Base.Make] == "Canon"
    assert details[ExifTags.Base.DateTimeOriginal] == "2020:01:02 03:04:05"
    assert details[ExifTags.Base.MakerNote] == b"secret settings"
    assert gps == GPS
    assert LAYERS not in record
    if after != "tiff":  # a TIFF says in the same place how it is laid out
        assert set(record) == {ExifTags.Base.Make, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo}


def signed(photo: Photo, name: str) -> Image.Image:
    """A photo as its own painting, by `The painter`."""
    painting = photo.finish(photo.image)
    painting.info["Software"] = "The painter"
    return Image.open(io.BytesIO(encode(painting, photo, SaveConfig(), name)))


@pytest.mark.parametrize("before", [*WITH_EXIF, "heic"])
@pytest.mark.parametrize("after", [*WITH_EXIF, "heic"])
def test_what_painted_a_picture_takes_the_place_of_what_made_the_photo(tmp_path: Path, before: str, after: str) -> None:
    for format in (before, after):  # noqa: A001
        needs(format)
    path = saved(corners(), tmp_path / f"photo.{before}", exif=exif(Software="Camera 1.0", Artist="Ann"))
    with signed(open_photo(path), f"painted.{after}") as image:
        record = image.getexif()
        details, gps = record.get_ifd(ExifTags.IFD.Exif), record.get_ifd(ExifTags.IFD.GPSInfo)
    assert record[ExifTags.Base.Software] == "The painter"
    assert (record[ExifTags.Base.Make], record[ExifTags.Base.Artist]) == ("Canon", "Ann")
    assert details[ExifTags.Base.DateTimeOriginal] == "2020:01:02 03:04:05"
    assert details[ExifTags.Base.MakerNote] == b"secret settings"
    assert gps == GPS


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_without_exif_tells_what_painted_it_where_its_format_can(format: str) -> None:  # noqa: A002
    needs(format)
    with signed(to_photo(corners()), f"x{FORMATS[format].suffixes[0]}") as image:
        said = image.getexif().get(ExifTags.Base.Software)
    assert said == ("The painter" if FORMATS[format].metadata else None)


def test_exif_that_fits_a_jpeg_only_until_it_is_signed_still_tells_what_painted_it(tmp_path: Path) -> None:
    def record(notes: int) -> bytes:
        made = Image.Exif()
        made.load(exif())
        made[ExifTags.IFD.Exif] = {ExifTags.Base.MakerNote: bytes(notes), ExifTags.Base.FNumber: 2.0}
        return made.tobytes()

    longest = record(65_530 - len(record(1000)) + 1000)
    path = saved(corners(), tmp_path / "photo.jpg", exif=longest)
    assert len(open_photo(path).metadata.exif) == len(longest) == 65_530
    with signed(open_photo(path), "painted.jpg") as image:
        assert image.getexif()[ExifTags.Base.Software] == "The painter"
        assert image.getexif()[ExifTags.Base.Make] == "Canon"
        assert image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] == 2.0


def test_a_painting_by_nobody_keeps_what_made_the_photo(tmp_path: Path) -> None:
    path = saved(corners(), tmp_path / "photo.jpg", exif=exif(Software="Camera 1.0"))
    with Image.open(painted(path)) as image:
        assert image.getexif()[ExifTags.Base.Software] == "Camera 1.0"


@pytest.mark.parametrize("after", ["jpeg", "png", "webp", "tiff", "avif"])
def test_exif_too_long_for_a_jpeg_loses_only_what_is_long_and_only_there(tmp_path: Path, after: str) -> None:
    record = Image.Exif()
    record.load(exif())
    record[ExifTags.IFD.Exif] = {ExifTags.Base.MakerNote: bytes(70_000), ExifTags.Base.FNumber: 2.0}
    path = saved(corners(), tmp_path / "photo.png", exif=record)
    with Image.open(painted(path, f"painted.{after}")) as image:
        details = image.getexif().get_ifd(ExifTags.IFD.Exif)
        assert image.getexif()[ExifTags.Base.Make] == "Canon"
        assert image.getexif().get_ifd(ExifTags.IFD.GPSInfo) == GPS
    assert details[ExifTags.Base.FNumber] == 2.0
    assert (ExifTags.Base.MakerNote in details) == (after != "jpeg")


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


def made_profile(spaces: bytes, **tags: bytes) -> bytes:
    """A profile from one colour space to another that holds these tags."""
    header = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:128])
    header[16:24] = spaces
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name.encode(), 132 + 12 * len(tags) + len(body), len(value))
        body += value
    return struct.pack(">I", 128 + len(table) + len(body)) + bytes(header[4:]) + table + body


@pytest.mark.parametrize("format", ["bmp", "gif"])
def test_where_a_format_has_no_profile_the_colours_are_srgb(tmp_path: Path, format: str) -> None:  # noqa: A002
    path = saved(corners(), tmp_path / "photo.png", icc_profile=swapped_profile())
    with Image.open(painted(path, f"painted.{format}")) as after:
        assert close(after, open_photo(path).image, 20)


def test_transparency_and_profile_are_no_matter_to_each_other(tmp_path: Path) -> None:
    image = corners()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    path = saved(image, tmp_path / "photo.png", icc_profile=swapped_profile())
    with Image.open(painted(path)) as after:
        assert after.mode == "RGBA"
        assert after.getchannel("A").tobytes() == image.getchannel("A").tobytes()
        assert close(after, corners(), 6)


def test_soft_transparency_becomes_hard_in_a_gif(tmp_path: Path) -> None:
    image = Image.effect_noise((64, 64), 90).convert("RGB")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    path = saved(image, tmp_path / "photo.png")
    with Image.open(painted(path, "painted.gif")) as after:
        hard = image.getchannel("A").point(lambda level: 255 * (level > 127))
        assert after.convert("RGBA").getchannel("A").tobytes() == hard.tobytes()


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


@pytest.mark.parametrize(
    ("mode", "name"),
    [("RGBA", "a.png"), ("LA", "a.png"), ("LA", "a.tiff"), ("PA", "a.tiff"), ("P", "a.png"), ("RGBA", "a.gif")],
)
def test_every_kind_of_transparency_is_read(tmp_path: Path, mode: str, name: str) -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 50, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image = image.quantize(8) if mode == "P" else image.convert(mode)
    photo = open_photo(saved(image, tmp_path / name))
    assert photo.alpha is not None
    assert photo.alpha.tobytes() == bytes((0, *[255] * 15))


def test_transparency_goes_on_white_where_a_format_has_none(tmp_path: Path) -> None:
    path = saved(Image.new("RGBA", (16, 16), (255, 0, 0, 0)), tmp_path / "photo.png")
    for name in ("painted.jpg", "painted.bmp"):
        with Image.open(painted(path, name)) as image:
            assert image.mode == "RGB"
            assert image.getpixel((8, 8)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff", "bmp"])
def test_the_resolution_is_kept(tmp_path: Path, format: str) -> None:  # noqa: A002
    path = saved(corners(), tmp_path / f"photo.{format}", dpi=(300, 150))
    with Image.open(painted(path)) as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize(("format", "dpi"), [("png", 1e8), ("png", 0.0), ("tiff", 4e9), ("tiff", IFDRational(0, 0))])
def test_a_resolution_that_cannot_be_is_left_out(tmp_path: Path, format: str, dpi: float) -> None:  # noqa: A002
    path = saved(corners(), tmp_path / f"photo.{format}", dpi=(dpi, dpi))
    assert open_photo(path).metadata.dpi is None
    for after in ("jpeg", "png", "tiff", "bmp"):
        assert painted(path, f"painted.{after}").exists()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_compressed_tiff_becomes_a_tiff_with_exif(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "photo.tiff"
    corners().save(path, compression=compression, software="Paint")
    with Image.open(painted(path)) as image:
        assert close(image, corners())
        assert image.getexif()[ExifTags.Base.Software] == "Paint"


def test_what_a_picture_says_of_its_own_file_is_not_said_of_its_painting() -> None:
    image = corners()
    image.info = {
        "comment": b"a sketch",
        "compression": "tiff_lzw",
        "transparency": (255, 0, 0),
        "icc_profile": b"junk",
    }
    photo = to_photo(image)
    assert photo.finish(photo.image).info == {}
    assert len(image.info) == 4


def test_finishing_leaves_the_picture_as_it_was() -> None:
    photo = to_photo(corners().convert("RGBA"))
    assert photo.finish(photo.image).mode == "RGBA"
    assert photo.image.mode == "RGB"


def test_a_transparent_grey_among_65536_is_read(tmp_path: Path) -> None:
    image = Image.new("I;16", (3, 1))
    for x, level in enumerate((30_000, 30_001, 65_535)):
        image.putpixel((x, 0), level)
    image.save(tmp_path / "photo.png", transparency=30_001)
    photo = open_photo(tmp_path / "photo.png")
    assert photo.alpha is not None
    assert photo.alpha.tobytes() == bytes((255, 0, 255))
    assert photo.image.getchannel("R").tobytes() == bytes((116, 116, 255))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bits_become_8_without_clipping(tmp_path: Path, suffix: str) -> None:
    image = Image.new("I;16", (3, 1))
    for x, level in enumerate((0, 128 * 257, 65_535)):
        image.putpixel((x, 0), level)
    image.save(tmp_path / f"photo{suffix}")
    opened = open_photo(tmp_path / f"photo{suffix}").image
    assert [opened.getpixel((x, 0)) for x in range(3)] == [(0,) * 3, (128,) * 3, (255,) * 3]


@pytest.mark.parametrize(("white", "half"), [(1.0, 0.5), (255.0, 127.0), (65_535.0, 32_700.0)])
def test_floating_point_pictures_are_read_in_every_range(tmp_path: Path, white: float, half: float) -> None:
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


def test_the_colours_of_a_press_are_read_by_its_profile(tmp_path: Path) -> None:
    paper, red = (255, 128, 128), (136, 208, 195)  # Lab in 8 bits
    nodes = bytes(level for ink in range(16) for level in (red if ink & 8 else paper))  # cyan is the slowest
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    path = saved(image, tmp_path / "photo.tiff", icc_profile=made_profile(b"CMYKLab ", A2B0=table))
    photo = open_photo(path)
    assert close(photo.image, Image.new("RGB", (16, 16), "red"), 20)
    assert photo.metadata.icc is None


def test_a_grey_profile_is_read_and_not_put_on_a_coloured_painting(tmp_path: Path) -> None:
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    linear = made_profile(b"GRAYXYZ ", wtpt=white, kTRC=b"curv\0\0\0\0\0\0\0\0")
    path = saved(Image.new("L", (16, 16), 55), tmp_path / "photo.png", icc_profile=linear)
    with Image.open(painted(path)) as image:
        assert close(image, Image.new("L", (16, 16), 128), 2)
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize(
    "icc",
    [b"junk", bytes(200), *(made_profile(s) for s in (b"RGB XYZ ", b"GRAYXYZ ", b"CMYKLab "))],
    ids=["junk", "zeros", "rgb", "grey", "cmyk"],
)
def test_a_broken_profile_does_not_stop_the_painting(tmp_path: Path, icc: bytes, mode: str) -> None:
    path = saved(corners().convert(mode), tmp_path / "photo.tiff", icc_profile=icc)
    with Image.open(painted(path)) as image:
        assert close(image, corners().convert(mode))
        assert "icc_profile" not in image.info


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("level", [0, 4, 255])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_no_broken_byte_of_exif_stops_the_painting(format: str, level: int) -> None:  # noqa: A002
    whole = exif(Orientation=6, XResolution=300.0, YResolution=300.0, ResolutionUnit=2)
    for at in range(6, len(whole)):
        file = io.BytesIO()
        corners((8, 8)).save(file, format, exif=whole[:at] + bytes([level]) + whole[at + 1 :])
        file.seek(0)
        photo = open_photo(file)
        for output in ("jpeg", "png", "tiff"):
            assert encode(photo.image, photo, SaveConfig(format=output), "x")
            assert signed(photo, f"x.{output}").getexif()[ExifTags.Base.Software] == "The painter"


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
    needs(format)
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


@pytest.mark.parametrize("format", ["jpeg", "webp", "gif", "avif", "heic"])
def test_a_picture_that_a_format_cannot_hold_says_so(format: str) -> None:  # noqa: A002
    needs(format)
    photo = to_photo(Image.new("RGB", (70_000, 1)))
    with pytest.raises(UnwritablePictureError, match=f"x: {format} cannot hold this picture of 70000 x 1: .*; choose"):
        encode(photo.image, photo, SaveConfig(format=format), "x")


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


def bomb() -> bytes:
    """A PNG that says it is 60,000 x 60,000 pixels, and has none."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT", b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("text.jpg", b"Dear diary,\n" * 100, "is no picture that copyart can read: it is not JPEG, PNG,"),
        ("empty.jpg", b"", "is empty (0 bytes); copy it again"),
        ("noise.tiff", b"II*\0" + bytes(range(256)), "is no picture that copyart can read: it is not JPEG, PNG,"),
        ("bomb.png", bomb(), "more pixels than can be opened safely (179 megapixels); make it smaller first"),
        ("folder", None, "is a folder; paint all of it with `copyart batch`"),
        ("a.jpg/b.jpg", None, "cannot be read: a part of its path is a file, not a folder"),
        ("missing.jpg", None, "there is no such file; check the spelling and the folder"),
        (f"{'x' * 300}.jpg", None, "cannot be read: its name is too long; give a shorter one"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_named_with_the_reason_in_one_line(
    tmp_path: Path, name: str, data: bytes | None, words: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.jpg").touch()
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadablePictureError) as caught:
        open_photo(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is not limited in this way here")
def test_a_file_larger_than_the_memory_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "film.jpg").open("wb") as file:
        file.truncate(8 << 30)
    code = (
        "import resource, sys, pathlib, copyart.images\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"
        "copyart.images.open_photo(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "film.jpg"], capture_output=True, check=False)
    assert b"film.jpg does not fit the memory; make it smaller first" in done.stderr


def test_heic_without_its_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    open_photo(io.BytesIO(encode(corners(), Photo(corners()), SaveConfig(), "x.png")))
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match="is a HEIC picture, which needs pillow-heif, not installed here"):
        open_photo(io.BytesIO(b"\0\0\0\x18ftypheic" + bytes(100)), "x.heic")


def test_side_by_side_keeps_both() -> None:
    left, right = corners(), ImageOps.mirror(corners())
    both = side_by_side(left, right)
    assert both.crop((0, 0, *left.size)).tobytes() == left.tobytes()
    assert both.crop((left.width, 0, *both.size)).tobytes() == right.tobytes()


def test_a_photo_that_may_not_be_read_says_so(public: Path) -> None:
    path = saved(corners(), public / "photo.jpg")
    path.chmod(0)
    with unprivileged(), pytest.raises(UnreadablePictureError, match=r"photo.jpg cannot be read: permission denied; c"):
        open_photo(path)


def test_a_painting_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    photo, path = to_photo(corners()), tmp_path / "x.png"
    path.write_bytes(b"mine")
    with pytest.raises(UnwritablePictureError, match=r"x.png is there already; give --overwrite to replace it, or"):
        save_painting(photo.image, photo, path, SaveConfig())
    assert path.read_bytes() == b"mine"
    save_painting(photo.image, photo, path, SaveConfig(overwrite=True))
    assert close(open_photo(path).image, corners())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/x.png", "there is no folder .*nowhere; make it first"),
        ("folder.png", "it is a folder"),
        (f"{'x' * 300}.png", "its name is too long; give a shorter one"),
        ("closed/x.png", "permission denied; check who may use it and its folder"),
        ("closed/old.png", "permission denied; check who may use it and its folder"),
        ("hidden/x.png", "permission denied; check who may use it and its folder"),
    ],
)
def test_where_no_painting_can_go_nothing_changes(public: Path, name: str, words: str) -> None:
    photo = to_photo(corners())
    old = encode(photo.image, photo, SaveConfig(), "old.png")
    for folder, mode in (("folder.png", 0o755), ("closed", 0o555), ("hidden", 0)):
        (public / folder).mkdir()
        (public / folder / "old.png").write_bytes(old)
        (public / folder).chmod(mode)
    with unprivileged(), pytest.raises(UnwritablePictureError, match=f"png cannot be written: {words}$"):
        save_painting(photo.image, photo, public / name, SaveConfig(overwrite=True))
    left = [path for path in public.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in left] == [old] * 3


def test_a_full_disk_leaves_the_old_painting_and_no_rest(tmp_path: Path) -> None:
    photo = to_photo(corners())
    (tmp_path / "x.png").write_bytes(b"old")
    with (
        small_disk(100),
        pytest.raises(UnwritablePictureError, match=r"x.png cannot be written: the file is larger than"),
    ):
        save_painting(photo.image, photo, tmp_path / "x.png", SaveConfig(overwrite=True))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.png": b"old"}
