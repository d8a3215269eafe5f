"""The kinds of picture file: what they are called, what they can hold, how they are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from copyart.errors import OptionError, UnwritablePictureError
from copyart.extras import require


@dataclass(frozen=True)
class Format:
    """A kind of picture file: Pillow's name for it, its suffixes, what it can hold and how it is written.

    Of `side` pixels is the longest side that it can have, where that is less than anything that is written here.
    """

    pillow: str
    suffixes: tuple[str, ...]
    alpha: bool = True
    metadata: bool = True
    options: Mapping[str, object] = field(default_factory=dict)
    side: int | None = None


FORMATS = {
    "jpeg": Format(
        "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), alpha=False, options={"subsampling": "4:4:4"}, side=65_500
    ),  # libjpeg's
    "png": Format("PNG", (".png",)),
    "webp": Format("WEBP", (".webp",), side=16_383),
    "tiff": Format("TIFF", (".tif", ".tiff"), options={"compression": "raw"}),  # Pillow compresses none with EXIF
    "bmp": Format("BMP", (".bmp", ".dib"), alpha=False, metadata=False),
    "gif": Format("GIF", (".gif",), metadata=False, side=65_535),
    "avif": Format("AVIF", (".avif",), options={"subsampling": "4:4:4"}),
    "heic": Format("HEIF", (".heic", ".heif"), options={"chroma": 444}),
}

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "HEIF")
READABLE_WORDS = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC or AVIF"


def format_of(name: str, *, default: str | None = None) -> str:
    """The key in `FORMATS` that a file's name or a word like `jpg` stands for.

    Raises:
        OptionError: If there is none.
    """
    word = (Path(name).suffix or f".{name}").lower()
    for key, kind in FORMATS.items():
        if word in kind.suffixes or word == f".{key}":
            return key
    if default is None:
        raise OptionError(f"{name!r} names no picture format; use {', '.join(FORMATS)}")
    return default


def check_writable(key: str, name: str) -> None:
    """Makes sure that pictures can be written in a format here.

    Args:
        key: A key of `FORMATS`.
        name: What to call the picture in messages.

    Raises:
        MissingExtraError: If that takes a package that is not installed.
        UnwritablePictureError: If this Pillow cannot write it.
    """
    Image.init()
    if key == "heic":
        register_heic()
    if FORMATS[key].pillow in Image.SAVE:
        return
    if key == "heic":
        require("heic", f"{name}: writing HEIC", otherwise="choose --format jpeg")
    raise UnwritablePictureError(f"{name}: {key} pictures cannot be written here; choose --format jpeg")


def register_heic() -> None:
    """Lets Pillow read and write HEIC if the package for it is installed, which is loaded only where it is needed."""
    if "HEIF" in Image.OPEN:
        return
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()
