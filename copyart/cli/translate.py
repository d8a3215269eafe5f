"""`copyart translate`: paint one photo, animation or video, or some."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.console import do_each, frames_note, orderly_stop, say
from copyart.config import PaintConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.errors import OptionError, UnwritablePictureError

if TYPE_CHECKING:
    from copyart.translator import Painted, Translator

STREAM = "-"


def translate(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO", help="Pictures, animations, videos; - for standard input."),
    ],
    style: options.StyleName = TranslatorConfig.style,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="A file, a folder, or - for standard output. (default: beside the photo)"),
    ] = None,
    size: options.Size = None,
    detail: options.Detail = PaintConfig.detail,
    strength: options.Strength = PaintConfig.strength,
    keep_color: options.KeepColor = PaintConfig.keep_color,
    compare: options.Compare = PaintConfig.compare,
    reverse: options.Reverse = TranslatorConfig.reverse,
    device: options.Device = TranslatorConfig.device,
    tile: options.Tile = TilingConfig.tile,
    memory: options.Memory = TilingConfig.memory,
    format: options.Format = SaveConfig.format,  # noqa: A002  # the flag's name
    quality: options.Quality = SaveConfig.quality,
    overwrite: options.Overwrite = SaveConfig.overwrite,
    verbose: options.Verbose = False,
) -> None:
    """Paint one photo, or some: photo.jpg becomes photo-monet.jpg beside it."""
    paint = PaintConfig(options.parse_size(size), detail, strength, keep_color, compare)
    tiling = TilingConfig(tile, memory)
    save = SaveConfig(format=format, quality=quality, overwrite=overwrite)
    if output is None and STREAM in photos:
        output = STREAM
    _check(photos, output)

    from copyart.devices import keep_memory
    from copyart.translator import Translator

    keep_memory()
    translator = Translator(style, device=device, reverse=reverse, tiling=tiling)
    if verbose:
        say(translator.description, error=True)
    label = "photo" if reverse else translator.style.name

    def paint_one(photo: str) -> None:
        if STREAM in (photo, output):
            _paint_stream(translator, photo, output or STREAM, label, paint, save)
        else:
            _paint_file(translator, Path(photo), Path(output) if output else None, label, paint, save)

    with orderly_stop():
        do_each(photos, paint_one)


def _check(photos: list[str], output: str | None) -> None:
    """Refuses what cannot be meant, before anything is loaded."""
    if output == STREAM and sys.stdout.isatty():
        raise OptionError("the painting would go to the terminal; give -o FILE, or send it on with | or >")
    if output is None or Path(output).is_dir():
        return
    if len(photos) > 1:
        raise OptionError(f"{len(photos)} photos cannot all go to {output}; give a folder that is there with -o")
    if output.endswith(("/", "\\")):
        raise UnwritablePictureError(f"{output}: there is no such folder; make it first")


def _paint_file(
    translator: "Translator",
    photo: Path,
    output: Path | None,
    label: str,
    paint: PaintConfig,
    save: SaveConfig,
) -> None:
    from copyart.cli.progress import frames_progress
    from copyart.destinations import destination

    with frames_progress() as watch:
        painted = translator.translate_file(photo, destination(photo, label, output, save), paint, save, watch)
    if painted.frames > painted.painted_frames:
        _warn_of_frames(str(photo), painted.frames)
    say(_summary(painted))


def _paint_stream(
    translator: "Translator", photo: str, output: str, label: str, paint: PaintConfig, save: SaveConfig
) -> None:
    """Paints from standard input, to standard output, or both."""
    from copyart.destinations import destination
    from copyart.images import encode, save_painting
    from copyart.moving import is_video

    if is_video(photo):
        raise OptionError(f"{photo} is a video, and videos cannot go to standard output; give -o FILE")
    name = "standard input" if photo == STREAM else photo
    opened = translator.read(sys.stdin.buffer if photo == STREAM else Path(photo), paint, name)
    painting = translator.paint(opened, paint)
    _warn_of_frames(name, opened.frames)
    if output == STREAM:
        sys.stdout.buffer.write(encode(painting, opened, save, "standard output" if photo == STREAM else photo))
        sys.stdout.buffer.flush()
    else:
        save_painting(painting, opened, destination(Path("stdin"), label, Path(output), save), save)


def _warn_of_frames(photo: str, frames: int) -> None:
    if frames > 1:
        say(f"Note: {frames_note(photo, frames)}", error=True)


def _summary(painted: "Painted") -> str:
    width, height = painted.size
    at_width, at_height = painted.painted_at
    frames = f"{painted.frames} frames " if painted.painted_frames > 1 else ""
    how = f"{frames}painted at {at_width} x {at_height} in {painted.seconds:.1f} s"
    return f"{painted.painting}  {width} x {height}, {how}"
