"""`copyart batch`: paint a folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import find_painter
from copyart.cli.flags import Without, with_flags
from copyart.cli.folders import work_through
from copyart.cli.orders import PAINTING
from copyart.config import BatchConfig, PaintConfig, SaveConfig, TilingConfig, TranslatorConfig


@with_flags
def batch(
    photos: Annotated[Path, typer.Argument(metavar="IN", help="A folder of pictures.")],
    paintings: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the paintings; made if missing.")],
    *,
    style: options.StyleName = TranslatorConfig.style,
    config: BatchConfig,
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing/--overwrite", help="Leave paintings that are there, or paint them again."),
    ] = not SaveConfig.overwrite,
    paint: PaintConfig,
    reverse: options.Reverse = TranslatorConfig.reverse,
    device: options.Device = TranslatorConfig.device,
    tiling: TilingConfig,
    save: Annotated[SaveConfig, Without(("overwrite",))],
    verbose: options.Verbose = False,
) -> None:
    """Paint a folder. Stopped and started again, it goes on where it was."""
    save = replace(save, overwrite=not skip_existing, make_folder=True)
    find = partial(find_painter, style, paint, device=device, reverse=reverse, tiling=tiling)
    work_through(photos, paintings, save, config, PAINTING, find, verbose=verbose)
