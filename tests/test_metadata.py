"""XMP: a painting keeps what was said of the photo, and nothing that is true only of the photo's own file."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
import pyvips
from conftest import Here
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo
from test_images import corners, exif, needs, painted, signed, swapped_profile

from copyart import Translator
from copyart.images import FORMATS, open_large, open_photo, to_photo
from copyart.models import Style

FORMATS_WITH_XMP = [name for name, kind in FORMATS.items() if kind.metadata]
BY_STRIPS = ["jpeg", "png", "tiff"]
PHOTO = (400, 300)

HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"'
)
TITLE = "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Großer Garten, 花園</rdf:li></rdf:Alt></dc:title>"
TAIL = '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'


def packet(attributes: str = "", elements: str = "") -> bytes:
    """What a program says of a photo: a rating, a title, and more."""
    return f"{HEAD}{attributes}>{TITLE}{elements}{TAIL}".encode()


def photo_with(xmp: bytes, path: Path, image: Image.Image | None = None, **options: Any) -> Path:  # Pillow's own
    """A photo whose file has this XMP."""
    key = path.suffix[1:]
    if key == "png":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    elif key == "tiff":
        record = Image.Exif()
        record.load(options.get("exif", b""))
        record[700] = xmp
        options["exif"] = record.tobytes()
    else:
        options["xmp"] = xmp
    (image or corners(PHOTO)).save(path, FORMATS[key].pillow, **options)
    return path


def xmp_in(path: Path) -> bytes | None:
    """The XMP of a file, by a reader that is not the one of most photos."""
    if path.suffix in (".avif", ".heic"):
        with Image.open(path) as image:
            xmp: bytes | None = image.info.get("xmp")
        return xmp
    image = pyvips.Image.new_from_file(str(path))
    return bytes(image.get("xmp-data")) if "xmp-data" in image.get_fields() else None


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has more than 100,000 pixels is large."""
    monkeypatch.setattr("copyart.images.large.LARGE", 100_000)


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


@pytest.mark.parametrize("before", FORMATS_WITH_XMP)
@pytest.mark.parametrize("after", FORMATS_WITH_XMP)
def test_xmp_is_kept_to_the_byte_in_and_between_formats(tmp_path: Path, before: str, after: str) -> None:
    for key in (before, after):
        needs(key)
    path = photo_with(packet(), tmp_path / f"photo.{before}", exif=exif(), icc_profile=swapped_profile())
    out = painted(path, f"painted.{after}")
    assert xmp_in(out) == packet()
    with Image.open(out) as image:
        assert image.getexif()[ExifTags.Base.Make] == "Canon"
        assert image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] == b"secret settings"
        assert "icc_profile" in image.info


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("before", BY_STRIPS)
@pytest.mark.parametrize("after", [*BY_STRIPS, "webp"])
def test_xmp_of_a_large_photo_is_kept_to_the_byte(
    translator: Translator, tmp_path: Path, before: str, after: str
) -> None:
    path = photo_with(packet(), tmp_path / f"photo.{before}", exif=exif(), icc_profile=swapped_profile())
    assert open_large(path)
    translator.translate_file(path, tmp_path / f"painted.{after}")
    assert xmp_in(tmp_path / f"painted.{after}") == packet()
    with Image.open(tmp_path / f"painted.{after}") as image:
        assert image.getexif()[ExifTags.Base.Make] == "Canon"
        assert "icc_profile" in image.info


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
def test_the_command_keeps_the_xmp_of_a_photograph(here: Here, china: Path, tmp_path: Path, kind: str) -> None:
    with Image.open(china) as image:
        path = photo_with(packet(), tmp_path / f"photo.{kind}", image.resize((96, 64)), icc_profile=None)
    assert here("translate", path, "--device", "cpu", "-o", f"painting.{kind}")[0] == 0
    assert xmp_in(tmp_path / f"painting.{kind}") == packet()


@pytest.mark.parametrize("kind", ["webp", "png"])
def test_an_animation_keeps_its_xmp(translator: Translator, tmp_path: Path, kind: str) -> None:
    frames = [corners().rotate(angle) for angle in (0, 90, 180)]
    options = {"save_all": True, "append_images": frames[1:], "duration": 50}
    path = photo_with(packet(), tmp_path / f"moving.{kind}", frames[0], **options)
    assert translator.translate_file(path, tmp_path / f"out.{kind}").painted_frames == 3
    assert open_photo(tmp_path / f"out.{kind}").metadata.xmp == packet()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("orientation", [1, 2, 6])
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
@pytest.mark.parametrize("says", ["EXIF and XMP", "XMP"])
@pytest.mark.parametrize("form", [' tiff:Orientation="{}"', "<tiff:Orientation>{}</tiff:Orientation>"])
def test_a_photo_is_turned_once_whoever_says_how(
    monkeypatch: pytest.MonkeyPatch,
    translator: Translator,
    tmp_path: Path,
    large: bool,
    orientation: int,
    kind: str,
    says: str,
    form: str,
) -> None:
    monkeypatch.setattr("copyart.images.large.LARGE", 100_000 if large else 1_000_000)
    word = form.format(orientation)
    xmp = packet(word) if word.startswith(" ") else packet("", word)
    record = exif(Orientation=orientation) if "EXIF" in says else b""
    path = photo_with(xmp, tmp_path / f"photo.{kind}", exif=record)
    same = photo_with(packet(), tmp_path / f"same.{kind}", exif=exif(Orientation=orientation))
    out = tmp_path / f"out.{kind}"
    translator.translate_file(path, out)
    translator.translate_file(same, tmp_path / f"expected.{kind}")
    with Image.open(out) as image, Image.open(tmp_path / f"expected.{kind}") as expected:
        assert image.size == (PHOTO if orientation < 5 else PHOTO[::-1])
        assert image.tobytes() == expected.tobytes()
        assert image.getexif().get(ExifTags.Base.Orientation, 1) == 1
    assert xmp_in(out) == xmp.replace(word.encode(), form.format(1).encode())


ELSEWHERE = [
    ("", "<xmp:Thumbnails><rdf:Alt><rdf:li>the photo once more</rdf:li></rdf:Alt></xmp:Thumbnails>"),
    ("", "<Container:Directory><rdf:Seq><rdf:li>video/mp4</rdf:li></rdf:Seq></Container:Directory>"),
    (' xmpNote:HasExtendedXMP="0123456789ABCDEF"', ""),
    (" hdrgm:Version = '1.0'", "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>"),
    (' GCamera:MicroVideo="1" GCamera:MicroVideoOffset="4096"', ""),
]


@pytest.mark.parametrize(("attributes", "elements"), ELSEWHERE)
def test_what_is_true_only_of_the_photo_s_own_file_is_left_out(tmp_path: Path, attributes: str, elements: str) -> None:
    path = photo_with(packet(attributes, elements), tmp_path / "photo.jpeg")
    assert xmp_in(painted(path)) == packet()


@pytest.mark.parametrize("xmp", [b"\xff\xfe<\0x\0", b"<x>\0</x>", packet().decode().encode("utf-16")])
def test_what_is_no_text_in_utf_8_is_left_out(tmp_path: Path, xmp: bytes) -> None:
    path = photo_with(xmp, tmp_path / "photo.webp")
    for key in ("jpeg", "png", "webp", "tiff"):
        assert xmp_in(painted(path, f"painted.{key}")) is None


def test_zeros_after_the_packet_are_no_part_of_it(tmp_path: Path) -> None:
    path = photo_with(packet() + bytes(3), tmp_path / "photo.jpeg")
    assert xmp_in(painted(path, "painted.png")) == packet()


@pytest.mark.parametrize("after", FORMATS_WITH_XMP)
def test_xmp_too_long_for_a_jpeg_loses_its_padding_or_all_and_only_there(tmp_path: Path, after: str) -> None:
    needs(after)
    head, end = packet()[: -len('\n<?xpacket end="w"?>')], b'<?xpacket end="w"?>'
    padded = photo_with(head + b" " * 70_000 + end, tmp_path / "padded.png")
    long = photo_with(packet("", f"<dc:source>{'x' * 70_000}</dc:source>"), tmp_path / "long.png")
    kept = [xmp_in(painted(path, f"{path.stem}-painted.{after}")) for path in (padded, long)]
    assert kept == ([packet(), None] if after == "jpeg" else [open_photo(path).metadata.xmp for path in (padded, long)])


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("spare", [-1, 0])
def test_the_longest_xmp_that_fits_a_jpeg_is_kept_in_strips_and_in_memory(
    translator: Translator, tmp_path: Path, spare: int
) -> None:
    room = 65_504 - len(packet("", "<dc:source></dc:source>"))
    xmp = packet("", f"<dc:source>{'x' * (room - spare)}</dc:source>")
    path = photo_with(xmp, tmp_path / "photo.png")
    translator.translate_file(path, tmp_path / "strips.jpeg")
    for out in (painted(path, "whole.jpeg"), tmp_path / "strips.jpeg"):
        assert xmp_in(out) == (xmp if spare == 0 else None)


def test_what_painted_a_picture_is_told_beside_its_xmp(tmp_path: Path) -> None:
    path = photo_with(packet(), tmp_path / "photo.png")
    for name in ("x.jpg", "x.png", "x.tiff", "x.webp"):
        with signed(open_photo(path), name) as image:
            assert image.getexif()[ExifTags.Base.Software] == "The painter"
            assert image.info["xmp"] == packet()


def test_a_painting_from_memory_has_the_xmp_of_its_photo_only_in_what_is_saved_by_copyart(tmp_path: Path) -> None:
    with Image.open(photo_with(packet(), tmp_path / "photo.png")) as image:
        photo = to_photo(image)
    assert photo.metadata.xmp == packet()
    file = io.BytesIO()
    photo.image.save(file, "PNG")
    assert b"xmp" not in file.getvalue()


@pytest.mark.parametrize(
    "piece",
    ["<xmp:Thumbnails>", "<hdrgm:Version>", " hdrgm:Version = ", "tiff:Orientation =   ", ">  ", " GCamera:a='"],
)
def test_xmp_that_was_made_to_take_long_does_not(tmp_path: Path, piece: str) -> None:
    path = photo_with(packet("", piece * (4_000_000 // len(piece))), tmp_path / "photo.webp")
    start = time.monotonic()
    painted(path, "painted.jpeg")
    assert time.monotonic() - start < 5
