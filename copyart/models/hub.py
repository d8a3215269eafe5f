"""Fetches styles and the weights in the catalogue: from the cache at once, else from the network, verified.

Everything lies under one folder, `cache_folder()`:

    hub/         styles and enlargers from the Hugging Face Hub, in the Hub's own cache layout
    styles/      styles made of weights of others
    downloads/   such weights on their way, which an interrupted download goes on with
"""

import logging
import shutil
from pathlib import Path
from typing import TypeVar

from copyart.downloads import bars, cache_folder, explained, fetch_url, remove_cached
from copyart.errors import BrokenStyleError, DownloadError
from copyart.files import sha256_of
from copyart.models.catalogue import CatalogueEntry
from copyart.models.record import CARD_FILE, CONFIG_FILE, HASHED_FILES, Model

logger = logging.getLogger(__name__)

Kind = TypeVar("Kind", bound=Model)


def cached_model(kind: type[Kind], repo: str, revision: str | None, cache: Path) -> Kind | None:
    """The style or enlarger `owner/name` if all of it is in the cache; asks no network.

    Raises:
        DownloadError: If no repo can have that name.
    """
    from huggingface_hub import try_to_load_from_cache

    with explained(repo, revision):
        config = try_to_load_from_cache(repo, CONFIG_FILE, cache_dir=cache / "hub", revision=revision)
    if not isinstance(config, str):
        return None
    try:
        model = kind.read(Path(config).parent)
    except BrokenStyleError:
        remove_cached(Path(config))  # so that it is fetched anew
        return None
    return model if model.is_whole else None


def download_model(
    kind: type[Kind], repo: str, revision: str | None, cache: Path, *, force: bool = False, progress: bool = False
) -> Kind:
    """Fetches the style or enlarger `owner/name` from the Hugging Face Hub, all of it, and verifies every file.

    Args:
        kind: `Style` or `Enlarger`.
        repo: `owner/name`.
        revision: A branch, tag or commit; the newest when None.
        cache: The cache folder.
        force: Fetch again what is there.
        progress: Draw progress bars on stderr.

    Raises:
        DownloadError: If it cannot be fetched, or is not what its record says.
        BrokenStyleError: If what was fetched is none.
    """
    from huggingface_hub import model_info, snapshot_download

    logger.info("there is no folder %s here; asking the Hugging Face Hub for it", repo)
    with explained(repo, revision), bars(shown=progress):
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
        raise DownloadError(f"{repo} on the Hub is no copyart {kind.kind}: it has no {CONFIG_FILE}")
    model = kind.read(Path(snapshot))
    for file in model.sha256:
        if not (model.folder / file).exists():
            raise DownloadError(f"{repo} on the Hub has no {file}, which its {CONFIG_FILE} names; tell its owner")
        try:
            model.verified(file)
        except BrokenStyleError as error:
            remove_cached(model.folder / file)
            raise DownloadError(
                f"{file} of {repo} does not have the sha256 in its {CONFIG_FILE}; it was removed. "
                f"Try again, and tell the {kind.kind}'s owner if it stays so"
            ) from error
    return model


def download_weights(
    entry: CatalogueEntry, cache: Path, *, pinned: str | None = None, progress: bool = False
) -> tuple[Path, str]:
    """Fetches weights of the catalogue and holds them to every hash that is known of them.

    Args:
        entry: Which ones.
        cache: The cache folder.
        pinned: The sha256 that the file had at its first download.
        progress: Draw progress bars on stderr.

    Returns:
        The `.pth` file and its sha256. Whoever has converted it removes it with `discard_downloads`.

    Raises:
        DownloadError: If it cannot be fetched, or has another hash than it should have.
    """
    folder = cache / "downloads" / entry.name
    logger.info("fetching %s from %s", entry.name, entry.address)
    with explained(entry.name, None), bars(shown=progress):
        folder.mkdir(parents=True, exist_ok=True)
        if entry.repo:
            path, promised = _from_space(entry, folder)
        else:
            path, promised = fetch_url(entry.url, folder / Path(entry.url).name), ""
        found = sha256_of(path)
    for expected, whose in (
        (entry.sha256, "copyart knows"),
        (pinned, "it had at its first download"),
        (promised, "the Hub promised"),
    ):
        if expected and found != expected:
            discard_downloads(entry.name, cache)
            raise DownloadError(
                f"{entry.name}: what arrived has sha256 {found[:12]}..., not the {expected[:12]}... that {whose}; "
                "it was removed. Try again later"
            )
    return path, found


def discard_downloads(name: str, cache: Path | None = None) -> None:
    """Removes the downloaded `.pth` of weights in the catalogue, once it has become a style."""
    shutil.rmtree(cache_folder(cache) / "downloads" / name, ignore_errors=True)


def _from_space(entry: CatalogueEntry, folder: Path) -> tuple[Path, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    repo, file, revision = entry.repo, entry.file, entry.revision
    metadata = get_hf_file_metadata(hf_hub_url(repo, file, repo_type="space", revision=revision))
    path = hf_hub_download(repo, file, repo_type="space", revision=revision, local_dir=folder)
    etag = metadata.etag or ""
    return Path(path), etag if len(etag) == 64 else ""  # other ETags are Git's and hash something else
