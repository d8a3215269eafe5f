"""`copyart publish`: share a style on the Hugging Face Hub."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from copyart.cli.console import say


def publish(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A style's folder, or a training run's.")],
    repo: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where on the Hub; it is made if need be.")],
    private: Annotated[bool, typer.Option("--private", help="Show a new repository only to its owner.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be uploaded, and stop.")] = False,
) -> None:
    """Share a style on the Hugging Face Hub. Anyone can then paint with --style OWNER/NAME."""
    from rich.filesize import decimal

    from copyart.models.upload import prepare, upload

    prepared = prepare(folder, repo)
    style = prepared.style
    say(f"{style.name}: {style.title}, licence {style.license}")
    for name, size in prepared.files.items():
        say(f"  {name}  {decimal(size)}")
    if dry_run:
        say(f"Nothing was uploaded. Without --dry-run it goes to {prepared.address}")
        return
    say(f"Published: {upload(prepared, private=private, progress=sys.stderr.isatty())}")
    say(f"Paint with it: copyart translate photo.jpg --style {prepared.repo}")
