"""`copyart export`: a style for programs without torch."""

from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_style, place
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
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="A file, or a folder. (default: NAME.onnx in this folder)"),
    ] = None,
    reverse: options.Reverse = TranslatorConfig.reverse,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a style for programs without torch. monet becomes monet.onnx."""
    if format not in FORMATS:
        raise OptionError(f"--format {format!r} is unknown; use {' or '.join(FORMATS)}")

    from copyart.extras import require

    require("onnx", "ONNX")
    found = choose(style, reverse=reverse)
    path = place(output or "./", f"{found.name}{'-reverse' * reverse}.{format}", overwrite=overwrite)

    from rich.filesize import decimal

    from copyart.export import export_onnx

    export_onnx(load_style(found), path, reverse=reverse, overwrite=overwrite, make_folder=True)
    say(f"{path}  {decimal(path.stat().st_size)}")
