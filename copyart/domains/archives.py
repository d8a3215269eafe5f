"""Pictures in a zip or tar file."""

import bz2
import gzip
import lzma
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from tempfile import TemporaryFile
from typing import IO

from copyart.domains.unpacking import Unpacking
from copyart.errors import DomainError, first_line
from copyart.images import is_picture

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OverflowError, ValueError)


def is_archive(path: Path) -> bool:
    """Tells whether a file is an archive, by its name."""
    return path.name.lower().endswith(ARCHIVES)


def is_hidden(path: PurePath) -> bool:
    """Tells whether a path within a folder or archive leads through what is hidden, or what macOS leaves behind."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def unpack_archive(path: Path, into: Unpacking, wanted: Callable[[str], bool] = lambda name: True) -> None:
    """Takes the pictures out of an archive, in the order of their names.

    What macOS and Windows leave in archives, what is hidden, links, and what is no picture by its name are left
    where they are.

    Args:
        path: A zip or tar file; a tar file may be compressed with gzip, bzip2 or xz.
        into: Where they go.
        wanted: Says of a name in the archive whether it is to be taken.

    Raises:
        DomainError: If it is damaged, encrypted, too large for the disk, or names places outside itself.
    """
    is_zip = path.name.lower().endswith(".zip")
    with _explained(path), _zip(path) if is_zip else _tar(path, into.folder) as members:
        names = sorted(name for name in members if _is_picture(path, name) and wanted(name))
        size, free = sum(members[name][0] for name in names), shutil.disk_usage(into.folder).free
        if size > free:
            raise DomainError(
                f"{path} unpacks to {size / 1e9:.1f} GB, and {into.folder.parent} has {free / 1e9:.1f} GB left; "
                "free some space, or set COPYART_CACHE to a folder elsewhere"
            )
        for name in names:
            with members[name][1]() as member:
                into.add(name, member.read())


Members = dict[str, tuple[int, Callable[[], IO[bytes]]]]  # the size of each file, and what opens it


@contextmanager
def _zip(path: Path) -> Iterator[Members]:
    with zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir() and not _is_link(info)]
        yield {info.filename: (info.file_size, partial(archive.open, info)) for info in files}


@contextmanager
def _tar(path: Path, folder: Path) -> Iterator[Members]:
    with _decompressed(path, folder) as file, tarfile.open(fileobj=file, mode="r:") as archive:
        files = [info for info in archive if info.isreg()]
        file.seek(archive.offset)
        if file.read(512).strip(b"\0"):  # tarfile takes a damaged head for the end
            raise tarfile.ReadError("a head is damaged")
        if file.tell() < archive.offset + 512:
            raise tarfile.ReadError("it has no end")
        yield {info.name: (info.size, partial(_extracted, archive, info)) for info in files}


@contextmanager
def _decompressed(path: Path, folder: Path) -> Iterator[IO[bytes]]:
    """A tar file without its compression: it was read to its checksum, and going back in it costs nothing."""
    with path.open("rb") as raw, TemporaryFile(dir=folder) as plain:
        head = raw.read(6)
        raw.seek(0)
        for magic, kind in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma)):
            if head.startswith(magic):
                with kind.open(raw) as packed:
                    shutil.copyfileobj(packed, plain, 1 << 20)
                plain.seek(0)
                yield plain
                return
        yield raw


def _extracted(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    if file is None:
        raise tarfile.TarError(f"{info.name} is no file")
    return file


def _is_link(info: zipfile.ZipInfo) -> bool:
    return (info.external_attr >> 28) == 0xA  # the kind of file that Unix keeps there


def _is_picture(archive: Path, name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    if ".." in path.parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise DomainError(f"{archive} is not safe: it names {name!r}, outside itself; do not use it")
    return is_picture(name) and not is_hidden(path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except DomainError:
        raise
    except RuntimeError as error:
        if "password" in str(error):
            raise DomainError(f"{path} is encrypted; unpack it yourself, and name the folder") from error
        raise DomainError(f"{path} cannot be unpacked: {first_line(error)}") from error
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the disk, not of what is in the file
            raise
        raise DomainError(f"{path} is cut short or damaged: {first_line(error)}; fetch it again") from error
