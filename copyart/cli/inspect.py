"""`copyart inspect`: what each layer does."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_style
from copyart.cli.console import frames_note, say
from copyart.cli.flags import with_flags
from copyart.config import InspectConfig, TranslatorConfig


@with_flags
def inspect(
    style: options.StyleArgument,
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="What to paint meanwhile.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="A folder, made if missing. (default: one beside the photo, PHOTO-STYLE-inspect)",
        ),
    ] = None,
    reverse: options.Reverse = TranslatorConfig.reverse,
    config: InspectConfig,
    device: options.Device = TranslatorConfig.device,
    overwrite: options.Overwrite = False,
) -> None:
    """See what each layer of a style does. photo.jpg gets a folder with a page and two pictures."""
    from copyart.destinations import check_inspection
    from copyart.images import check_photo, open_photo

    check_photo(photo)
    found = choose(style, device, reverse=reverse)
    folder = output or photo.with_name(f"{photo.stem}-{found.name}{'-reverse' * reverse}-inspect")
    check_inspection(folder, overwrite=overwrite)
    opened = open_photo(photo, long_edge=config.size)
    if opened.frames > 1:
        say(f"Note: {frames_note(photo, opened.frames)}", error=True)

    from copyart.inspection import PAGE, save_inspection
    from copyart.inspection import inspect as look

    seen = look(load_style(found), opened, reverse=reverse, size=config.size, channels=config.channels, device=device)
    save_inspection(seen, folder, photo.name, overwrite=overwrite)
    say(f"{folder / PAGE}  {len(seen.layers)} layers, {len(seen.stages)} stages")
