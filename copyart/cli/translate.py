"""`copyart translate`: paint one photo, animation or video, or some."""

import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_translator
from copyart.cli.console import Several, frames_note, orderly_stop, say
from copyart.cli.flags import with_flags
from copyart.config import PaintConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.errors import OptionError

if TYPE_CHECKING:
    from copyart.translator import Painted, Translator

STREAM = "-"


@with_flags
def translate(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO", help="Pictures, animations, videos; - for standard input."),
    ],
    *,
    style: options.StyleName = TranslatorConfig.style,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="WHERE",
            help="A file, a folder (out/ is made), or - for standard output. (default: beside the photo)",
        ),
    ] = None,
    paint: PaintConfig,
    reverse: options.Reverse = TranslatorConfig.reverse,
    device: options.Device = TranslatorConfig.device,
    tiling: TilingConfig,
    save: SaveConfig,
    verbose: options.Verbose = False,
) -> None:
    """Paint a photo, or several. photo.jpg becomes photo-monet.jpg beside it."""
    if output is None and STREAM in photos:
        output = STREAM
    folder = _check(photos, output)
    order = _Order(output, paint, replace(save, make_folder=folder))
    several = Several(len(photos))

    if readable := several.each(photos, order.check):
        found = choose(style, device, reverse=reverse)
        jobs = several.each(readable, partial(order.place, "photo" if reverse else found.name))
        if jobs:
            translator = load_translator(found, device=device, reverse=reverse, tiling=tiling)
            if verbose:
                say(translator.description, error=True)
            with orderly_stop():
                several.each(jobs, partial(order.carry_out, translator))
    several.end()


def _check(photos: list[str], output: str | None) -> bool:
    """Refuses what cannot be meant, before anything is loaded; tells whether `output` is a folder."""
    if output == STREAM and sys.stdout.isatty():
        raise OptionError("the painting would go to the terminal; give -o FILE, or send it on with | or >")
    if output in (None, STREAM):
        return False

    from copyart.files import names_folder
    from copyart.images import is_picture
    from copyart.moving import is_video

    if names_folder(output):
        return True
    if len(photos) > 1 and (Path(output).is_file() or is_picture(output) or is_video(output)):
        raise OptionError(f"{len(photos)} photos cannot all go to {output}; give a folder with -o, such as paintings/")
    return len(photos) > 1


@dataclass(frozen=True)
class _Order:
    """An order for paintings: of which photos, where they go, how to paint and how to write.

    Attributes:
        output: What was typed for -o.
        paint: How to paint.
        save: How to write; where its `make_folder` is set, `output` is a folder.
        photos: Those that are to be painted, by where their paintings go.
    """

    output: str | None
    paint: PaintConfig
    save: SaveConfig
    photos: dict[Path, str] = field(default_factory=dict)

    def check(self, photo: str) -> str:
        """Refuses a photo that cannot be painted; gives it back."""
        from copyart.destinations import check_source
        from copyart.moving import is_video

        if self.output == STREAM and is_video(photo):
            raise OptionError(f"{photo} is a video, and videos cannot go to standard output; give -o FILE")
        if photo != STREAM:
            check_source(Path(photo))
        return photo

    def place(self, label: str, photo: str) -> tuple[str, Path | None]:
        """The photo, and where its painting goes, which is free; None is standard output."""
        from copyart.destinations import Job, check_place, destination
        from copyart.images import check_writable, format_of

        if self.output == STREAM:
            if self.save.format:
                check_writable(format_of(self.save.format), "standard output")
            return photo, None
        path = Path("stdin" if photo == STREAM else photo)
        output = Path(self.output) if self.output else None
        painting = destination(path, label, output, self.save, folder=self.save.make_folder)
        if painting in self.photos:
            raise OptionError(f"{photo} and {self.photos[painting]} would both become {painting}; paint one elsewhere")
        check_place(Job(path, painting), self.save)
        self.photos[painting] = photo
        return photo, painting

    def carry_out(self, translator: "Translator", job: tuple[str, Path | None]) -> None:
        """Paints a photo to where `place` said."""
        photo, painting = job
        if painting is None or photo == STREAM:
            _paint_stream(translator, photo, painting, self.paint, self.save)
        else:
            _paint_file(translator, Path(photo), painting, self.paint, self.save)


def _paint_file(translator: "Translator", photo: Path, painting: Path, paint: PaintConfig, save: SaveConfig) -> None:
    from copyart.cli.progress import frames_progress

    with frames_progress() as watch:
        painted = translator.translate_file(photo, painting, paint, save, watch)
    if painted.frames > painted.painted_frames:
        _warn_of_frames(str(photo), painted.frames)
    say(_summary(painted))


def _paint_stream(
    translator: "Translator", photo: str, painting: Path | None, paint: PaintConfig, save: SaveConfig
) -> None:
    """Paints from standard input, to standard output, or both."""
    from copyart.images import encode, save_painting

    name = "standard input" if photo == STREAM else photo
    opened = translator.read(sys.stdin.buffer if photo == STREAM else Path(photo), paint, name)
    painted = translator.paint(opened, paint)
    _warn_of_frames(name, opened.frames)
    if painting is None:
        sys.stdout.buffer.write(encode(painted, opened, save, "standard output" if photo == STREAM else photo))
        sys.stdout.buffer.flush()
    else:
        save_painting(painted, opened, painting, save)


def _warn_of_frames(photo: str, frames: int) -> None:
    if frames > 1:
        say(f"Note: {frames_note(photo, frames)}", error=True)


def _summary(painted: "Painted") -> str:
    width, height = painted.size
    at_width, at_height = painted.painted_at
    frames = f"{painted.frames} frames " if painted.painted_frames > 1 else ""
    how = f"{frames}painted at {at_width} x {at_height} in {painted.seconds:.1f} s"
    return f"{painted.painting}  {width} x {height}, {how}"
