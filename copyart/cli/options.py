"""The options that several commands share, where they are not those of a configuration that the command takes."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from copyart.cli.flags import flag_of
from copyart.config import EnlargeConfig, SaveConfig, TranslatorConfig
from copyart.errors import CopyartError


def complete_style(incomplete: str) -> list[tuple[str, str]]:
    """The styles that are here whose names begin with what was typed, and their titles, for the shell to offer."""
    from copyart.models import list_styles

    with suppress(CopyartError, OSError):
        here = (style for style in list_styles() if style.folder)
        return [(style.name, style.title) for style in here if style.name.startswith(incomplete)]
    return []


def complete_enlarger(incomplete: str) -> list[str]:
    """The enlargers that come with copyart whose names begin with what was typed, for the shell to offer."""
    from copyart.models import bundled_enlargers

    return [name for name in bundled_enlargers() if name.startswith(incomplete)]


StyleName: TypeAlias = Annotated[str, flag_of(TranslatorConfig, "style", autocompletion=complete_style)]
StyleArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="STYLE",
        help="A name from `copyart styles`, a folder, a .pth file or owner/name.",
        autocompletion=complete_style,
    ),
]
EnlargerName: TypeAlias = Annotated[str, flag_of(EnlargeConfig, "model", autocompletion=complete_enlarger)]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="WHERE",
        help="A file, a folder (out/ is made), or - for standard output. (default: beside the photo)",
    ),
]
Reverse: TypeAlias = Annotated[bool, flag_of(TranslatorConfig, "reverse")]
Device: TypeAlias = Annotated[str, flag_of(TranslatorConfig, "device")]
Overwrite: TypeAlias = Annotated[bool, flag_of(SaveConfig, "overwrite")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Say how the painting is computed.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Page: TypeAlias = Annotated[
    str | None,
    typer.Option("--page", metavar="FILE", help="Write a page with plots and pictures too: FILE.html, or a folder."),
]
Limit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help="Take no more than N pictures of each kind, spread evenly over all."
    ),
]
CacheDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Where downloaded styles are kept. (default: $COPYART_CACHE, or ~/.cache/copyart)"
    ),
]
