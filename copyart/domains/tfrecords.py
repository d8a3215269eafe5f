"""Pictures in TFRecord files, read without TensorFlow.

A file is a row of records: length (8 bytes, little-endian), masked CRC-32C of the length, data, masked CRC-32C of
the data; see tensorflow/core/lib/io/record_writer.h. The data of each is a `tf.train.Example`, a protocol buffer.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import google_crc32c

from copyart.domains.unpacking import Unpacking
from copyart.errors import DomainError, first_line

TFRECORDS = (".tfrec", ".tfrecord", ".tfrecords")

_PICTURE_KEYS = ("image", "image/encoded")
_NAME_KEYS = ("image_name", "image/filename")
_MOST = 1 << 30  # bytes of a record


def is_tfrecord(path: Path) -> bool:
    """Tells whether a file is made of TFRecords, by its name."""
    return path.name.lower().removesuffix(".gz").endswith(TFRECORDS)


def unpack_tfrecord(path: Path, into: Unpacking) -> None:
    """Takes the pictures out of a TFRecord file: of each record the JPEG or PNG under `image`, called `image_name`.

    Raises:
        DomainError: If a record is damaged, or holds no picture.
    """
    for number, data in enumerate(read_records(path), 1):
        try:
            example = parse_example(data)
        except (ValueError, IndexError, struct.error) as error:
            raise DomainError(f"{path}: record {number} is no tf.train.Example") from error
        picture = next((example[key] for key in _PICTURE_KEYS if example.get(key)), None)
        if picture is None:
            keys = ", ".join(example) or "nothing"
            raise DomainError(f"{path}: record {number} has no picture under 'image'; there is {keys}")
        name = next((example[key] for key in _NAME_KEYS if example.get(key)), b"").decode("utf-8", "replace")
        into.add(name, picture)


def read_records(path: Path) -> Iterator[bytes]:
    """Reads the records of a TFRecord file, which may be compressed with gzip.

    Raises:
        DomainError: If one is damaged or the file ends in the middle of one; it is named by its number, from 1.
        OSError: If the file cannot be read.
    """
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        file = gzip.GzipFile(fileobj=raw) if packed else raw
        number = 0
        try:
            while head := file.read(12):
                number += 1
                length = _checked(path, number, head[:8], head[8:])
                size = struct.unpack("<Q", length)[0]
                if size > _MOST:
                    raise DomainError(f"{path}: record {number} says that it has {size} bytes, more than can be")
                yield _checked(path, number, file.read(size), file.read(4), size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DomainError(f"{path} is damaged after record {number}: {first_line(error)}") from error


def parse_example(data: bytes) -> dict[str, bytes]:
    """The features of a `tf.train.Example` that are bytes, the first of each.

    Raises:
        ValueError: If it is none.
    """
    example: dict[str, bytes] = {}
    for features in _fields(data, 1):
        for entry in _fields(features, 1):
            key = next(_fields(entry, 1), b"").decode("utf-8", "replace")
            example.setdefault(key, b"")
            for feature in _fields(entry, 2):
                for value in _fields(feature, 1):  # of `bytes_list`; numbers are in fields 2 and 3
                    example[key] = next(_fields(value, 1), b"")
    return example


def _checked(path: Path, number: int, data: bytes, crc: bytes, size: int = 8) -> bytes:
    if len(data) < size or len(crc) < 4:
        raise DomainError(f"{path} is cut short: it ends in the middle of record {number}; fetch it again")
    plain: int = google_crc32c.value(data)
    masked = ((plain >> 15 | plain << 17) + 0xA282EAD8) & 0xFFFFFFFF
    if masked != struct.unpack("<I", crc)[0]:
        raise DomainError(f"{path} is damaged: record {number} does not have its checksum; fetch the file again")
    return data


def _fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """The contents of one field of a protocol buffer, each time that it occurs with a length."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == 0:
            end = _varint(message, place)[1]
        elif kind == 2:
            length, place = _varint(message, place)
            end = place + length
        elif kind in (1, 5):
            end = place + (8 if kind == 1 else 4)
        else:
            raise ValueError("no protocol buffer")
        if end > len(message):
            raise ValueError("no protocol buffer")
        if tag >> 3 == wanted and kind == 2:
            yield message[place:end]
        place = end


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("no protocol buffer")
