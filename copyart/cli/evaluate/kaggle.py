"""`copyart evaluate kaggle`: what the competition takes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.console import orderly_stop, say
from copyart.config import DOMAIN_FORMS, TranslatorConfig
from copyart.errors import OptionError

if TYPE_CHECKING:
    from copyart.translator import Translator

_FILE = "images.zip"


def kaggle(
    photos: Annotated[str, typer.Argument(metavar="PHOTOS", help=f"7,000 to 10,000 pictures: {DOMAIN_FORMS}.")],
    file: Annotated[Path, typer.Argument(metavar="OUT.zip", help=f"The file, or a folder to put {_FILE} into.")],
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            "-s",
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
    """Write a submission to the Kaggle competition "I'm Something of a Painter Myself": paintings of 256 x 256."""
    if painted and style:
        raise OptionError("--painted takes pictures as they are; leave out one of --painted and --style")
    if file.is_dir():
        file /= _FILE
    if file.suffix.lower() != ".zip":
        raise OptionError(f"{file} is no name of a zip file; call it {_FILE}")

    from rich.filesize import decimal

    from copyart.evaluation.pictures import find_pictures
    from copyart.evaluation.submission import check_submission

    paths = find_pictures(photos, limit=limit, progress=sys.stderr.isatty())
    check_submission(photos, len(paths), file, overwrite=overwrite)
    translator = None if painted else _translator(style or TranslatorConfig.style, device)
    with orderly_stop():
        count = _write(photos, paths, file, translator, overwrite=overwrite)
    say(f"{file}  {count:,} pictures, {decimal(file.stat().st_size)}")
    if file.name != _FILE:
        say(f"Note: the competition takes it only under the name {_FILE}", error=True)


def _translator(style: str, device: str) -> "Translator":
    from copyart.devices import keep_memory
    from copyart.translator import Translator

    keep_memory()
    return Translator(style, device=device)


def _write(photos: str, paths: list[Path], file: Path, translator: "Translator | None", *, overwrite: bool) -> int:
    """Draws the bar while the pictures are painted; gives their number."""
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation.submission import write_submission

    with pictures_progress() as progress:
        task = progress.add_task("", total=len(paths))
        return write_submission(
            photos, paths, file, translator, overwrite=overwrite, watch=lambda count: progress.advance(task, count)
        )
