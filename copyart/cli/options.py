"""The options that several commands share, in the order in which `--help` shows them."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from copyart.errors import CopyartError


def complete_style(incomplete: str) -> list[tuple[str, str]]:
    """For the shell: the styles that are here whose names begin with what was typed, and what they are called."""
    from copyart.styles import list_styles

    with suppress(CopyartError, OSError):
        here = (style for style in list_styles() if style.folder)
        return [(style.name, style.title) for style in here if style.name.startswith(incomplete)]
    return []


def parse_size(text: str | None) -> int | str | None:
    """Turns what was typed for --size into what `PaintConfig` takes."""
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else text


StyleName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--style",
        "-s",
        metavar="STYLE",
        help="A name from `copyart styles`, a folder, a .pth file, or owner/name on the Hugging Face Hub.",
        autocompletion=complete_style,
    ),
]
StyleArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="STYLE",
        help="A name from `copyart styles`, a folder, a .pth file or owner/name.",
        autocompletion=complete_style,
    ),
]
Size: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="N|native",
        help="Long edge in pixels to paint at; smaller means broader strokes. (default: the style's own)",
    ),
]
Detail: TypeAlias = Annotated[
    float, typer.Option(metavar="0..1", help="How much of finer strokes to lay over the broad ones; 0 is the fastest.")
]
Tile: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Paint at most N x N pixels at once. (default: what fits --memory)")
]
Memory: TypeAlias = Annotated[
    int | None, typer.Option(metavar="MB", help="Memory that the network may take. (default: what is fastest)")
]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Say how the painting is computed.")]
Strength: TypeAlias = Annotated[float, typer.Option(metavar="0..1", help="From 0, the photo, to 1, the painting.")]
KeepColor: TypeAlias = Annotated[bool, typer.Option("--keep-color", help="Keep the photo's colours.")]
Compare: TypeAlias = Annotated[bool, typer.Option("--compare", help="Put the photo to the left of the painting.")]
Reverse: TypeAlias = Annotated[bool, typer.Option("--reverse", help="The other way: from a painting to a photo.")]
Device: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="Where to compute: auto, cpu, cuda, cuda:N, mps or tpu.")
]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="jpeg, png, webp, tiff, bmp, gif, avif or heic; of a video mp4, mov, mkv or webm. "
        "(default: the photo's own)",
    ),
]
Quality: TypeAlias = Annotated[int, typer.Option(metavar="1..100", help="For JPEG, WebP, AVIF and HEIC.")]
Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]
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
