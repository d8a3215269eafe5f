"""`copyart styles`: what there is to paint with."""

from pathlib import Path

from copyart.cli import options
from copyart.cli.console import new_table, show_table


def styles(cache_dir: options.CacheDir = None) -> None:
    """List the styles. What they are called, where they are, their size, scores and licence.

    Nearer is how far paintings of photos that the style never saw are on the way from photos to the artist, kept how
    much of the photos' structure is in them.
    """
    show_styles(cache_dir)


def show_styles(cache_dir: Path | None) -> None:
    """Prints the table."""
    from rich.filesize import decimal

    from copyart.models import list_styles

    table = new_table()
    table.add_column("style", no_wrap=True)
    table.add_column("title")
    table.add_column("where", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("nearer", justify="right", no_wrap=True)
    table.add_column("kept", justify="right", no_wrap=True)
    table.add_column("hash held to", no_wrap=True)
    table.add_column("licence")
    for entry in list_styles(cache_dir):
        size = decimal(entry.size) if entry.size is not None else ""
        scores = (_percent(entry.quality.get(name)) for name in ("distance_closed", "structure_kept"))
        table.add_row(entry.name, entry.title, entry.where, size, *scores, entry.pinned, entry.license)
    show_table(table)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
