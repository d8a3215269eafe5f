"""Facts that a look at each picture file tells: its size, its hashes, whether there is anything to see.

Looking takes about a millisecond a picture, so it is remembered, by path, size and time, in `pictures.sqlite` in the
cache folder.
"""

import hashlib
import io
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import imagehash
from PIL import Image, ImageStat

from copyart.downloads import cache_folder
from copyart.errors import DownloadError, MissingExtraError, UnreadablePictureError, problem_of
from copyart.files import reason
from copyart.images import open_photo

logger = logging.getLogger(__name__)

_LOOK_AT = 64  # pixels of the short side that are decoded, where decoding fewer is faster
_MANY = 2000  # pictures, from which on it takes seconds
_TABLE = "facts_1"  # another number whenever what is in it changes its meaning


@dataclass(frozen=True)
class Facts:
    """The facts that are known of a picture file.

    Attributes:
        sha256: Of the file.
        width: In pixels.
        height: In pixels.
        deviation: Standard deviation, of 255, of the colour channel that varies most.
        likeness: Its perceptual hash, 64 bits in hexadecimal: of alike pictures few bits differ.
        problem: Why it cannot be read; nothing else is known then.
    """

    sha256: str = ""
    width: int = 0
    height: int = 0
    deviation: float = 0.0
    likeness: str = ""
    problem: str = ""


def look_at(paths: Sequence[Path], name: str) -> dict[Path, Facts]:
    """Looks at picture files, those that are new or have changed since the last time.

    Args:
        paths: The files.
        name: What to call them in a notice, where it takes a while.
    """
    stamps = {path: _stamp(path) for path in paths}
    with _remembered() as memory:
        known = {path: facts for path in paths if (facts := _recall(memory, path, stamps[path]))}
        new = [path for path in paths if path not in known]
        if len(new) > _MANY:
            logger.info("%s: looking at %s pictures for the first time", name, f"{len(new):,}")
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            found = dict(zip(new, pool.map(_look, new), strict=True))
        finally:
            pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait until all were looked at
        _remember(memory, found, stamps)
    return {path: known.get(path) or found[path] for path in paths}


def _look(path: Path) -> Facts:
    try:
        data = path.read_bytes()
        image = open_photo(io.BytesIO(data), str(path), least=_LOOK_AT).image
    except (OSError, ValueError) as error:
        return Facts(problem=reason(error) if isinstance(error, OSError) else str(error))
    except (UnreadablePictureError, MissingExtraError, MemoryError) as error:
        return Facts(problem=problem_of(path, error) or "it does not fit the memory")
    with Image.open(io.BytesIO(data)) as whole:
        width, height = whole.size
    return Facts(
        sha256=hashlib.sha256(data).hexdigest(),
        width=width,
        height=height,
        deviation=max(ImageStat.Stat(image).stddev),
        likeness=str(imagehash.phash(image)),
    )


def _stamp(path: Path) -> tuple[int, int]:
    """Two numbers that change when the file does: its size and its time."""
    with suppress(OSError, ValueError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return -1, -1


@contextmanager
def _remembered() -> Iterator[sqlite3.Connection]:
    """The memory of facts seen before; an empty one, where they cannot be kept."""
    memory = None
    with suppress(OSError, sqlite3.Error, DownloadError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        memory = _opened(str(cache_folder() / "pictures.sqlite"))
    with closing(memory or _opened(":memory:")) as opened:
        yield opened


def _opened(file: str) -> sqlite3.Connection:
    memory = sqlite3.connect(file, timeout=30)
    columns = (
        "path TEXT PRIMARY KEY, size INT, time INT, sha256 TEXT, width INT, height INT, deviation REAL, likeness TEXT"
    )
    try:
        memory.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({columns})")
    except sqlite3.Error:
        memory.close()
        raise
    return memory


def _recall(memory: sqlite3.Connection, path: Path, stamp: tuple[int, int]) -> Facts | None:
    query = f"SELECT sha256, width, height, deviation, likeness FROM {_TABLE} WHERE path = ? AND size = ? AND time = ?"  # noqa: S608  # a constant
    with suppress(sqlite3.Error):
        row = memory.execute(query, (_key(path), *stamp)).fetchone()
        return Facts(*row) if row else None
    return None


def _remember(memory: sqlite3.Connection, found: Mapping[Path, Facts], stamps: Mapping[Path, tuple[int, int]]) -> None:
    """Keeps what was seen, but not problems: what cannot be read today may be read after an installation."""
    rows: Iterable[tuple[object, ...]] = (
        (_key(path), *stamps[path], *astuple(facts)[:-1]) for path, facts in found.items() if not facts.problem
    )
    with suppress(sqlite3.Error), memory:
        memory.executemany(f"INSERT OR REPLACE INTO {_TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608  # a constant


def _key(path: Path) -> str:
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
