"""Kaggle: `kaggle:owner/dataset[/versions/N][/folder]` and `kaggle:competitions/NAME[/folder]`."""

import io
import logging
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from copyart.downloads import locked
from copyart.errors import DomainError, DownloadError, first_line
from copyart.extras import require
from copyart.files import reason

logger = logging.getLogger(__name__)

PREFIX = "kaggle:"

_FORM = re.compile(
    r"kaggle:(competitions/(?P<competition>[\w-]+)|(?P<dataset>[\w-]+/[\w-]+)(/versions/(?P<version>\d+))?)"
    r"(/+(?P<folder>[^/].*?))?/*"
)
_TOKEN = "make a token on https://www.kaggle.com/settings/api, and set KAGGLE_API_TOKEN to it"  # noqa: S105  # none


@dataclass(frozen=True)
class KaggleFolder:
    """The part that is wanted of a dataset or competition on Kaggle.

    Attributes:
        handle: `owner/dataset`, or the name of a competition.
        competition: Whether it is a competition.
        version: Of the dataset; None for the newest.
        folder: Where in it the pictures are, which may have `*` and `?` in it; "" for everywhere.
    """

    handle: str
    competition: bool
    version: int | None
    folder: str

    @property
    def page(self) -> str:
        """The address of its page, for people."""
        return f"https://www.kaggle.com/{'competitions' if self.competition else 'datasets'}/{self.handle}"


def parse_kaggle(source: str) -> KaggleFolder:
    """Reads what was typed.

    Raises:
        DomainError: If it has not the form.
    """
    form = _FORM.fullmatch(source)
    if not form:
        raise DomainError(
            f"{source!r} cannot be read; give kaggle:owner/dataset[/folder] or kaggle:competitions/NAME[/folder]"
        )
    version = int(form["version"]) if form["version"] else None
    return KaggleFolder(
        form["competition"] or form["dataset"], bool(form["competition"]), version, form["folder"] or ""
    )


def fetch_from_kaggle(source: str, *, progress: bool = False, known: str = "size and licence not known") -> list[Path]:
    """The folders that a source stands for, in Kaggle's own cache; fetched if they are not there.

    Args:
        source: As `parse_kaggle` reads it.
        progress: Draw progress bars on stderr.
        known: What to say of its size and licence before it is fetched.

    Raises:
        DomainError: If there is no such folder in it.
        DownloadError: If it cannot be fetched.
    """
    wanted = parse_kaggle(source)
    place = _in_cache(wanted)
    try:
        if not place:
            with locked(f"kaggle-{wanted.handle.replace('/', '-')}"):  # another process may have been faster
                place = _in_cache(wanted) or _fetch(wanted, progress=progress, known=known)
    except OSError as error:
        raise DownloadError(f"{wanted.handle} cannot be fetched: {reason(error)}") from error
    try:
        folders = sorted(path for path in place.glob(wanted.folder) if path.is_dir()) if wanted.folder else [place]
    except ValueError as error:
        raise DomainError(f"{source}: {wanted.folder!r} is no folder: {first_line(error)}") from error
    if not folders:
        there = ", ".join(sorted(path.name for path in place.iterdir()))
        raise DomainError(f"{wanted.page} has no folder {wanted.folder!r}; at its top there is {there}")
    return folders


def is_in_kaggle_cache(source: str) -> bool:
    """Tells whether it was fetched; asks no network."""
    return _in_cache(parse_kaggle(source)) is not None


def kaggle_cache() -> Path:
    """The folder that kagglehub keeps things in."""
    return Path(os.environ.get("KAGGLEHUB_CACHE") or os.path.expanduser("~/.cache/kagglehub"))  # noqa: PTH111  # where there is no home, Path raises


def _in_cache(wanted: KaggleFolder) -> Path | None:
    """The folder where it is, if all of it is there; without a version, the newest that is."""
    if wanted.competition:
        place = kaggle_cache() / "competitions" / wanted.handle
        return place if place.is_dir() and place.with_name(f"{place.name}.complete").is_file() else None
    marks = [mark for mark in (kaggle_cache() / "datasets" / wanted.handle).glob("*.complete") if mark.stem.isdecimal()]
    for mark in sorted(marks, key=lambda mark: int(mark.stem), reverse=True):
        place = mark.parent / "versions" / mark.stem
        if wanted.version in (None, int(mark.stem)) and place.is_dir():
            return place
    return None


def _fetch(wanted: KaggleFolder, *, progress: bool, known: str) -> Path:
    require("kaggle", f"{wanted.handle}, from Kaggle,")
    import kagglehub

    logger.info("%s: fetching, %s, from %s into %s", wanted.handle, known, wanted.page, kaggle_cache())
    chatter = logging.getLogger("kagglehub")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        with _explained(wanted), _quiet(progress=progress):
            if wanted.competition:
                return Path(kagglehub.competition_download(wanted.handle))
            version = f"/versions/{wanted.version}" if wanted.version else ""
            return Path(kagglehub.dataset_download(f"{wanted.handle}{version}"))
    except DownloadError as error:
        cause = error.__cause__
        if isinstance(cause, zipfile.BadZipFile | tarfile.TarError | zlib.error) or "archive type" in str(cause):
            _discard_archive(wanted)
        raise
    finally:
        chatter.setLevel(level)


def _discard_archive(wanted: KaggleFolder) -> None:
    """Removes what arrived and cannot be unpacked: kagglehub would take it for whole the next time."""
    folder, name = kaggle_cache() / "datasets" / wanted.handle, "*"
    if wanted.competition:
        folder, name = kaggle_cache() / "competitions", wanted.handle
    for archive in folder.glob(f"{name}.archive"):
        archive.unlink(missing_ok=True)


@contextmanager
def _quiet(*, progress: bool) -> Iterator[None]:
    """Keeps kagglehub from printing what is no result of ours; its bars may be shown."""
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), nullcontext() if progress else redirect_stderr(nowhere):
        yield


@contextmanager
def _explained(wanted: KaggleFolder) -> Iterator[None]:
    """Turns whatever goes wrong in a download into one line that says what, and what to do."""
    try:
        yield
    except Exception as error:  # kagglehub raises what the libraries below it raise
        raise DownloadError(f"{wanted.handle} could not be fetched: {_words(error, wanted)}") from error


def _words(error: Exception, wanted: KaggleFolder) -> str:
    import requests
    from kagglehub.exceptions import DataCorruptionError, UnauthenticatedError

    if isinstance(error, UnauthenticatedError):
        return f"Kaggle asks who you are; {_TOKEN}"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _status(error.response.status_code, wanted)
    if isinstance(error, DataCorruptionError):
        return "what arrived is damaged; it was removed. Try again"
    if isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError):
        return "the network is down, or Kaggle is; check the connection and try again"
    if isinstance(error, OSError) and error.errno:
        return reason(error)
    return first_line(error)


def _status(code: int, wanted: KaggleFolder) -> str:
    if code == 401:
        return f"Kaggle asks who you are; {_TOKEN}"
    if code == 403 and wanted.competition:
        return f"accept the rules of the competition on {wanted.page}/rules, then try again"
    if code == 403:
        return f"you may not have it; see {wanted.page}, where it may ask for your consent"
    if code == 404:
        return f"Kaggle knows no {wanted.page}; check the spelling"
    if code == 429:
        return "Kaggle has had too many requests from here; try again in some minutes"
    return f"Kaggle answered {code}; try again later"
