"""`copyart translate`: paint one photo, animation or video, or some."""

from functools import partial
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import find_painter
from copyart.cli.flags import with_flags
from copyart.cli.orders import PAINTING, carry_out
from copyart.config import PaintConfig, SaveConfig, TilingConfig, TranslatorConfig


@with_flags
def translate(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO", help="Pictures, animations, videos; - for standard input."),
    ],
    *,
    style: options.StyleName = TranslatorConfig.style,
    output: options.Output = None,
    paint: PaintConfig,
    reverse: options.Reverse = TranslatorConfig.reverse,
    device: options.Device = TranslatorConfig.device,
    tiling: TilingConfig,
    save: SaveConfig,
    verbose: options.Verbose = False,
) -> None:
    """Paint a photo, or several. photo.jpg becomes photo-monet.jpg beside it."""
    find = partial(find_painter, style, paint, device=device, reverse=reverse, tiling=tiling)
    carry_out(photos, output, save, PAINTING, find, verbose=verbose)
