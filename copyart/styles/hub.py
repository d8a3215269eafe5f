"""Fetches styles and published weights: from the cache at once, else from the network, verified.

Everything lies under one folder, `cache_folder()`:

    hub/         styles from the Hugging Face Hub, in the Hub's own cache layout
    styles/      styles made of published weights
    downloads/   published weights on their way, which an interrupted download goes on with
"""

import logging
import os
import shutil
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

from copyart.errors import BrokenStyleError, DownloadError, StyleError
from copyart.files import reason, sha256_of
from copyart.styles.published import Published
from copyart.styles.record import CARD_FILE, CONFIG_FILE, HASHED_FILES, Style, read_style

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

logger = logging.getLogger(__name__)

_TIMEOUT = 30  # seconds without a byte


def cache_folder(folder: Path | None = None) -> Path:
    """Where downloaded styles are kept: `folder`, else `COPYART_CACHE`, else `copyart` in the user's cache folder.

    Raises:
        StyleError: If that is in a home folder, and there is none.
    """
    if folder is None:
        own = os.environ.get("COPYART_CACHE")
        folder = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "copyart"
    try:
        return folder.expanduser()
    except RuntimeError as error:
        raise StyleError(
            f"styles cannot be kept in {folder}: there is no such home folder; set COPYART_CACHE to another folder"
        ) from error


def cached_style(repo: str, revision: str | None, cache: Path) -> Style | None:
    """The style `owner/name` if all of it is in the cache; asks no network.

    Raises:
        DownloadError: If no repo can have that name.
    """
    from huggingface_hub import try_to_load_from_cache

    with _explained(repo, revision):
        config = try_to_load_from_cache(repo, CONFIG_FILE, cache_dir=cache / "hub", revision=revision)
    if not isinstance(config, str):
        return None
    try:
        style = read_style(Path(config).parent)
    except BrokenStyleError:
        _remove(Path(config))  # so that it is fetched anew
        return None
    return style if style.is_whole else None


def download_style(
    repo: str, revision: str | None, cache: Path, *, force: bool = False, progress: bool = False
) -> Style:
    """Fetches the style `owner/name` from the Hugging Face Hub, all of it, and verifies every file.

    Args:
        repo: `owner/name`.
        revision: A branch, tag or commit; the newest when None.
        cache: The cache folder.
        force: Fetch again what is there.
        progress: Draw progress bars on stderr.

    Raises:
        DownloadError: If it cannot be fetched, or is not what its record says.
        BrokenStyleError: If what was fetched is no style.
    """
    from huggingface_hub import model_info, snapshot_download

    logger.info("there is no folder %s here; asking the Hugging Face Hub for it", repo)
    with _explained(repo, revision), _bars(shown=progress):
        if force:  # else what is in the cache would do when the Hub cannot be reached
            model_info(repo, revision=revision or "main")
        snapshot = snapshot_download(
            repo,
            revision=revision,
            cache_dir=cache / "hub",
            allow_patterns=[CONFIG_FILE, CARD_FILE, *HASHED_FILES],
            force_download=force,
        )
    if not (Path(snapshot) / CONFIG_FILE).exists():
        raise DownloadError(f"{repo} on the Hub is no copyart style: it has no {CONFIG_FILE}")
    style = read_style(Path(snapshot))
    for file in style.sha256:
        if not (style.folder / file).exists():
            raise DownloadError(f"{repo} on the Hub has no {file}, which its {CONFIG_FILE} names; tell its owner")
        try:
            style.verified(file)
        except BrokenStyleError as error:
            _remove(style.folder / file)
            raise DownloadError(
                f"{file} of {repo} does not have the sha256 in its {CONFIG_FILE}; it was removed. "
                "Try again, and tell the style's owner if it stays so"
            ) from error
    return style


def download_published(
    published: Published, cache: Path, *, pinned: str | None = None, progress: bool = False
) -> tuple[Path, str]:
    """Fetches published weights and holds them to every hash that is known of them.

    Args:
        published: What to fetch.
        cache: The cache folder.
        pinned: The sha256 that the file had at its first download.
        progress: Draw progress bars on stderr.

    Returns:
        The `.pth` file and its sha256. Whoever has converted it removes it with `discard_downloads`.

    Raises:
        DownloadError: If it cannot be fetched, or has another hash than it should have.
    """
    folder = cache / "downloads" / published.name
    logger.info("fetching %s from %s", published.name, published.address)
    with _explained(published.name, None), _bars(shown=progress):
        folder.mkdir(parents=True, exist_ok=True)
        if published.repo:
            path, promised = _from_space(published, folder)
        else:
            path, promised = _from_url(published.url, folder / Path(published.url).name), ""
        found = sha256_of(path)
    for expected, whose in (
        (published.sha256, "copyart knows"),
        (pinned, "it had at its first download"),
        (promised, "the Hub promised"),
    ):
        if expected and found != expected:
            discard_downloads(published.name, cache)
            raise DownloadError(
                f"{published.name}: what arrived has sha256 {found[:12]}..., not the {expected[:12]}... that {whose}; "
                f"it was removed. Try again later"
            )
    return path, found


def discard_downloads(name: str, cache: Path | None = None) -> None:
    """Removes the downloaded `.pth` of published weights, once it has become a style."""
    shutil.rmtree(cache_folder(cache) / "downloads" / name, ignore_errors=True)


def _from_space(published: Published, folder: Path) -> tuple[Path, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    repo, file, revision = published.repo, published.file, published.revision
    metadata = get_hf_file_metadata(hf_hub_url(repo, file, repo_type="space", revision=revision))
    path = hf_hub_download(repo, file, repo_type="space", revision=revision, local_dir=folder)
    etag = metadata.etag or ""
    return Path(path), etag if len(etag) == 64 else ""  # other ETags are Git's and hash something else


def _from_url(url: str, path: Path) -> Path:
    """Downloads a file, going on where an interrupted download stopped."""
    from huggingface_hub.utils import tqdm

    if path.exists():
        return path
    part = path.with_suffix(".part")
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310  # the address is from our own table
    except HTTPError as error:
        error.close()
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink()  # it was whole, or is no part of this file: the hash will tell
        return _from_url(url, path)
    with answer:
        start = (
            start if answer.status == HTTPStatus.PARTIAL_CONTENT else 0
        )  # else the server sends the whole file again
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


@contextmanager
def _bars(*, shown: bool) -> Iterator[None]:
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
def _explained(name: str, revision: str | None) -> Iterator[None]:
    """Turns whatever goes wrong in a download into one line that says what, and what to do."""
    try:
        yield
    except Exception as error:  # the HTTP library below the Hub's has exceptions of its own
        cause = error.__cause__ if isinstance(error, ValueError) and error.__cause__ else error
        raise DownloadError(f"{name} could not be fetched: {_words(cause, name, revision)}") from error


def _words(error: BaseException, name: str, revision: str | None) -> str:
    from huggingface_hub import errors

    offline = "the network is down, or the server is; check the connection and try again"
    if isinstance(error, HTTPError):  # urllib's, from a server that is not the Hub
        return f"the server answered {error.code} {error.reason}; try again later"
    if isinstance(error, errors.GatedRepoError):
        return f"it is gated; accept its terms on https://huggingface.co/{name}, then run `hf auth login`"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"it has no revision {revision}; see https://huggingface.co/{name}/commits/main"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "the Hub knows no such repo; check the spelling, or run `hf auth login` if it is private"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return "the file is no longer there"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids going online; unset it and try again"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return _words(error.__cause__, name, revision) if error.__cause__ else offline
    if isinstance(error, errors.HfHubHTTPError):
        return _status(error)
    if isinstance(error, errors.HFValidationError):
        return "that is no id of the Hub; ids look like owner/name"
    if isinstance(error, OSError) and error.errno and not isinstance(error, URLError | ConnectionError | TimeoutError):
        return reason(error)
    return offline


def _status(error: "HfHubHTTPError") -> str:
    code = error.response.status_code
    if code == 401:
        return "the Hub asks who you are; run `hf auth login`"
    if code == 429:
        return "the Hub has had too many requests from here; try again in some minutes"
    return f"the Hub answered {code}; try again later"


def _remove(path: Path) -> None:
    """Removes a file of the Hub's cache: the link in the snapshot and what it points to."""
    with suppress(OSError):  # of a cache that may only be read
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
