"""`copyart inspect`: what each layer does."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_style
from copyart.cli.console import frames_note, say
from copyart.config import InspectConfig, TranslatorConfig


def inspect(
    style: options.StyleArgument,
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="What to paint meanwhile.")],
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
    size: Annotated[int, typer.Option(metavar="N", help="Long edge in pixels to paint at.")] = InspectConfig.size,
    channels: Annotated[
        int, typer.Option(metavar="N", help="How many channels of each layer to show.")
    ] = InspectConfig.channels,
    device: options.Device = TranslatorConfig.device,
    overwrite: options.Overwrite = False,
) -> None:
    """See what each layer of a style does. photo.jpg gets a folder with a page and two pictures."""
    InspectConfig(size, channels)

    from copyart.destinations import check_inspection
    from copyart.images import check_photo, open_photo

    check_photo(photo)
    found = choose(style, device, reverse=reverse)
    folder = output or photo.with_name(f"{photo.stem}-{found.name}{'-reverse' * reverse}-inspect")
    check_inspection(folder, overwrite=overwrite)
    opened = open_photo(photo, long_edge=size)
    if opened.frames > 1:
        say(f"Note: {frames_note(photo, opened.frames)}", error=True)

    from copyart.inspection import PAGE, save_inspection
    from copyart.inspection import inspect as look

    seen = look(load_style(found), opened, reverse=reverse, size=size, channels=channels, device=device)
    save_inspection(seen, folder, photo.name, overwrite=overwrite)
    say(f"{folder / PAGE}  {len(seen.layers)} layers, {len(seen.stages)} stages")
