"""Datasets of the Hugging Face Hub: `hf:owner/dataset[@revision][:split][:column or folder][?column=value]`."""

import glob
import hashlib
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

from copyart.domains.archives import ARCHIVES, unpack_archive
from copyart.domains.parquet import PARQUET, unpack_parquet
from copyart.domains.shards import shards_with
from copyart.domains.unpacking import Unpacked, Unpacking, unpack
from copyart.downloads import bars, explained, remove_cached
from copyart.errors import DomainError, DownloadError
from copyart.files import sha256_of
from copyart.images import is_picture

logger = logging.getLogger(__name__)

PREFIX = "hf:"
ALL = "all"

_KIND = "datasets/"
_FORM = re.compile(
    r"hf:(?P<repo>[^/:@?]+/[^/:@?]+)(@(?P<at>[^:?]+))?(:(?P<split>[^:?]*))?(:(?P<part>[^?]*))?(\?(?P<rows>.*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHARD = re.compile(r"(.*)-(\d+)-of-(\d+)(.*)")


@dataclass(frozen=True)
class HubDataset:
    """The part that is wanted of a dataset on the Hub.

    Attributes:
        repo: `owner/name`.
        revision: A branch, tag or commit.
        split: Such as `train`; `all` for all, "" for `train` where there is one.
        part: The column that holds the pictures, or the folder, where they are files; "" for the only one.
        rows: Which rows, as values by column; all where it is empty.
    """

    repo: str
    revision: str = "main"
    split: str = ""
    part: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """The address of its page, for people."""
        return f"https://huggingface.co/datasets/{self.repo}"


def parse_hub(source: str) -> HubDataset:
    """Reads what was typed.

    Raises:
        DomainError: If it has not the form.
    """
    form = _FORM.fullmatch(source)
    if not form:
        raise DomainError(f"{source!r} cannot be read; give hf:owner/dataset[:split][:column][?column=value]")
    rows = dict(parse_qsl(form["rows"] or "", keep_blank_values=True))
    if form["rows"] and not rows:
        raise DomainError(f"{source!r}: {form['rows']!r} cannot be read; give ?column=value")
    return HubDataset(form["repo"], form["at"] or "main", form["split"] or "", form["part"] or "", rows)


def find_on_hub(source: str, *, progress: bool = False, license_known: str = "") -> Unpacked:
    """The pictures of a dataset on the Hub; fetched, verified and unpacked if they are not here.

    Args:
        source: As `parse_hub` reads it.
        progress: Draw progress bars on stderr.
        license_known: What to say of the licence, where the Hub says nothing.

    Raises:
        DomainError: If it has no such pictures.
        DownloadError: If it cannot be fetched, or is not what the Hub promised.
    """
    dataset = parse_hub(source)

    def fill(into: Unpacking) -> None:
        here = _in_cache(dataset, license_known) or _fetch(dataset, progress=progress, license_known=license_known)
        into.revision, into.license = here.commit, here.license
        here.unpack(dataset, into)

    return unpack(source, fill)


def hub_cache() -> Path:
    """The folder that the Hub's library keeps things in."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


@dataclass(frozen=True)
class _Files:
    """The files of a dataset, in a snapshot of it in the Hub's cache."""

    folder: Path
    names: Sequence[str]
    commit: str
    license: str

    def unpack(self, dataset: HubDataset, into: Unpacking) -> None:
        paths = [self.folder / name for name in self.names]
        if self.names[0].endswith(PARQUET):
            unpack_parquet(paths, into, column=dataset.part, rows=dataset.rows)
            return
        if dataset.rows:
            raise DomainError(f"{dataset.repo} has no columns to choose rows by: it holds no parquet files")
        for path in paths:
            if path.name.lower().endswith(ARCHIVES):
                unpack_archive(path, into, lambda name: _lies_in(name, dataset.part))
            else:
                into.take(path)


def _choose(dataset: HubDataset, names: Sequence[str]) -> list[str]:
    """The files that hold what is wanted: parquet files, else archives, else pictures."""
    for fits in (lambda name: name.endswith(PARQUET), lambda name: name.lower().endswith(ARCHIVES), is_picture):
        found = sorted(name for name in names if fits(name))
        chosen = [name for name in found if _of_split(name, dataset.split or "train")]
        if not dataset.split and not chosen:
            chosen = found
        if fits is is_picture:
            chosen = [name for name in chosen if _lies_in(name, dataset.part)]
        if chosen:
            return chosen
    return []


def _of_split(name: str, split: str) -> bool:
    """Tells whether a file is of a split, by a word of its name or of its folders."""
    return split == ALL or bool(re.search(rf"(^|[/._-]){re.escape(split)}([/._-]|$)", name))


def _lies_in(name: str, folder: str) -> bool:
    return not folder or f"/{folder.strip('/')}/" in f"/{name}"


def _in_cache(dataset: HubDataset, license_known: str) -> _Files | None:
    """The dataset, if all of it is in the Hub's cache; asks no network.

    Only of the shards of one split (`-00000-of-00002`) can it be told without asking that none is missing.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    if dataset.split == ALL:
        return None
    with explained(dataset.repo, dataset.revision, kind=_KIND), suppress(LocalEntryNotFoundError):
        find = partial(snapshot_download, repo_type="dataset", local_files_only=True, allow_patterns=[])
        folder = Path(find(dataset.repo, revision=dataset.revision))
        there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        names = _choose(replace(dataset, split=dataset.split or "train"), there)
        if names and _are_whole_shards(names) and all(_is_right(folder / name) for name in names):
            return _Files(folder, names, folder.name, license_known or "not stated")
    return None


def _are_whole_shards(names: Sequence[str]) -> bool:
    shards: dict[str, set[int]] = {}
    for name in names:
        found = _SHARD.fullmatch(name)
        if not found:
            return False
        group = shards.setdefault(f"{found[1]} {found[3]}", set(range(int(found[3]))))
        group.discard(int(found[2]))
    return not any(shards.values())


def _fetch(dataset: HubDataset, *, progress: bool, license_known: str) -> _Files:
    from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache

    repo = dataset.repo
    with explained(repo, dataset.revision, kind=_KIND), bars(shown=progress):
        info = HfApi().dataset_info(repo, revision=dataset.revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    names = _choose(dataset, list(sizes))
    if not names:
        splits = f" of {dataset.split!r}" if dataset.split else ""
        raise DomainError(
            f"{repo} has no pictures{splits} that copyart can read; see {dataset.page}, "
            f"or try hf:{repo}@refs/convert/parquet, where the Hub keeps a copy of many datasets"
        )
    if dataset.rows and len(names) > 1 and names[0].endswith(PARQUET):
        names = shards_with(repo, str(info.sha), names, dataset.rows)
    stated = info.card_data and info.card_data.get("license")
    license_ = ", ".join(stated) if isinstance(stated, list) else str(stated or license_known or "not stated")
    missing = [name for name in names if not try_to_load_from_cache(repo, name, repo_type="dataset", revision=info.sha)]
    if missing:
        size = sum(sizes[name] for name in missing)
        what = f"{size / 1e6:,.1f} MB in {len(missing):,} files, licence: {license_}"
        logger.info("%s: fetching %s, from %s into %s", repo, what, dataset.page, hub_cache())
        _check_space(repo, size, hub_cache())
    with explained(repo, dataset.revision, kind=_KIND), bars(shown=progress):
        folder = Path(snapshot_download(repo, repo_type="dataset", revision=info.sha, allow_patterns=_patterns(names)))
    for name in names:
        if not _is_right(folder / name):
            remove_cached(folder / name)
            raise DownloadError(
                f"{repo}: what arrived of {name} is not what the Hub promised; it was removed. Try again"
            )
    return _Files(folder, names, folder.name, license_)


def _patterns(names: Sequence[str]) -> list[str]:
    """A few patterns for the names of files, since each is tried on each file: of many pictures, their folders."""
    if len(names) < 100:
        return [glob.escape(name) for name in names]
    return sorted({f"{glob.escape(name.rpartition('/')[0])}*{Path(name).suffix}".lstrip("/") for name in names})


def _check_space(repo: str, size: int, cache: Path) -> None:
    place = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if size > free:
        raise DownloadError(
            f"{repo} has {size / 1e9:.1f} GB, and {place} has {free / 1e9:.1f} GB left; "
            "free some space, or set HF_HOME to a folder elsewhere"
        )


def _is_right(path: Path) -> bool:
    """Tells whether a file of the cache has the hash that it is kept under, where links show it: its own, or Git's."""
    promised = path.resolve().name
    if re.fullmatch(r"[0-9a-f]{64}", promised):
        return sha256_of(path) == promised
    if _COMMIT.fullmatch(promised):
        data = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == promised  # noqa: S324  # as Git
    return True
