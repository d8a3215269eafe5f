"""The style, the device and the files that were asked for, looked at before torch is loaded, which takes seconds."""

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from copyart.cli.orders import Found
from copyart.config import EnlargeConfig, PaintConfig, TilingConfig, TranslatorConfig
from copyart.errors import CopyartError
from copyart.files import place_for, why_taken

if TYPE_CHECKING:
    from copyart.enlarging import Magnifier
    from copyart.models import Style, Unconverted
    from copyart.translator import Painter, Translator


def choose(
    style: str, device: str = TranslatorConfig.device, *, reverse: bool = TranslatorConfig.reverse
) -> "Style | Unconverted":
    """Finds a style, and fetches it when it is not here; refuses what cannot be painted with.

    Raises:
        CopyartError: If the style cannot be had, has no way back and is to be used so, or the device is unknown.
    """
    from copyart.devices import check_device
    from copyart.models import Style, find_style

    check_device(device)
    found = find_style(style, progress=sys.stderr.isatty())
    (found if isinstance(found, Style) else found.draft).check_direction(reverse=reverse)
    return found


def load_style(found: "Style | Unconverted", cache: Path | None = None) -> "Style":
    """The style that was found, ready for use; loads torch only where other weights become one."""
    from copyart.models import Style

    if isinstance(found, Style):
        return found

    from copyart.checkpoints import to_style

    return to_style(found, cache)


def load_translator(
    found: "Style | Unconverted",
    *,
    device: str,
    reverse: bool = TranslatorConfig.reverse,
    tiling: TilingConfig = TilingConfig(),  # noqa: B008  # frozen
) -> "Translator":
    """Loads torch and what `choose` found."""
    from copyart.devices import keep_memory
    from copyart.translator import Translator

    keep_memory()
    return Translator(load_style(found), device=device, reverse=reverse, tiling=tiling)


def find_painter(style: str, paint: PaintConfig, *, device: str, reverse: bool, tiling: TilingConfig) -> Found:
    """Finds a style to paint with; see `choose` for what is refused."""
    found = choose(style, device, reverse=reverse)

    def load() -> "Painter":
        from copyart.translator import Painter

        return Painter(load_translator(found, device=device, reverse=reverse, tiling=tiling), paint)

    return Found("photo" if reverse else found.name, load)


def find_magnifier(enlarge: EnlargeConfig, *, device: str, tiling: TilingConfig) -> Found:
    """Finds an enlarger, and fetches it when it is not here.

    Raises:
        CopyartError: If it cannot be had, or the device is unknown.
    """
    from copyart.devices import check_device
    from copyart.models import find_enlarger, foreign_weights

    check_device(device)
    found = foreign_weights(enlarge.model) or find_enlarger(enlarge.model, progress=sys.stderr.isatty())

    @cache
    def load() -> "Magnifier":
        from copyart.devices import keep_memory
        from copyart.enlarging import Magnifier

        keep_memory()
        return Magnifier(found, scale=enlarge.scale, device=device, tiling=tiling)

    # Of weights of others, nobody knows by how much they enlarge before they are loaded.
    scale = enlarge.scale or (load().scale if isinstance(found, Path) else found.scale)
    return Found(f"{scale}x", load)


def place(output: str, name: str, *, overwrite: bool) -> Path:
    """The file that was typed for an output, or `name` in it if it is a folder; one that is missing will be made.

    Raises:
        CopyartError: If it cannot be written, or is there and may not be replaced.
    """
    path, make_folder = place_for(output, name)
    if problem := why_taken(path, overwrite=overwrite, make_folder=make_folder):
        raise CopyartError(problem)
    return path
