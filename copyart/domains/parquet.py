"""Pictures in a column of parquet files, as datasets on the Hugging Face Hub keep them."""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from copyart.domains.unpacking import Unpacking
from copyart.errors import DomainError, first_line

PARQUET = ".parquet"

_ROWS = 16  # at a time: a row may hold a picture of many megabytes
_NAMES = 12  # values of a column that a message shows


def unpack_parquet(
    paths: Sequence[Path], into: Unpacking, *, column: str = "", rows: Mapping[str, str] | None = None
) -> None:
    """Takes the pictures out of parquet files.

    Args:
        paths: The files, of the same columns.
        into: Where they go; of pictures that are the same, the first.
        column: Which column holds them: as bytes, as bytes and path, or as lists of numbers; "" for the only one
            that does.
        rows: Take only rows with these values, by column; of a column of classes, the name or number of one.

    Raises:
        DomainError: If a file is damaged, or has no such column, pictures or rows.
    """
    taken = len(into.pictures)
    for path in paths:
        with _explained(path), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            chosen = _chosen(path, schema, column)
            wanted = {key: _value(path, schema, key, word) for key, word in (rows or {}).items()}
            for number, row in enumerate(_rows(file, [chosen, *wanted])):
                if all(str(row[key]) == value for key, value in wanted.items()):
                    _add(path, number, row[chosen], into)
    if len(into.pictures) == taken:
        asked = ", ".join(f"{key} {word!r}" for key, word in (rows or {}).items())
        raise DomainError(f"no row has {asked}" if asked else f"{paths[0]} holds no pictures")


def has_rows(file: IO[bytes], path: PurePath, rows: Mapping[str, str]) -> bool:
    """Tells whether a parquet file has rows with these values; only the columns that decide are read.

    Args:
        file: The open file.
        path: What to call it in messages.
        rows: As `unpack_parquet` takes them.

    Raises:
        DomainError: If it has no such column, or a column no such class.
    """
    parquet = pq.ParquetFile(file, pre_buffer=True)
    wanted = {key: _value(path, parquet.schema_arrow, key, word) for key, word in rows.items()}
    return any(
        all(str(row[key]) == value for key, value in wanted.items())
        for row in parquet.read(columns=list(wanted)).to_pylist()
    )


def _rows(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(_ROWS, columns=list(dict.fromkeys(columns))):
        yield from batch.to_pylist()


def _add(path: Path, number: int, cell: object, into: Unpacking) -> None:
    """Adds the picture in a cell; a cell that is empty has none."""
    name = ""
    if isinstance(cell, dict):
        name, data = cell.get("path") or "", cell.get("bytes")
        if data is None and name:
            raise DomainError(f"{path}: row {number} names {name}, which is not in the file")
        cell = data
    if cell is None:
        return
    into.add(name, cell if isinstance(cell, bytes) else _encoded(path, number, cell))


def _encoded(path: Path, number: int, cell: object) -> bytes:
    """A picture of lists of numbers, rows by columns by colours, as a PNG."""
    try:
        file = io.BytesIO()
        Image.fromarray(np.asarray(cell, dtype=np.uint8)).save(file, "PNG")
    except (ValueError, TypeError, OverflowError) as error:
        raise DomainError(f"{path}: row {number} holds no picture: {first_line(error)}") from error
    return file.getvalue()


def _chosen(path: Path, schema: pa.Schema, column: str) -> str:
    """The column that holds the pictures."""
    able = [field.name for field in schema if _may_hold(field.type)]
    if column in able or (not column and len(able) == 1):
        return column or able[0]
    if not able:
        raise DomainError(f"{path} has no column of pictures; it has {', '.join(schema.names)}")
    asked = f"no column {column!r} of pictures" if column else "several columns of pictures"
    raise DomainError(f"{path} has {asked}; choose {' or '.join(able)}, after the split, as in :train:{able[0]}")


def _may_hold(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return bool(pa.types.is_list(kind.value_type))
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _value(path: PurePath, schema: pa.Schema, column: str, word: str) -> str:
    """The value that a column must have in the rows that are wanted; for the name of a class its number."""
    if column not in schema.names:
        raise DomainError(f"{path} has no column {column!r}; there are {', '.join(schema.names)}")
    classes = _classes(schema, column)
    if not classes or word in map(str, range(len(classes))):
        return word
    if word in classes:
        return str(classes.index(word))
    places = {_plain(name): place for place, name in enumerate(classes)}
    if _plain(word) in places:
        return str(places[_plain(word)])
    parts = [name for name in classes if _plain(word) in _plain(name)]
    if len(parts) == 1:
        return str(places[_plain(parts[0])])
    some = ", ".join((parts or classes)[:_NAMES]) + (" ..." if len(parts or classes) > _NAMES else "")
    raise DomainError(f"{column} {word!r} is none of the {len(classes)} that there are, such as {some}")


def _classes(schema: pa.Schema, column: str) -> list[str]:
    """The names of a column's classes, as the Hub's datasets note them; none where its values speak for themselves."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
        return [str(name) for name in (names.values() if isinstance(names, dict) else names)]
    except (KeyError, ValueError, TypeError):
        return []


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the disk, not of what is in the file
            raise
        raise DomainError(f"{path} is cut short or damaged: {first_line(error)}; fetch it again") from error
