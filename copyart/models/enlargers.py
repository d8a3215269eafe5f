"""Finds an enlarger by its name."""

import difflib
import json
import os
from contextlib import suppress
from pathlib import Path

from copyart.downloads import cache_folder
from copyart.errors import UnknownStyleError
from copyart.extras import require
from copyart.models.hub import cached_model, download_model
from copyart.models.naming import HUB_ID
from copyart.models.record import CONFIG_FILE, Enlarger

_BUNDLED = Path(__file__).parents[1] / "bundled" / "enlargers"
_WEIGHTS = (".pth", ".pt", ".ckpt", ".safetensors")  # files in which others keep a network's weights


def bundled_enlargers() -> list[str]:
    """The names of the enlargers that come with copyart."""
    return sorted(path.parent.name for path in _BUNDLED.glob(f"*/{CONFIG_FILE}"))


def find_enlarger(name: str, *, cache: Path | None = None, progress: bool = False) -> Enlarger:
    """Finds an enlarger, and fetches it when it is not here.

    Args:
        name: A bundled name, a folder, which may be that of a training run, or `owner/name[@revision]` on the Hub.
        cache: Where downloads are kept; `cache_folder()` when None.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        UnknownStyleError: If nothing has that name.
        DownloadError: If it cannot be fetched.
        BrokenStyleError: If its record is damaged, or that of a style.
    """
    if name in bundled_enlargers():
        return Enlarger.read(_BUNDLED / name)
    path = Path(os.path.expanduser(name))  # noqa: PTH111  # leaves ~nobody as it is, where Path raises
    if os.path.isdir(path):  # noqa: PTH112  # says no where Path.is_dir raises: to a name too long
        return Enlarger.read_in(path)
    repo, _, revision = name.partition("@")
    if HUB_ID.fullmatch(name) and not name.startswith((".", "runs/")) and not os.path.isdir(repo.partition("/")[0]):  # noqa: PTH112  # as above
        cache = cache_folder(cache)
        here = cached_model(Enlarger, repo, revision or None, cache)
        return here or download_model(Enlarger, repo, revision or None, cache, progress=progress)
    names = bundled_enlargers()
    near = difflib.get_close_matches(name.lower(), names, n=1)
    raise UnknownStyleError(
        f"enlarger {name!r} is unknown; there are {', '.join(names)}. {f'Did you mean {near[0]}? ' if near else ''}"
        "A folder, a .pth or .safetensors file, or owner/name on the Hugging Face Hub will do too"
    )


def holds_enlarger(folder: Path) -> bool:
    """Tells whether a folder is that of an enlarger by its record, or that of a training run that made one."""
    path = folder / CONFIG_FILE
    if not path.exists():
        return (folder / Enlarger.kind / CONFIG_FILE).is_file()
    with suppress(OSError, ValueError, AttributeError, RecursionError):
        return bool(json.loads(path.read_text(encoding="utf-8")).get("kind") == Enlarger.kind)
    return False


def foreign_weights(name: str) -> Path | None:
    """The file of weights of another program that a name stands for, or None for what `find_enlarger` finds.

    Raises:
        UnknownStyleError: If there is no such file.
        MissingExtraError: If the package that knows such networks is not installed.
    """
    path = Path(os.path.expanduser(name))  # noqa: PTH111  # as above
    if path.suffix.lower() not in _WEIGHTS or os.path.isdir(path):  # noqa: PTH112  # as above
        return None
    if not os.path.isfile(path):  # noqa: PTH113  # as above
        raise UnknownStyleError(f"enlarger {name}: there is no such file; check the spelling and the folder")
    require("upscalers", f"{name} holds a network of another program, which")
    return path
