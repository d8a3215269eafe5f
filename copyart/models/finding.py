"""Finds a style by its name."""

import difflib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from copyart.downloads import cache_folder
from copyart.errors import BrokenStyleError, UnknownStyleError
from copyart.files import reason, sha256_of
from copyart.models.catalogue import PAINT_SIZE, RECIPE, TRAINED_SIZE, CatalogueEntry, read_catalogue
from copyart.models.hub import cached_model, download_model, download_weights
from copyart.models.naming import HUB_ID, meant, nearest
from copyart.models.record import CONFIG_FILE, Style

_BUNDLED = Path(__file__).parents[1] / "bundled"


@dataclass(frozen=True)
class StyleEntry:
    """A style that can be had.

    Attributes:
        name: What `--style` takes.
        title: What to call it before people.
        where: `bundled`, `downloaded` or `available`.
        size: Bytes on the disk, or None if it is not here.
        license: Of the weights.
        quality: Scores, by the name of the measure; none where nobody measured.
        pinned: What its files' hashes are held to: the `package`, its `record`, the `first download`, the `Hub`,
            or `nothing yet`.
        folder: Where its files are, or None if it is not here.
    """

    name: str
    title: str
    where: str
    size: int | None
    license: str
    pinned: str
    folder: Path | None
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Unconverted:
    """Weights in the layout of the published CycleGAN weights that are not a style yet.

    Attributes:
        path: The `.pth` file.
        draft: What is known of the style to be; its `folder` is where it is to go.
    """

    path: Path
    draft: Style

    @property
    def name(self) -> str:
        """The name of the style to be."""
        return self.draft.name


def find_style(
    name: str,
    *,
    cache: Path | None = None,
    revision: str | None = None,
    force: bool = False,
    progress: bool = False,
) -> Style | Unconverted:
    """Finds a style, and fetches it when it is not here.

    Args:
        name: A name that is bundled or in the catalogue, whatever its case, accents, spaces and punctuation, or a
            title; a folder; a `.pth` file; or `owner/name[@revision]` on the Hub. What is so called to the letter
            comes first.
        cache: Where downloads are kept; `cache_folder()` when None.
        revision: A branch, tag or commit of the Hub, when the name has none.
        force: Fetch again what is in the cache.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        UnknownStyleError: If nothing has that name.
        DownloadError: If it cannot be fetched.
        BrokenStyleError: If its record is damaged.
    """
    if name in bundled_styles():
        return Style.read(_BUNDLED / name)
    cache = cache_folder(cache)
    if entry := read_catalogue().get(name):
        if entry.hub_id:
            return _find_on_hub(entry.hub_id, revision, cache, force=force, progress=progress)
        return _find_in_catalogue(entry, cache, force=force, progress=progress)
    path = Path(os.path.expanduser(name))  # noqa: PTH111  # leaves ~nobody as it is, where Path raises
    if os.path.isdir(path):  # noqa: PTH112  # says no where Path.is_dir raises: to a name too long, or in a closed folder
        return Style.read_in(path)
    if path.suffix == ".pth":
        return _find_weights(path, cache, force=force)
    if _is_path(name):
        if _may_be_on_hub(name) and (here := cached_model(Style, name, revision, cache)):
            return here
        raise UnknownStyleError(_no_folder(name, path))
    if known := style_meant(name):
        return find_style(known, cache=cache, revision=revision, force=force, progress=progress)
    if HUB_ID.fullmatch(name):
        repo, _, at = name.partition("@")
        return _find_on_hub(repo, at or revision, cache, force=force, progress=progress)
    is_file = os.path.isfile(path)  # noqa: PTH113  # as isdir above
    raise UnknownStyleError(_no_folder(name, path) if is_file else _unknown(name, cache))


def style_meant(word: str) -> str | None:
    """The style, bundled or in the catalogue, that a word stands for, or None; asks no network.

    Raises:
        UnknownStyleError: If it may stand for several.
    """
    found = meant(word, _titles())
    if len(found) > 1:
        raise UnknownStyleError(f"style {word!r} may be any of {', '.join(found)}; give one of these names")
    return found[0] if found else None


def _titles() -> dict[str, str]:
    bundled = {name: Style.read(_BUNDLED / name).title for name in bundled_styles()}
    return bundled | {name: entry.title for name, entry in read_catalogue().items()}


def _is_path(name: str) -> bool:
    """Tells whether a name that is no folder's was meant as one: the Hub is not asked for what is mistyped."""
    first, slash, _ = name.replace("\\", "/").partition("/")
    if name.startswith((".", "/", "~")) or (slash and first == "runs"):
        return True
    return bool(slash) and "@" not in name and os.path.isdir(first)  # noqa: PTH112  # as above


def _may_be_on_hub(name: str) -> bool:
    """Tells whether a name that is a path could be an id of the Hub too."""
    return bool(HUB_ID.fullmatch(name)) and not name.startswith("runs/") and not os.path.isfile(name)  # noqa: PTH113  # as isdir above


def _no_folder(name: str, path: Path) -> str:
    if os.path.isfile(path):  # noqa: PTH113  # as isdir above
        return f"style {name} is a file; give the folder of a style, or a .pth file"
    with suppress(OSError, ValueError):
        there = [folder.name for folder in path.parent.iterdir() if folder.is_dir()]
        if near := difflib.get_close_matches(path.name, there, n=1):
            return f"style {name}: there is no such folder; did you mean {path.with_name(near[0])}?"
    hub = ""
    if _may_be_on_hub(name):
        hub = f"; to ask the Hugging Face Hub, where {name.partition('/')[0]} is a folder here too, give {name}@main"
    return f"style {name}: there is no such folder; check the spelling{hub}"


def bundled_styles() -> list[str]:
    """The names of the styles that come with copyart."""
    return sorted(path.parent.name for path in _BUNDLED.glob(f"*/{CONFIG_FILE}"))


def list_styles(cache: Path | None = None) -> list[StyleEntry]:
    """All styles that have a name: bundled, downloaded and available; asks no network.

    Args:
        cache: Where downloads are kept; `COPYART_CACHE` or the user's cache folder when None.
    """
    cache = cache_folder(cache)
    entries = [_entry(name, Style.read(_BUNDLED / name), "bundled", "package") for name in bundled_styles()]
    on_hub = _downloaded(cache)
    for name, entry in read_catalogue().items():
        if ours := on_hub.pop(entry.hub_id, None):
            entries.append(replace(ours, name=name))
        elif (here := _recorded(_converted_folder(name, cache))) and here.is_whole:
            entries.append(_entry(name, here, "downloaded", "first download"))
        else:
            entries.append(StyleEntry(name, entry.title, "available", None, entry.license, entry.pinned, None))
    return [*entries, *on_hub.values()]


def _downloaded(cache: Path) -> dict[str, StyleEntry]:
    """The styles from the Hub that are in the cache, by their id there."""
    entries = {}
    for config in sorted((cache / "hub").glob(f"models--*/snapshots/*/{CONFIG_FILE}")):
        repo = config.parts[-4].removeprefix("models--").replace("--", "/", 1)
        name = repo if _is_main(config) else f"{repo}@{config.parts[-2]}"
        if (here := _recorded(config.parent)) and here.is_whole:
            entries[name] = _entry(name, here, "downloaded", "record")
    return entries


def _find_on_hub(repo: str, revision: str | None, cache: Path, *, force: bool, progress: bool) -> Style:
    found = None if force else cached_model(Style, repo, revision, cache)
    return found or download_model(Style, repo, revision, cache, force=force, progress=progress)


def _find_in_catalogue(entry: CatalogueEntry, cache: Path, *, force: bool, progress: bool) -> Style | Unconverted:
    folder = _converted_folder(entry.name, cache)
    here = _recorded(folder)
    if here and here.is_whole and not force:
        return here
    pinned = here.source.get("sha256") if here else None
    path, sha256 = download_weights(entry, cache, pinned=pinned, progress=progress)
    return Unconverted(path, _draft(entry, sha256, folder))


def _find_weights(path: Path, cache: Path, *, force: bool) -> Style | Unconverted:
    if not os.path.isfile(path):  # noqa: PTH113  # as isdir above
        raise UnknownStyleError(f"style {path}: there is no such file; check the spelling and the folder")
    try:
        sha256 = sha256_of(path)
    except OSError as error:
        raise UnknownStyleError(f"style {path} cannot be read: {reason(error)}") from error
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "style"
    folder = _converted_folder(f"{name[:40]}-{sha256[:12]}", cache)
    if (here := _recorded(folder)) and here.is_whole and not force:
        return here
    title = "".join(letter for letter in path.stem if letter.isprintable())
    unknown = "not known"
    described = CatalogueEntry(name[:40], title, training_data=unknown, url=f"{title}.pth", license=unknown)
    return Unconverted(path, replace(_draft(described, sha256, folder), recipe=unknown))


def _draft(entry: CatalogueEntry, sha256: str, folder: Path) -> Style:
    return Style(
        name=entry.name,
        title=entry.title,
        generator="resnet",
        parameters={},
        size_multiple=4,
        trained_size=TRAINED_SIZE,
        paint_size=PAINT_SIZE,
        license=entry.license,
        training_data=entry.training_data,
        recipe=RECIPE,
        source={"url": entry.address, "sha256": sha256},
        folder=folder,
    )


def _recorded(folder: Path) -> Style | None:
    """The style in a folder of the cache, or None if there is none that can be read; its files may be missing."""
    with suppress(BrokenStyleError):
        return Style.read(folder)
    return None


def _converted_folder(name: str, cache: Path) -> Path:
    return cache / "styles" / name


def _entry(name: str, style: Style, where: str, pinned: str) -> StyleEntry:
    return StyleEntry(name, style.title, where, style.size, style.license, pinned, style.folder, style.quality)


def _is_main(config: Path) -> bool:
    """Tells whether this snapshot in the Hub's cache is the one that the name alone stands for."""
    main = config.parents[2] / "refs" / "main"
    return main.is_file() and main.read_text(encoding="utf-8").strip() == config.parts[-2]


def _unknown(name: str, cache: Path) -> str:
    names = [entry.name for entry in list_styles(cache)]
    names = difflib.get_close_matches(name, names, n=len(names), cutoff=0)
    near = nearest(name, _titles())
    return (
        f"style {name!r} is unknown; there are {', '.join(names)}. {f'Did you mean {near}? ' if near else ''}"
        "A folder, a .pth file or owner/name on the Hugging Face Hub will do too"
    )
