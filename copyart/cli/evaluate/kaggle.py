"""`copyart evaluate kaggle`: what the competition takes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_translator, place
from copyart.cli.console import orderly_stop, say
from copyart.config import DOMAIN_FORMS, TranslatorConfig
from copyart.errors import OptionError
from copyart.files import place_for

if TYPE_CHECKING:
    from copyart.translator import Translator

_FILE = "images.zip"


def kaggle(
    photos: Annotated[str, typer.Argument(metavar="PHOTOS", help=f"7,000 to 10,000 pictures: {DOMAIN_FORMS}.")],
    out: Annotated[str, typer.Argument(metavar="OUT.zip", help=f"The file, or a folder to put {_FILE} into.")],
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            "-s",
            metavar="STYLE",
            help=f"As for `copyart translate`. (default: {TranslatorConfig.style})",
            autocompletion=options.complete_style,
        ),
    ] = None,
    painted: Annotated[
        bool, typer.Option("--painted", help="PHOTOS are paintings; only bring them into form.")
    ] = False,
    limit: options.Limit = None,
    device: options.Device = TranslatorConfig.device,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a submission to a Kaggle competition. It is "I'm Something of a Painter Myself": paintings of 256 x 256."""
    if painted and style:
        raise OptionError("--painted takes pictures as they are; leave out one of --painted and --style")
    file, make_folder = place_for(out, _FILE)
    if file.suffix.lower() != ".zip":
        raise OptionError(f"{file} is no name of a zip file; call it {_FILE}")
    place(out, _FILE, overwrite=overwrite)

    from rich.filesize import decimal

    from copyart.domains import check_domain

    check_domain(photos)
    found = None if painted else choose(style or TranslatorConfig.style, device)

    from copyart.evaluation.pictures import find_pictures
    from copyart.evaluation.submission import check_submission

    paths = find_pictures(photos, limit=limit, progress=sys.stderr.isatty())
    check_submission(photos, len(paths), file, overwrite=overwrite, make_folder=make_folder)
    translator = load_translator(found, device=device) if found else None
    with orderly_stop():
        count = _write(photos, paths, file, translator, overwrite=overwrite, make_folder=make_folder)
    say(f"{file}  {count:,} pictures, {decimal(file.stat().st_size)}")
    if file.name != _FILE:
        say(f"Note: the competition takes it only under the name {_FILE}", error=True)


def _write(
    photos: str, paths: list[Path], file: Path, translator: "Translator | None", *, overwrite: bool, make_folder: bool
) -> int:
    """Draws the bar while the pictures are painted; gives their number."""
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation.submission import write_submission

    with pictures_progress() as progress:
        task = progress.add_task("", total=len(paths))
        return write_submission(
            photos,
            paths,
            file,
            translator,
            overwrite=overwrite,
            make_folder=make_folder,
            watch=lambda count: progress.advance(task, count),
        )
