"""Writes paintings too large to hold whole, in strips from top to bottom."""

import queue
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import UnwritablePictureError, first_line
from copyart.files import reason, whole_file
from copyart.images.exif import shortened, signed
from copyart.images.formats import format_of
from copyart.images.large import LargePhoto
from copyart.images.saving import check_free, on_white

if TYPE_CHECKING:
    import pyvips

_Chunks: TypeAlias = "queue.Queue[bytes]"

_STREAMABLE = ("jpeg", "png")
_COLOR_TYPES = {"RGB": 2, "RGBA": 6}  # PNG's numbers for them


def can_stream(photo: LargePhoto, path: Path, config: SaveConfig) -> bool:
    """Whether a painting of a photo can be written as it is painted, or must be whole first."""
    return _format(photo, path, config) in _STREAMABLE


def save_strips(
    strips: Iterable[Image.Image], size: tuple[int, int], photo: LargePhoto, path: Path, config: SaveConfig
) -> None:
    """Writes a painting that comes in strips, with the photo's EXIF, profile and resolution, whole or not at all.

    Args:
        strips: Parts of the painting from its top, RGB or RGBA, as wide as it is; what painted it is the
            `Software` in their `info`.
        size: Width and height of the painting in pixels.
        photo: What is painted.
        path: Where to write it; `can_stream` holds for it.
        config: As for `save_painting`.

    Raises:
        UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
        CopyartError: Whatever making the strips raises.
    """
    import pyvips

    check_free(path, config)
    form = _format(photo, path, config)
    strips = iter(strips)
    first = next(strips)
    parts = (on_white(part) if form == "jpeg" and part.mode == "RGBA" else part for part in chain([first], strips))
    try:
        with whole_file(path) as file, ThreadPoolExecutor(1) as other:
            chunks: _Chunks = queue.Queue(2)
            describe = partial(_describe, photo=photo, software=first.info.get("Software", ""), form=form)
            writing = other.submit(_write, chunks, file, form, config.quality, describe)
            try:
                for chunk in _png(parts, size):
                    _put(chunk, chunks, writing)
            finally:
                _put(b"", chunks, writing)
            writing.result()
    except pyvips.Error as error:
        raise UnwritablePictureError(f"{path} cannot be written: {first_line(error)}") from error
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def _format(photo: LargePhoto, path: Path, config: SaveConfig) -> str:
    return format_of(config.format) if config.format else format_of(path.name, default=photo.format)


def _put(chunk: bytes, chunks: _Chunks, writing: "Future[None]") -> None:
    """Hands on a chunk as soon as there is room for it, or never if nobody takes any more."""
    while not writing.done():
        try:
            return chunks.put(chunk, timeout=0.5)
        except queue.Full:
            pass
    return None


def _png(strips: Iterable[Image.Image], size: tuple[int, int]) -> Iterator[bytes]:
    """A picture as an uncompressed PNG: the simplest of what libvips reads while it is made."""
    packer = zlib.compressobj(0)
    for number, strip in enumerate(strips):
        if number == 0:
            header = struct.pack(">IIBBBBB", *size, 8, _COLOR_TYPES[strip.mode], 0, 0, 0)
            yield b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
        row = strip.width * len(strip.getbands())
        data = strip.tobytes()
        yield _chunk(b"IDAT", packer.compress(b"".join(b"\0" + data[i : i + row] for i in range(0, len(data), row))))
    yield _chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _write(chunks: _Chunks, file: Path, form: str, quality: int, describe: Callable[["pyvips.Image"], None]) -> None:
    """Turns chunks of a PNG into a file, until one is empty."""
    import pyvips

    left, ended = memoryview(b""), False

    def read(length: int) -> bytes:
        nonlocal left, ended
        if not left and not ended:
            left = memoryview(chunks.get())
            ended = not left
        piece, left = bytes(left[:length]), left[length:]
        return piece

    source = pyvips.SourceCustom()
    source.on_read(read)
    image = pyvips.Image.pngload_source(source, access="sequential").copy()
    describe(image)
    if form == "jpeg":
        image.jpegsave(str(file), Q=quality, subsample_mode="off")
    else:
        image.pngsave(str(file))


def _describe(image: "pyvips.Image", photo: LargePhoto, software: str, form: str) -> None:
    import pyvips

    exif = signed(photo.exif, software)
    exif = shortened(exif) if form == "jpeg" else exif
    for name, data in (("exif-data", exif), ("icc-profile-data", photo.icc)):
        if data:
            image.set_type(pyvips.GValue.blob_type, name, data)
    if photo.dpi:
        image.set_type(pyvips.GValue.gdouble_type, "xres", photo.dpi[0] / 25.4)
        image.set_type(pyvips.GValue.gdouble_type, "yres", photo.dpi[1] / 25.4)
