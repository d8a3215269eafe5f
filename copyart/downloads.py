"""The common ground of all downloads: the folder that keeps them, progress bars, words for what goes wrong."""

import os
import re
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError, URLError

from filelock import FileLock

from copyart.errors import CopyartError, DownloadError
from copyart.files import reason

_TIMEOUT = 30  # seconds without a byte


def cache_folder(folder: Path | None = None) -> Path:
    """The folder where copyart keeps what it fetched.

    It is `folder`, else the environment's `COPYART_CACHE`, else `copyart` in `XDG_CACHE_HOME` or `~/.cache`.

    Raises:
        DownloadError: If that is in a home folder, and there is none.
    """
    if folder is None:
        own = os.environ.get("COPYART_CACHE")
        folder = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "copyart"
    try:
        return folder.expanduser()
    except RuntimeError as error:
        raise DownloadError(
            f"nothing can be kept in {folder}: there is no such home folder; set COPYART_CACHE to another folder"
        ) from error


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keeps other processes from fetching or unpacking the same thing at the same time: they wait for this one.

    Args:
        name: Of the thing, as the name of a file.

    Raises:
        OSError: If no lock can be made in the cache folder.
    """
    locks = cache_folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{name}.lock"):
        yield


@contextmanager
def bars(*, shown: bool) -> Iterator[None]:
    """Draws the Hub library's progress bars or not, and keeps it from saying what becomes an error anyway."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        logging,
    )

    disabled, verbosity = are_progress_bars_disabled(), logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a disk that is nearly full, or of bars that the environment forbids
        enable_progress_bars() if shown else disable_progress_bars()
        logging.set_verbosity_error()
        try:
            yield
        finally:
            disable_progress_bars() if disabled else enable_progress_bars()
            logging.set_verbosity(verbosity)


@contextmanager
def explained(
    name: str,
    revision: str | None,
    *,
    kind: str = "",
    deed: str = "fetched",
    error_type: type[CopyartError] = DownloadError,
) -> Iterator[None]:
    """Turns whatever goes wrong between here and the Hub into one line that says what, and what to do.

    Args:
        name: What is fetched; of the Hub, `owner/name`.
        revision: Of the Hub: the branch, tag or commit that was asked for.
        kind: Of the Hub: `datasets/` for a dataset.
        deed: What is done with it.
        error_type: What is raised.

    Raises:
        CopyartError: Of `error_type`, if anything goes wrong in the block.
    """
    try:
        yield
    except Exception as error:  # the HTTP library below the Hub's has exceptions of its own
        cause = error.__cause__ if isinstance(error, ValueError | RuntimeError) and error.__cause__ else error
        raise error_type(f"{name} could not be {deed}: {_words(cause, kind + name, revision)}") from error


def _words(error: BaseException, page: str, revision: str | None) -> str:
    from huggingface_hub import errors

    offline = "the network is down, or the server is; check the connection and try again"
    if isinstance(error, HTTPError):  # urllib's, from a server that is not the Hub
        return f"the server answered {error.code} {error.reason}; try again later"
    if isinstance(error, errors.GatedRepoError):
        return f"it is gated; accept its terms on https://huggingface.co/{page}, then run `hf auth login`"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"it has no revision {revision}; see https://huggingface.co/{page}/commits/main"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "the Hub knows no such repo; check the spelling, or run `hf auth login` if it is private"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return "the file is no longer there"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids going online; unset it and try again"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return _words(error.__cause__, page, revision) if error.__cause__ else offline
    if isinstance(error, errors.HfHubHTTPError):
        return _status(error.response.status_code, error.server_message)
    if isinstance(error, errors.HFValidationError):
        return "that is no id of the Hub; ids look like owner/name"
    if isinstance(error, ConnectionError) and (found := re.search(r"HTTP status .* error \((\d+) ", str(error))):
        return _status(int(found[1]), None)  # of the Hub's store, by hf_xet
    if isinstance(error, OSError) and error.errno and not isinstance(error, URLError | ConnectionError | TimeoutError):
        return reason(error)
    return offline


def _status(code: int, words: str | None) -> str:
    if code == 400 and words:
        return f"the Hub refuses it: {'; '.join(words.splitlines())}"
    if code == 401:
        return "the Hub asks who you are; run `hf auth login`"
    if code == 403:
        return "the Hub does not allow it; check the owner's name, and run `hf auth login` with a token that may"
    if code == 429:
        return "the Hub has had too many requests from here; try again in some minutes"
    return f"the Hub answered {code}; try again later"


def remove_cached(path: Path) -> None:
    """Removes a file of the Hub's cache: the link in the snapshot and what it points to."""
    with suppress(OSError):  # of a cache that may only be read
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def fetch_url(url: str, path: Path) -> Path:
    """Downloads a file from an address of ours, going on where an interrupted download stopped.

    Args:
        url: Where it is.
        path: Where it goes; what is there already is taken for it.

    Raises:
        OSError: If it cannot be fetched or written; to be used within `explained`.
    """
    from huggingface_hub.utils import tqdm

    if path.exists():
        return path
    part = path.with_suffix(".part")
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310  # the address is from our own tables
    except HTTPError as error:
        error.close()
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink()  # it was whole, or is no part of this file: the hash will tell
        return fetch_url(url, path)
    with answer:
        if answer.status != HTTPStatus.PARTIAL_CONTENT:
            start = 0  # the server sends the whole file again
        left = int(answer.headers.get("Content-Length") or 0)
        bar = tqdm(desc=path.name, initial=start, total=start + left or None, unit="B", unit_scale=True)
        with bar, part.open("ab" if start else "wb") as file:
            while block := answer.read(1 << 16):
                file.write(block)
                bar.update(len(block))
    if left and part.stat().st_size != start + left:
        raise URLError("the connection broke off")
    part.replace(path)
    return path
