"""`copyart download-weights`: fetch styles before they are needed."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import load_style
from copyart.cli.console import Several, say
from copyart.cli.styles import show_styles
from copyart.errors import BrokenStyleError, OptionError


def download_weights(
    styles: Annotated[
        list[str] | None,
        typer.Argument(metavar="STYLE", help="Names from --list, or owner/name[@revision] on the Hub."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that --list shows as available.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show what there is, and stop.")] = False,
    revision: Annotated[
        str | None, typer.Option(metavar="NAME", help="A branch, tag or commit of the Hub repo.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here.")] = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Fetch styles for use without a network. They come from the Hugging Face Hub and elsewhere, and are verified."""
    if list_:
        show_styles(cache_dir)
        return

    from copyart.models import read_catalogue

    names = list(dict.fromkeys([*(styles or []), *(read_catalogue() if all_ else [])]))
    if not names:
        raise OptionError("nothing to fetch; name a style, or give --all, or --list to see what there is")
    several = Several(len(names))
    several.each(names, partial(_fetch, cache=cache_dir, revision=revision, force=force))
    several.end()


def _fetch(name: str, *, cache: Path | None, revision: str | None, force: bool) -> None:
    """Fetches one style, once more if what is here is damaged, and says where it is."""
    from rich.filesize import decimal

    from copyart.models import find_style

    find = partial(find_style, name, cache=cache, revision=revision, progress=sys.stderr.isatty())
    style = load_style(find(force=force), cache)
    try:
        style.verify()
    except BrokenStyleError:
        style = load_style(find(force=True), cache)
        style.verify()
    say(f"{name}  {decimal(style.size)}  {style.folder}")
    if cache:
        say(f"To paint with it, set COPYART_CACHE={cache}", error=True)
