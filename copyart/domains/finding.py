"""Finds the picture files that were typed: a name, folder, archive, TFRecords, list, the Hub or Kaggle."""

import difflib
import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from copyart.config import DOMAIN_FORMS
from copyart.domains import hub, kaggle
from copyart.domains.archives import ARCHIVES, is_archive, is_hidden, unpack_archive
from copyart.domains.listing import Listing
from copyart.domains.parquet import PARQUET, unpack_parquet
from copyart.domains.table import NamedDomain, named_domains, own_table
from copyart.domains.tfrecords import TFRECORDS, is_tfrecord, unpack_tfrecord
from copyart.domains.unpacking import Unpacking, folder_of, unpack, unpacked
from copyart.errors import DomainError, DownloadError, MissingExtraError
from copyart.files import reason
from copyart.images import is_picture, list_pictures

logger = logging.getLogger(__name__)

STDIN = "-"
_SHOWN = 100  # characters of a line that is no path


def find_domain(source: str, *, progress: bool = False) -> Listing:
    """Finds the pictures of a domain; fetches and unpacks them if they are not here.

    What exists here as a file or folder counts before a name.

    Args:
        source: A folder (searched through), a zip or tar file, TFRecord files or a folder of them, a text file of
            paths, `-` for paths on stdin, `hf:owner/dataset[@revision][:split][:column][?column=value]`,
            `kaggle:owner/dataset[/folder]`, `kaggle:competitions/NAME[/folder]`, or a name from the tables.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        DomainError: If it is unknown, damaged, or holds no pictures.
        DownloadError: If it cannot be fetched.
    """
    if source == STDIN:
        return _find_on_stdin()
    if not source:
        raise DomainError(f"the domain has no name; give {DOMAIN_FORMS}")
    path = expand(source)
    if _is_here(path):
        with suppress(DomainError):  # of the user's table, which is not needed here
            if source in named_domains():
                logger.info("%s: there is a file or folder of that name here, which counts before the domain", source)
        return _find_here(source, path)
    if is_remote(source):
        return _fetched(source, "", progress=progress)
    if found := find_named(source):
        return _find_named(source, *found, progress=progress)
    raise DomainError(_unknown(source))


def check_domain(source: str) -> None:
    """Refuses a domain that holds nothing, as far as that is seen without fetching or unpacking.

    Raises:
        DomainError: If it is unknown, or what is here holds no pictures.
    """
    places_of(source)
    path = expand(source)
    if source == STDIN or not _is_here(path):
        return
    try:
        if path.is_dir():
            _look_into(source, path)
        elif path.is_file() and not _is_packed(path):  # a pipe can be read only once
            _read_list(source, path)
    except OSError as error:
        raise DomainError(f"{source} cannot be read: {reason(error)}") from error


def find_named(source: str) -> tuple[NamedDomain, str] | None:
    """The row of the tables that a name stands for, and the word after it, as in `wikiart:claude-monet`.

    Raises:
        DomainError: If a word is missing or too many, or the user's table cannot be read.
    """
    name, _, word = source.partition(":")
    row = named_domains().get(name)
    if row and row.takes_word and not word:
        raise DomainError(f"{source}: say which, as in {name}:NAME")
    if row and word and not row.takes_word:
        raise DomainError(f"{source}: nothing can follow the name {name}")
    return (row, word) if row else None


def absolute(source: str) -> str:
    """A domain as it can be found from any folder: paths absolute, all else as it is."""
    path = expand(source)
    return str(path.resolve()) if source and source != STDIN and _is_here(path) else source


def short_name(source: str) -> str:
    """The name for a run that learns from a domain, or "" if it has no name."""
    if source == STDIN:
        return ""
    path = expand(source)
    if _is_here(path):
        return path.resolve().name.partition(".")[0]
    if source.startswith(hub.PREFIX):
        return hub.parse_hub(source).repo.rpartition("/")[2]
    return source.rstrip("/").rpartition("/")[2].rpartition(":")[2]


def expand(source: str) -> Path:
    """A path as the shell would read it."""
    return Path(os.path.expanduser(source))  # noqa: PTH111  # leaves ~nobody as it is, where Path raises


def places_of(source: str) -> tuple[str, ...]:
    """The paths and addresses that a domain is to be had from, the first that will do.

    Raises:
        DomainError: If it is unknown.
    """
    if source == STDIN or is_remote(source) or _is_here(expand(source)):
        return (source,)
    if found := find_named(source):
        return found[0].sources_for(found[1])
    raise DomainError(_unknown(source))


def is_remote(place: str) -> bool:
    """Tells whether a place is an address on the Hub or on Kaggle."""
    return place.startswith((hub.PREFIX, kaggle.PREFIX))


def is_here(place: str) -> bool:
    """Tells whether the pictures of one of `places_of` a domain are on this computer; asks no network."""
    if place.startswith(kaggle.PREFIX):
        return kaggle.is_in_kaggle_cache(place)
    if place.startswith(hub.PREFIX):
        hub.parse_hub(place)  # so that one that cannot be read is told
        return unpacked(place) is not None
    return place == STDIN or _is_here(expand(place))


def kept_in(place: str) -> str:
    """The folder where the pictures of one of `places_of` a domain are or would be kept."""
    if place.startswith(kaggle.PREFIX):
        return str(kaggle.kaggle_cache())
    return f"{hub.hub_cache()}, unpacked in {folder_of(place)}" if place.startswith(hub.PREFIX) else place


def _is_here(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110  # says no where Path raises: to a name too long, or in a closed folder


def _find_on_stdin() -> Listing:
    try:
        return _listed(STDIN, sys.stdin, Path())
    except UnicodeDecodeError as error:
        raise DomainError("stdin names no pictures; give a path on each line") from error


def _find_here(source: str, path: Path) -> Listing:
    try:
        if path.is_dir():
            return _find_in_folder(source, path)
        if _is_packed(path):
            return _unpacked(source, path, [path])
        return _listed(source, _read_list(source, path), path.parent)
    except OSError as error:
        raise DomainError(f"{source} cannot be read: {reason(error)}") from error


def _is_packed(path: Path) -> bool:
    return is_archive(path) or is_tfrecord(path) or path.name.lower().endswith(PARQUET)


def _read_list(source: str, path: Path) -> list[str]:
    """The lines of a text file of paths, one of which is a file at least."""
    if is_picture(path.name):
        raise DomainError(f"{source} is one picture; name the folder that it is in")
    with path.open("rb") as file:
        if b"\0" in file.read(4096):
            raise DomainError(f"{source} is nothing that holds pictures; give {DOMAIN_FORMS}")
    lines = path.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n")
    _paths_of(source, lines, path.parent)
    return lines


def _find_in_folder(source: str, folder: Path) -> Listing:
    """The pictures in a folder; where there are none, those in its TFRecords, archives or parquet files."""
    pictures, packed = _look_into(source, folder)
    if pictures:
        return Listing(source, pictures, origin=f"the folder {folder.resolve().name}")
    return _unpacked(source, folder, packed)


def _look_into(source: str, folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures in a folder, or else the packed files of one kind."""
    if pictures := list_pictures(folder, recursive=True):
        return pictures, []
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not is_hidden(path.relative_to(folder)))
    for ending in (TFRECORDS, (*(f"{end}.gz" for end in TFRECORDS),), ARCHIVES, (PARQUET,)):
        if packed := [path for path in files if path.name.lower().endswith(ending)]:
            return [], packed
    raise DomainError(f"{source} holds no pictures; a domain needs two at least, and hundreds to be learned well")


def _unpacked(source: str, path: Path, files: list[Path]) -> Listing:
    """The pictures in packed files of one kind, which lie at `path`."""

    def fill(into: Unpacking) -> None:
        logger.info("%s: unpacking", source)
        if files[0].name.lower().endswith(PARQUET):
            unpack_parquet(files, into)
            return
        for file in files:
            if is_archive(file):
                unpack_archive(file, into)
            else:
                unpack_tfrecord(file, into)

    for file in files:
        file.open("rb").close()  # what may not be read is no fault of the cache
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    found = unpack(str(path.resolve()), fill, revision=str(stamps))
    return Listing(source, found.pictures, found.repeats, f"the files of {path.resolve().name}")


def _listed(source: str, lines: Iterable[str], folder: Path) -> Listing:
    """The pictures of a list of paths, relative to `folder`; lines that are empty or begin with # count as none."""
    words = [line.strip() for line in lines]
    _name_comments(source, words, folder)
    paths = _paths_of(source, words, folder)
    each = list(dict.fromkeys(paths))
    name = "stdin" if source == STDIN else source
    return Listing(name, each, len(paths) - len(each), origin=f"a list of files, {Path(name).name}")


def _paths_of(source: str, lines: Iterable[str], folder: Path) -> list[Path]:
    words = (line.strip() for line in lines)
    paths = [folder / expand(word) for word in words if word and not word.startswith("#")]
    if not paths:
        raise DomainError(f"{source} names no pictures; give a path on each line")
    if not any(os.path.isfile(path) for path in paths):  # noqa: PTH113  # as exists below
        raise DomainError(
            f"{source}: {str(paths[0])[:_SHOWN]!r} is no file, nor is any other of its {len(paths)} lines"
        )
    return paths


def _name_comments(source: str, words: Iterable[str], folder: Path) -> None:
    """Tells of lines that count as comments though there is a file of that name."""
    taken = [word for word in words if word.startswith("#") and os.path.isfile(folder / word)]  # noqa: PTH113  # as exists
    if taken:
        others = f", and {len(taken) - 1} more" if taken[1:] else ""
        logger.info(
            "%s: a line that begins with # is a comment, so %s is left out%s; write ./%s to have it",
            "stdin" if source == STDIN else source,
            taken[0],
            others,
            taken[0],
        )


def _find_named(source: str, row: NamedDomain, word: str, *, progress: bool) -> Listing:
    """The pictures of a named domain: from the first of its sources that can be had."""
    problems: list[DownloadError | MissingExtraError] = []
    places = sorted(row.sources_for(word), key=is_here, reverse=True)
    for place in places:
        try:
            found = _find_at(place, row, progress=progress)
        except (DownloadError, MissingExtraError) as error:
            problems.append(error)
            if len(problems) < len(places):
                logger.info("%s; trying %s", error, places[len(problems)])
            continue
        return replace(found, name=source, origin=f"{row.title}; {found.origin}")
    if len(problems) == 1:
        raise problems[0]
    raise DownloadError(f"{source} is not to be had: {'; '.join(map(str, problems))}")


def _find_at(place: str, row: NamedDomain, *, progress: bool) -> Listing:
    """The pictures at one of the sources of a named domain."""
    if is_remote(place):
        size = f"{row.megabytes:,} MB" if row.megabytes else "size not known"
        return _fetched(place, row.license, progress=progress, known=f"{size}, licence: {row.license}")
    if not is_here(place):
        raise DownloadError(f"{place}: there is no such file or folder")
    return _find_here(place, expand(place))


def _fetched(source: str, license_known: str, *, progress: bool, known: str = "size and licence not known") -> Listing:
    """The pictures of a dataset of the Hub or of Kaggle."""
    if source.startswith(hub.PREFIX):
        found = hub.find_on_hub(source, progress=progress, license_known=license_known)
        origin = f"{hub.parse_hub(source).page} at {found.revision}, licence: {found.license}"
        return Listing(source, found.pictures, found.repeats, origin)
    folders = kaggle.fetch_from_kaggle(source, progress=progress, known=known)
    parts = [_find_in_folder(source, folder) for folder in folders]
    paths = [path for part in parts for path in part.paths]
    origin = f"{kaggle.parse_kaggle(source).page}, licence: {license_known or 'not stated'}"
    return Listing(source, paths, sum(part.repeats for part in parts), origin)


def _unknown(source: str) -> str:
    near = difflib.get_close_matches(source.partition(":")[0], named_domains(), n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    if any(mark in source for mark in "/\\.~"):
        return f"{source}: there is no such file or folder; check the spelling"
    return f"domain {source!r} is unknown; {hint}Give {DOMAIN_FORMS}. Names of your own go into {own_table()}"
