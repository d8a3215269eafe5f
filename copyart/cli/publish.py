"""`copyart publish`: share a style or an enlarger on the Hugging Face Hub."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from copyart.cli.console import say

_USES = {
    "style": "Paint with it: copyart translate photo.jpg --style",
    "enlarger": "Enlarge with it: copyart enlarge photo.jpg --model",
}


def publish(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder of a style or an enlarger, or a training run's.")
    ],
    repo: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where on the Hub; it is made if need be.")],
    private: Annotated[bool, typer.Option("--private", help="Show a new repository only to its owner.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be uploaded, and stop.")] = False,
) -> None:
    """Share a style or an enlarger on the Hugging Face Hub. Anyone can then use it by OWNER/NAME."""
    from rich.filesize import decimal

    from copyart.models.upload import prepare, upload

    prepared = prepare(folder, repo)
    model = prepared.model
    say(f"{model.name}: {model.title}, licence {model.license}")
    for name, size in prepared.files.items():
        say(f"  {name}  {decimal(size)}")
    if dry_run:
        say(f"Nothing was uploaded. Without --dry-run it goes to {prepared.address}")
        return
    say(f"Published: {upload(prepared, private=private, progress=sys.stderr.isatty())}")
    say(f"{_USES[model.kind]} {prepared.repo}")
