"""Pictures that come packed become files, once, in the cache folder: all of them or none.

::

    domains/monet2photo-imagea-0a1b2c3d4e5f/
    ├── domain.json          where they came from, and which they are
    └── 000000-name.jpg ...
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from copyart.downloads import cache_folder, locked
from copyart.errors import DomainError
from copyart.files import reason
from copyart.images import is_picture

_RECORD = "domain.json"
_FORMAT = 1


@dataclass(frozen=True)
class Unpacked:
    """Pictures that are files now.

    Attributes:
        folder: Where the record is, and what was packed.
        pictures: The files, in the order in which they came.
        repeats: Exact repeats that were left out.
        revision: What they were unpacked from: a commit, or a file's size and time.
        license: As far as it is known.
    """

    folder: Path
    pictures: list[Path]
    repeats: int
    revision: str = ""
    license: str = ""


@dataclass
class Unpacking:
    """Takes the pictures of a domain, one after the other.

    Attributes:
        folder: Where they are written.
        revision: What they come from, for whoever finds out.
        license: Of the pictures, for whoever finds out.
    """

    folder: Path
    revision: str = ""
    license: str = ""
    pictures: list[str] = field(default_factory=list)
    repeats: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def add(self, name: str, data: bytes) -> None:
        """Writes a picture file, unless the same was added before.

        Args:
            name: What it was called where it came from; its stem and suffix stay recognisable.
            data: Its bytes.
        """
        digest = hashlib.sha256(data).digest()
        if digest in self._seen:
            self.repeats += 1
            return
        self._seen.add(digest)
        stem, suffix = re.split(r"[/\\]", name)[-1], _suffix_of(data)
        if is_picture(stem):
            stem, _, ending = stem.rpartition(".")
            suffix = f".{ending.lower()}"
        stem = re.sub(r"\W+", "-", stem).strip("-")[:80]
        file = "-".join(filter(None, (f"{len(self.pictures):06d}", stem))) + suffix
        (self.folder / file).write_bytes(data)
        self.pictures.append(file)

    def take(self, path: Path) -> None:
        """Takes a picture that is a file already, and leaves it where it is."""
        self.pictures.append(str(path.absolute()))


def unpack(source: str, fill: Callable[[Unpacking], None], *, revision: str = "") -> Unpacked:
    """Unpacks a domain, or finds it as it was unpacked before.

    Args:
        source: What the domain is; the same words lead to the same place.
        fill: Called if it is not there yet; adds the pictures.
        revision: What unpacks it anew when it is another than before.

    Raises:
        DomainError: If it cannot be kept, or there is no picture in it.
    """
    folder = folder_of(source)
    if found := _found(source, revision):
        return found
    try:
        with locked(folder.name):  # another process may have been faster
            return _found(source, revision) or _unpack(source, fill, folder, revision)
    except OSError as error:
        raise DomainError(f"{source} cannot be kept in {folder.parent}: {reason(error)}") from error


def unpacked(source: str) -> Unpacked | None:
    """A domain as it was unpacked before; None if it was not, or if files of it are missing."""
    folder = folder_of(source)
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        if record["format"] != _FORMAT or record["source"] != source:
            return None
        pictures = [folder / name for name in record["pictures"]]
        found = Unpacked(folder, pictures, record["repeats"], record["revision"], record["license"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if all(picture.is_file() for picture in pictures) else None


def _found(source: str, revision: str) -> Unpacked | None:
    found = unpacked(source)
    return found if found and (not revision or found.revision == revision) else None


def folder_of(source: str) -> Path:
    """The folder where the pictures of a domain are kept, whether they are there or not."""
    slug = re.sub(r"@[0-9a-f]{40}|[^a-z0-9]+", "-", source.lower()).strip("-")[-40:].strip("-")
    return cache_folder() / "domains" / f"{slug}-{hashlib.sha256(source.encode()).hexdigest()[:12]}"


def _unpack(source: str, fill: Callable[[Unpacking], None], folder: Path, revision: str) -> Unpacked:
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    part.mkdir(parents=True)
    unpacking = Unpacking(part, revision)
    try:
        fill(unpacking)
        if not unpacking.pictures:
            raise DomainError(f"{source} holds no pictures")
        record = {"format": _FORMAT, "source": source}
        record |= {key: getattr(unpacking, key) for key in ("revision", "license", "repeats", "pictures")}
        (part / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    pictures = [folder / name for name in unpacking.pictures]
    return Unpacked(folder, pictures, unpacking.repeats, unpacking.revision, unpacking.license)


def _suffix_of(data: bytes) -> str:
    """The usual suffix of a picture file whose name is not known."""
    for magic, suffix in ((b"\xff\xd8", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", ".webp")):
        if data.startswith(magic):
            return suffix
    return ""
