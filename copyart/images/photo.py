"""Opens photos of every kind.

Whatever the file holds (any of the eight orientations, grey, palette, CMYK, 16 bits, a colour profile, transparency),
a `Photo` is upright 8-bit sRGB, and remembers what the painting of it gets back.
"""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageMath, UnidentifiedImageError

from copyart.errors import LargePictureError, NoPictureError, UnreadablePictureError, first_line
from copyart.extras import require
from copyart.files import reason
from copyart.images.colors import SRGB, convert_profile, open_profile, to_srgb
from copyart.images.exif import portable_exif, upright, upright_size
from copyart.images.formats import FORMATS, READABLE, READABLE_WORDS, register_heic
from copyart.images.metadata import Metadata, resolution
from copyart.images.scans import has_too_many_scans
from copyart.images.xmp import portable_xmp

# Beyond so many pages of a TIFF nobody counts: Pillow would take the longer for each the more there are.
_MANY = 1000

# How HEIC pictures begin, after four bytes.
_HEIC = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))

# What may be decoded smaller than it is.
_DRAFTED = ("JPEG", "MPO")


@dataclass(frozen=True)
class Photo:
    """A photo, ready to be painted.

    Attributes:
        image: The picture: RGB, upright, in sRGB; smaller than the file's where less of it was decoded.
        alpha: Its transparency, mode L of the same size, or None.
        metadata: What its painting gets back of what the file carries besides its pixels.
        format: A key of `FORMATS`, or None where it came from memory.
        frames: How many frames or pages the file has; `image` is the first.
        whole: Width and height in pixels of the whole photo where `image` is smaller, or None.
    """

    image: Image.Image
    alpha: Image.Image | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str | None = None
    frames: int = 1
    whole: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright; its painting gets the same."""
        return self.whole or self.image.size

    def resized(self, size: tuple[int, int]) -> Image.Image:
        """The photo at another size, RGB in sRGB."""
        return self.image if size == self.image.size else self.image.resize(size, Image.Resampling.LANCZOS)

    def finish(self, painting: Image.Image) -> Image.Image:
        """Gives a painting of this photo the photo's colour profile and transparency: RGB, or RGBA."""
        profile = open_profile(self.metadata.icc)
        if profile is None and self.alpha is None:
            return painting
        painting = painting.copy()
        if profile is not None:
            painting = convert_profile(painting, SRGB, profile)
            painting.info["icc_profile"] = self.metadata.icc
        if self.alpha is not None:
            painting.putalpha(self.alpha)
        return painting


def open_photo(
    source: Path | BinaryIO, name: str | None = None, *, least: int | None = None, long_edge: int | None = None
) -> Photo:
    """Opens a picture file.

    Args:
        source: A path, or an open file.
        name: What to call it in messages; the path when None.
        least: Short side in pixels that is enough: of a JPEG, only a half, a quarter or an eighth of each side
            may be decoded, never less than this.
        long_edge: The same of the long side.

    Raises:
        UnreadablePictureError: If it is missing, no picture, damaged or larger than Pillow's limit.
    """
    name = name or str(source)
    with reading(name):
        if isinstance(source, Path) and source.is_dir():
            raise UnreadablePictureError(f"{name} is a folder; paint all of it with `copyart batch`")
        data = source.read_bytes() if isinstance(source, Path) else source.read()
    if not data:
        raise empty(name)
    return _decode(data, name, least, long_edge)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Says in words why a file cannot be read.

    Raises:
        UnreadablePictureError: If it is missing, may not be read or does not fit the memory.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadablePictureError(f"{name}: there is no such file; check the spelling and the folder") from error
    except OSError as error:
        raise UnreadablePictureError(f"{name} cannot be read: {reason(error)}") from error
    except MemoryError as error:
        raise UnreadablePictureError(f"{name} does not fit the memory; make it smaller first") from error


def empty(name: str) -> UnreadablePictureError:
    """The error for a file of no bytes."""
    return UnreadablePictureError(f"{name} is empty (0 bytes); copy it again from where it came")


def measure_photo(data: bytes, name: str, *, most: int) -> tuple[int, int]:
    """Looks at the beginning of a picture file and decodes nothing.

    Args:
        data: What the file holds.
        name: What to call it in messages.
        most: Pixels that are allowed.

    Returns:
        Its width and height in pixels, as the file has them: a turned photo's may be swapped.

    Raises:
        NoPictureError: If it is no picture of a kind that can be read.
        LargePictureError: If it has more pixels.
        UnreadablePictureError: If it is damaged so early.
    """
    image = _header(data, name)
    if image.width * image.height > most:
        raise _too_large(name, most)
    return image.size


def count_frames(data: bytes, name: str) -> tuple[str | None, int]:
    """Counts the frames or pages of a picture file and decodes none of them.

    Args:
        data: What the file holds.
        name: What to call it in messages.

    Returns:
        A key of `FORMATS`, and what `Photo.frames` is of it.

    Raises:
        UnreadablePictureError: As `measure_photo` does.
    """
    image = _header(data, name)
    try:
        return _format(image), _frames(image)
    except Exception as error:  # a decoder may fail in any way on a damaged file
        raise damaged(name, error) from error


def to_photo(image: Image.Image) -> Photo:
    """Makes a photo of any Pillow picture.

    Raises:
        UnreadablePictureError: If its pixels cannot be decoded or turned into RGB.
    """
    return _read(image, getattr(image, "filename", "") or "the picture")


def _header(data: bytes, name: str) -> Image.Image:
    """A picture of which nothing is decoded yet."""
    if has_too_many_scans(data):
        raise UnreadablePictureError(f"{name} is damaged: it draws its pixels again and again; save it anew")
    return identify(io.BytesIO(data), name)


def identify(file: BinaryIO, name: str) -> Image.Image:
    """A picture by its first bytes, of which nothing is decoded yet.

    Args:
        file: An open file, of which no more is read than that takes.
        name: What to call it in messages.

    Raises:
        UnreadablePictureError: If it is none, or has more pixels than Pillow allows.
        MissingExtraError: If it takes a package that is not installed.
    """
    Image.init()
    if file.read(8)[4:] == b"ftyp":  # HEIC or AVIF
        register_heic()
    try:
        return Image.open(file, formats=[kind for kind in READABLE if kind in Image.OPEN])
    except Image.DecompressionBombError as error:
        raise _too_large(name, 2 * (Image.MAX_IMAGE_PIXELS or 0)) from error
    except UnidentifiedImageError as error:
        file.seek(0)
        if "HEIF" not in Image.OPEN and file.read(12)[4:] in _HEIC:
            require("heic", f"{name} is a HEIC picture, which")
            import pillow_heif  # noqa: F401  # says why it cannot be used
        raise NoPictureError(f"{name} is no picture that copyart can read: it is not {READABLE_WORDS}") from error
    except Exception as error:  # a decoder may fail in any way on a damaged file
        raise damaged(name, error) from error


def _too_large(name: str, most: int) -> LargePictureError:
    return LargePictureError(
        f"{name} says it has more pixels than can be opened safely ({most / 1e6:.0f} megapixels); make it smaller first"
    )


def _decode(data: bytes, name: str, least: int | None, long_edge: int | None) -> Photo:
    image = _header(data, name)
    stored, whole = image.size, upright_size(image)
    scales = [enough / side for enough, side in ((least, min(stored)), (long_edge, max(stored))) if enough]
    if scales:
        image.draft(None, (math.ceil(stored[0] * max(scales)), math.ceil(stored[1] * max(scales))))
    photo = _read(image, name)
    if image.size == stored:
        return photo
    if image.format not in _DRAFTED and sorted(image.size) != sorted(stored):
        raise damaged(
            name, ValueError(f"it is {image.width} x {image.height} and not {stored[0]} x {stored[1]} pixels")
        )
    return replace(photo, whole=whole) if image.format in _DRAFTED else photo


def _read(image: Image.Image, name: str) -> Photo:
    try:
        frames, xmp = _frames(image), image.info.get("xmp")  # of a TIFF, before Pillow turns it and edits this
        image.load()
        colors, alpha = _split_alpha(upright(image))
        rgb, icc = to_srgb(colors, image.info.get("icc_profile"))
        rgb.info = {}  # what is true of the photo's file is not true of its painting
        metadata = Metadata(
            icc=icc,
            exif=portable_exif(image),
            dpi=resolution(image.info.get("dpi")),
            xmp=portable_xmp(xmp or image.info.get("xmp")),  # a PNG can have it after its pixels
        )
        return Photo(image=rgb, alpha=alpha, metadata=metadata, format=_format(image), frames=frames)
    except MemoryError as error:
        raise UnreadablePictureError(f"{name} does not fit the memory; make it smaller first") from error
    except Exception as error:  # a decoder may fail in any way on a damaged file
        raise damaged(name, error) from error


def _format(image: Image.Image) -> str | None:
    pillow = "JPEG" if image.format == "MPO" else image.format  # a phone's JPEG with a second picture inside
    return next((key for key, kind in FORMATS.items() if kind.pillow == pillow), None)


def _frames(image: Image.Image) -> int:
    if image.format in ("MPO", "HEIF"):  # the other pictures in a phone's photo only go with the one that is shown
        return 1
    if image.format != "TIFF":
        return getattr(image, "n_frames", 1) - bool(image.info.get("default_image"))  # which shows where nothing moves
    current, count = image.tell(), _MANY
    try:
        image.seek(_MANY - 1)
    except EOFError:
        count = image.tell() + 1
    image.seek(current)
    return count


def damaged(name: str, error: Exception) -> UnreadablePictureError:
    """The error for a file whose decoder failed."""
    return UnreadablePictureError(f"{name} is cut short or damaged: {first_line(error)}; copy it again")


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours, and the transparency if there is any."""
    if not image.has_transparency_data:
        return image, None
    if image.mode.startswith("I"):  # one of 65,536 greys is transparent
        clear = image.info["transparency"]
        alpha = ImageMath.lambda_eval(lambda args: (args["grey"] != clear) * 255, grey=image.convert("I"))
        return image, alpha.convert("L")
    image = image.convert("LA") if image.mode == "La" else image  # Pillow has no other way from this mode
    image = image.convert("RGBA")
    return image, image.getchannel("A")
