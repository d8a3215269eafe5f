"""Writes paintings too large to hold whole, in strips from top to bottom."""

import queue
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeAlias

from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import UnwritablePictureError
from copyart.files import reason, whole_file
from copyart.images.formats import format_of
from copyart.images.large import LargePhoto, vips_reason
from copyart.images.metadata import Metadata
from copyart.images.saving import check_free, on_white

_Chunks: TypeAlias = "queue.Queue[bytes]"

_MOST_OF_PROFILE = 65_519  # bytes of a colour profile in one segment of a JPEG
_LONGEST_HEAD = 64  # bytes: a JPEG's marker and JFIF segment, or a PNG's marker, header and resolution

_COLOR_TYPES = {"RGB": 2, "RGBA": 6}  # PNG's numbers for them


def can_stream(photo: LargePhoto, path: Path, config: SaveConfig) -> bool:
    """Tells whether a painting of a photo can be written as it is painted, or must be whole first."""
    return _format(photo, path, config) in _HEADS


def save_strips(
    strips: Iterable[Image.Image], size: tuple[int, int], photo: LargePhoto, path: Path, config: SaveConfig
) -> None:
    """Writes a painting that comes in strips, with the photo's metadata, whole or not at all.

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
    make_head = partial(_HEADS[form], photo.metadata.signed(first.info.get("Software", "")))
    try:
        with whole_file(path) as part, part.open("xb") as file, ThreadPoolExecutor(1) as other:
            chunks: _Chunks = queue.Queue(2)
            writing = other.submit(_write, chunks, _Beginning(file, make_head), form, config.quality)
            try:
                for chunk in _png(parts, size):
                    _put(chunk, chunks, writing)
                    if writing.done():
                        break
            finally:
                _put(b"", chunks, writing)
            writing.result()
    except pyvips.Error as error:
        raise UnwritablePictureError(f"{path} cannot be written: {vips_reason(error)}") from error
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def _format(photo: LargePhoto, path: Path, config: SaveConfig) -> str:
    return format_of(config.format) if config.format else format_of(path.name, default=photo.format)


def _put(chunk: bytes, chunks: _Chunks, writing: "Future[None]") -> None:
    """Hands on a chunk as soon as there is room for it, or never if nobody takes any more."""
    while not writing.done():
        with suppress(queue.Full):
            chunks.put(chunk, timeout=0.5)
            return


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


def _write(chunks: _Chunks, file: "_Beginning", form: str, quality: int) -> None:
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

    source, target = pyvips.SourceCustom(), pyvips.TargetCustom()
    source.on_read(read)
    target.on_write(file.write)
    image = pyvips.Image.pngload_source(source, access="sequential")
    try:
        if form == "jpeg":
            image.jpegsave_target(target, Q=quality, subsample_mode="off", keep="none")
        else:
            image.pngsave_target(target, keep="none")
        file.end()
    except pyvips.Error as error:
        raise (file.error or error) from error


class _Beginning:
    """A file whose first bytes get another head: libvips would write EXIF anew, and lose some of it.

    Attributes:
        error: Why it could not be written, which libvips does not tell.
    """

    def __init__(self, file: BinaryIO, make_head: Callable[[bytes], bytes]) -> None:
        self._file, self._make_head = file, make_head
        self._first: bytes | None = b""
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Takes some bytes; gives their number, or -1 if they cannot be written."""
        try:
            if self._first is None:
                self._file.write(data)
            else:
                self._first += bytes(data)
                if len(self._first) >= _LONGEST_HEAD:
                    self.end()
        except OSError as error:
            self.error = error
            return -1
        return len(data)

    def end(self) -> None:
        """Writes what is still to be written.

        Raises:
            OSError: If it cannot be.
        """
        if self._first is not None:
            self._file.write(self._make_head(self._first))
            self._first = None
        self._file.flush()


def _jpeg_head(metadata: Metadata, first: bytes) -> bytes:
    """The first bytes of a JPEG with this metadata instead of its own."""
    metadata = metadata.shortened()
    icc, dpi = metadata.icc, metadata.dpi
    start, rest = first[:2], first[2:]
    if rest[:2] == b"\xff\xe0":
        rest = rest[2 + int.from_bytes(rest[2:4], "big") :]
    x, y = (round(value) for value in dpi) if dpi else (1, 1)
    start += _segment(0xE0, struct.pack(">5sHBHHBB", b"JFIF\0", 0x0101, 1 if dpi else 0, x, y, 0, 0))
    if metadata.exif:
        start += _segment(0xE1, metadata.exif)
    if metadata.xmp:
        start += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + metadata.xmp)
    parts = [icc[i : i + _MOST_OF_PROFILE] for i in range(0, len(icc), _MOST_OF_PROFILE)] if icc else []
    for number, part in enumerate(parts, start=1):
        start += _segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
    return start + rest


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _png_head(metadata: Metadata, first: bytes) -> bytes:
    """The first bytes of a PNG with this metadata instead of its own."""
    header, rest = first[:33], first[33:]
    if rest[4:8] == b"pHYs":
        rest = rest[21:]
    if metadata.icc:
        header += _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc))
    if metadata.dpi:
        header += _chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in metadata.dpi), 1))
    if metadata.exif:
        header += _chunk(b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
    if metadata.xmp:
        header += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)
    return header + rest


_HEADS = {"jpeg": _jpeg_head, "png": _png_head}
