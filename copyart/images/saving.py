"""Writes paintings that keep what belongs to the photo, whole or not at all."""

import io
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from copyart.config import SaveConfig
from copyart.errors import UnwritablePictureError, first_line
from copyart.files import reason, why_no_folder, why_taken, write_whole
from copyart.images.colors import SRGB, convert_profile, open_profile
from copyart.images.formats import FORMATS, check_writable, format_of
from copyart.images.large import LargePhoto
from copyart.images.metadata import Metadata
from copyart.images.photo import Photo
from copyart.images.xmp import XMP_OF_TIFF


def encode(painting: Image.Image, photo: Photo | LargePhoto, config: SaveConfig, name: str) -> bytes:
    """Turns a finished painting into the bytes of a file, with the photo's metadata.

    What painted it (`Software` in its `info`) goes into the EXIF.

    Args:
        painting: RGB or RGBA, as `Photo.finish` gives it.
        photo: What was painted.
        config: `format` decides; when None, the suffix of `name`, else the photo's own format, else PNG.
        name: The file's name.

    Raises:
        OptionError: If the format is unknown.
        MissingExtraError: If writing it takes a package that is not installed.
        UnwritablePictureError: If this format cannot hold the picture.
    """
    key = format_of(config.format) if config.format else format_of(name, default=photo.format or "png")
    kind = FORMATS[key]
    check_writable(key, name)
    options = options_for(painting, photo, key, config)
    painting = fitted(painting, photo, key)
    file = io.BytesIO()
    try:
        painting.save(file, kind.pillow, **options)
    except Exception as error:  # an encoder may fail in any way on a picture beyond its limits
        why = f"{painting.width} x {painting.height}: {first_line(error)}; choose another --format"
        raise UnwritablePictureError(f"{name}: {key} cannot hold this picture of {why}") from error
    return file.getvalue()


def options_for(painting: Image.Image, photo: Photo | LargePhoto, key: str, config: SaveConfig) -> dict[str, object]:
    """The words for Pillow when it writes a finished painting in the format `key`: quality and metadata."""
    kind, metadata = FORMATS[key], photo.metadata
    options = {"quality": config.quality, **kind.options} | ({"dpi": metadata.dpi} if metadata.dpi else {})
    if not kind.metadata:
        return options
    metadata = metadata.signed(painting.info.get("Software", ""))
    metadata = metadata.shortened() if key == "jpeg" else metadata
    exif = {"exif": metadata.exif} if metadata.exif else {}
    return options | {"icc_profile": metadata.icc} | exif | (_xmp_options(metadata, key) if metadata.xmp else {})


def _xmp_options(metadata: Metadata, key: str) -> dict[str, object]:
    """The words in which Pillow takes XMP: a text of a PNG, a tag of a TIFF beside those of the EXIF."""
    if key == "png":
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode())
        return {"pnginfo": texts}
    if key == "tiff":
        tags = Image.Exif()
        tags.load(metadata.exif)
        tags[XMP_OF_TIFF] = metadata.xmp
        return {"exif": tags.tobytes()}
    return {"xmp": metadata.xmp}


def fitted(painting: Image.Image, photo: Photo | LargePhoto, key: str) -> Image.Image:
    """A finished painting as the format `key` can hold it: its transparency and its colours."""
    kind = FORMATS[key]
    if painting.mode == "RGBA" and not kind.alpha:
        painting = on_white(painting)
    if painting.mode == "RGBA" and key == "gif":
        painting = _cut_out(painting)
    profile = open_profile(photo.metadata.icc)
    if not kind.metadata and profile is not None:
        painting = convert_profile(painting, profile, SRGB, painting.mode)
    return painting


def save_painting(painting: Image.Image, photo: Photo | LargePhoto, path: Path, config: SaveConfig) -> None:
    """Writes a finished painting, whole or not at all.

    Raises:
        OptionError: If the format is unknown.
        UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
    """
    check_free(path, config)
    data = encode(painting, photo, config, str(path))
    try:
        write_whole(path, data)
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def check_free(path: Path, config: SaveConfig) -> None:
    """Makes sure that a painting can go to `path`, before anything is painted.

    Raises:
        UnwritablePictureError: If the folder is missing, a folder has the name, or a file may not be replaced.
    """
    if problem := why_taken(path, overwrite=config.overwrite, make_folder=config.make_folder):
        raise UnwritablePictureError(problem)


def check_folder(folder: Path) -> None:
    """Makes sure that paintings can go into a folder, which is made if it is missing.

    Raises:
        UnwritablePictureError: If they cannot.
    """
    if problem := why_no_folder(folder):
        raise UnwritablePictureError(problem)


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Puts two pictures of one size and mode beside each other."""
    both = Image.new(left.mode, (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.info.update(right.info)
    return both


def in_rows(pictures: Sequence[Image.Image], columns: int, *, gap: int = 0) -> Image.Image:
    """Puts pictures of one size in rows, from left to right, with a gap of white between: RGB."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    size = (columns * (width + gap) - gap, rows * (height + gap) - gap)
    whole = Image.new("RGB", size, "white")
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        whole.paste(picture, (column * (width + gap), row * (height + gap)))
    return whole


def stacked(strips: Iterable[Image.Image], height: int) -> Image.Image:
    """Puts strips of one width and mode below each other: a picture of `height` pixels."""
    strips = iter(strips)
    first = next(strips)
    whole = Image.new(first.mode, (first.width, height))
    top = 0
    for strip in chain([first], strips):
        whole.paste(strip, (0, top))
        top += strip.height
    whole.info.update(first.info)
    return whole


def on_white(image: Image.Image) -> Image.Image:
    """Puts a picture with transparency on white."""
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _cut_out(image: Image.Image) -> Image.Image:
    """Makes wholly transparent, in one colour, the pixels that are more than half so, and the rest not at all."""
    cut = Image.new("RGBA", image.size)
    cut.paste(image.convert("RGB"), mask=image.getchannel("A").point(lambda level: 255 * (level > 127)))
    return cut
