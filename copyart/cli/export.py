"""`copyart export`: a style for programs without torch."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.console import say
from copyart.config import TranslatorConfig
from copyart.errors import OptionError

FORMATS = ("onnx",)


def export(
    style: options.StyleArgument,
    format: Annotated[  # noqa: A002  # the flag's name
        str, typer.Option(metavar="|".join(FORMATS), help="What to write it as.")
    ] = FORMATS[0],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file, or a folder that is there. (default: NAME.onnx in this folder)"),
    ] = None,
    reverse: options.Reverse = TranslatorConfig.reverse,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a style's network as a file that programs without torch can paint with: monet becomes monet.onnx."""
    if format not in FORMATS:
        raise OptionError(f"--format {format!r} is unknown; use {' or '.join(FORMATS)}")

    from rich.filesize import decimal

    from copyart.checkpoints import load_style
    from copyart.export import export_onnx

    loaded = load_style(style)
    path = output or Path()
    if path.is_dir():
        path /= f"{loaded.name}{'-reverse' * reverse}.{format}"
    export_onnx(loaded, path, reverse=reverse, overwrite=overwrite)
    say(f"{path}  {decimal(path.stat().st_size)}")
