"""Files that are either whole or not there, and the words for what the operating system refuses."""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PART_PREFIX, _PART_SUFFIX = ".copyart-", ".part"
_PART_MAX_AGE = 120.0  # seconds; one that is being written is younger, so an older one was left by a killed run

_REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "permission denied; check who may use it and its folder",
    errno.EPERM: "permission denied; check who may use it and its folder",
    errno.EROFS: "the disk is read-only; choose another",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "your disk quota is used up; free some space and try again",
    errno.EFBIG: "the file is larger than is allowed here",
    errno.ENAMETOOLONG: "its name is too long; give a shorter one",
}


def reason(error: OSError) -> str:
    """Says in plain words why the operating system refused."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def why_taken(path: Path, *, overwrite: bool) -> str | None:
    """Says why a file cannot go to `path`: no folder, a folder of that name, or a file that may not be replaced.

    Returns:
        A message that begins with the path, or None where the file can go there.
    """
    try:
        if not path.parent.is_dir():
            return f"{path} cannot be written: there is no folder {path.parent}; make it first"
        if path.is_dir():
            return f"{path} cannot be written: it is a folder"
        if path.exists() and not overwrite:
            return f"{path} is there already; give --overwrite to replace it, or another name"
    except OSError as error:
        return f"{path} cannot be written: {reason(error)}"
    return None


def write_whole(path: Path, data: bytes) -> None:
    """Writes `data` to `path`, replacing what was there; whatever happens, no half of it is ever seen there.

    Raises:
        OSError: If it cannot be written; `path` is as it was before.
    """
    with whole_file(path) as part:
        part.write_bytes(data)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name to write a file under, which becomes `path` when all went well; else nothing of it is left.

    Raises:
        OSError: If it cannot be written; `path` is as it was before.
    """
    part = path.with_name(f"{_PART_PREFIX}{secrets.token_hex(8)}{_PART_SUFFIX}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path) -> None:
    """Removes what a killed run left half written in `folder`, but not what another run is writing now.

    What may not be removed stays; it does no harm.
    """
    parts: list[Path] = []
    with suppress(OSError):
        parts.extend(folder.glob(f"{_PART_PREFIX}*{_PART_SUFFIX}"))
    for part in parts:
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_MAX_AGE:
                part.unlink()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
