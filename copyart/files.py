"""Files that are either whole or not there, and the words for what the operating system refuses."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_PART_PREFIX, _PART_SUFFIX = ".copyart-", ".part"
_PART_MAX_AGE = 120.0  # seconds; one that is being written is younger, so an older one was left by a killed run

_EFFECTIVE = os.access in os.supports_effective_ids  # whose rights count when files are opened


@dataclass
class _Writers:
    """Those who write to a folder now: how many, and the folders that were made for them, the innermost first."""

    count: int = 0
    made: list[Path] = field(default_factory=list)


_WRITERS: dict[Path, _Writers] = {}
_LOCK = threading.Lock()

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


def names_folder(output: str) -> bool:
    """True where what was typed for an output is a folder: one that is there, or a name that ends with a slash."""
    return output.endswith(("/", os.sep)) or os.path.isdir(output)  # noqa: PTH112  # says no where Path.is_dir raises


def place_for(output: str, name: str) -> tuple[Path, bool]:
    """The file that was typed for an output, or the file `name` in it if that is a folder, which may have to be made.

    Returns:
        Its path, and whether its folder may be made, as `why_taken` takes it.
    """
    return (Path(output) / name, True) if names_folder(output) else (Path(output), False)


def why_taken(path: Path, *, overwrite: bool, make_folder: bool = False) -> str | None:
    """Says why a file cannot go to `path`: no folder, a folder of that name, or a file that may not be replaced.

    Args:
        path: The file.
        overwrite: A file that is there may be replaced.
        make_folder: The folder that it goes to is made if it is missing, as `whole_file` does.

    Returns:
        A message that begins with the path, or None where the file can go there.
    """
    try:
        if make_folder and (problem := why_no_folder(path.parent)):
            return problem
        if not (make_folder or path.parent.is_dir()):
            return f"{path} cannot be written: there is no folder {path.parent}; make it first"
        if path.is_dir():
            return f"{path} cannot be written: it is a folder"
        if path.exists() and not overwrite:
            return f"{path} is there already; give --overwrite to replace it, or another name"
        if path.parent.is_dir() and not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
            return f"{path} cannot be written: {_REASONS[errno.EACCES]}"
    except OSError as error:
        return f"{path} cannot be written: {reason(error)}"
    return None


def why_no_folder(folder: Path) -> str | None:
    """Says why files cannot go into a folder, which is made if it is missing.

    Returns:
        A message that begins with the folder, or None where they can.
    """
    try:
        if folder.is_dir():
            if os.access(folder, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
                return None
            return f"{folder} cannot be written to: permission denied; name another folder"
        nearest = next(part for part in (folder, *folder.absolute().parents) if part.exists())
    except OSError as error:
        return f"{folder} cannot be made: {reason(error)}"
    if not nearest.is_dir():
        why = "there is a file of that name" if nearest == folder else _REASONS[errno.ENOTDIR]
    elif not os.access(nearest, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        why = _REASONS[errno.EACCES]
    else:
        return None
    return f"{folder} cannot be made: {why}"


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

    The folder that it goes to is made if it is missing, with those that it lies in; `why_taken` says where that is
    not wanted.

    Raises:
        OSError: If it cannot be written; `path` is as it was before.
    """
    part = path.with_name(f"{_PART_PREFIX}{os.urandom(8).hex()}{_PART_SUFFIX}")
    with _made_folder(path.parent):
        try:
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """A folder, made if it is missing; one that is empty when nothing is written to it any more is gone again.

    Several threads write to one folder: what one of them fails to write must not take it from the others.

    Raises:
        OSError: If it cannot be made.
    """
    try:
        with _LOCK:
            writers = _WRITERS.setdefault(folder, _Writers())
            writers.count += 1
            writers.made = writers.made or [each for each in (folder, *folder.parents) if not each.exists()]
            folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        with _LOCK:
            writers.count -= 1
            if not writers.count:
                del _WRITERS[folder]
                with suppress(OSError):
                    for each in writers.made:  # the innermost first; one that is not empty stays, with all around it
                        each.rmdir()


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
    import hashlib  # `--help` does without

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
