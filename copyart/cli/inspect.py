"""`copyart inspect`: what each layer does."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.console import frames_note, say
from copyart.config import TranslatorConfig


def inspect(
    style: options.StyleArgument,
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="What to paint meanwhile.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A folder; made if missing. (default: PHOTO-STYLE-inspect beside the photo)"
        ),
    ] = None,
    reverse: options.Reverse = TranslatorConfig.reverse,
    size: Annotated[int, typer.Option(metavar="N", help="Long edge in pixels to paint at.")] = 384,
    channels: Annotated[int, typer.Option(metavar="N", help="How many channels of each layer to show.")] = 8,
    device: options.Device = TranslatorConfig.device,
    overwrite: options.Overwrite = False,
) -> None:
    """See what each layer of a style does to a photo: photo.jpg gets a folder with a page and two pictures."""
    from copyart.checkpoints import load_style
    from copyart.images import open_photo
    from copyart.inspection import PAGE, check_folder, save_inspection
    from copyart.inspection import inspect as look

    opened = open_photo(photo, long_edge=size if size > 0 else None)
    loaded = load_style(style)
    folder = output or photo.with_name(f"{photo.stem}-{loaded.name}{'-reverse' * reverse}-inspect")
    check_folder(folder, overwrite=overwrite)
    if opened.frames > 1:
        say(f"Note: {frames_note(photo, opened.frames)}", error=True)
    seen = look(loaded, opened, reverse=reverse, size=size, channels=channels, device=device)
    save_inspection(seen, folder, photo.name, overwrite=overwrite)
    say(f"{folder / PAGE}  {len(seen.layers)} layers, {len(seen.stages)} stages")
