"""What the commands print: one line for one thing."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from copyart.errors import CopyartError

if TYPE_CHECKING:
    from rich.table import Table


def say(line: str, *, error: bool = False) -> None:
    """Prints one line, on stderr when it is not the command's result."""
    print(" ".join(line.splitlines()), file=sys.stderr if error else sys.stdout, flush=True)


def do_each(words: Sequence[str], do: Callable[[str], None]) -> None:
    """Does something with each word; of several, one that fails gets a line and does not stop the others.

    Raises:
        CopyartError: If the only one fails.
        typer.Exit: With code 1, after the last, if any of several failed.
    """
    failed = False
    for word in words:
        try:
            do(word)
        except CopyartError as error:
            if len(words) == 1:
                raise
            failed = True
            say(f"Error: {error}", error=True)
    if failed:
        raise typer.Exit(1)


@contextmanager
def orderly_stop() -> Iterator[None]:
    """Makes of SIGTERM an exit with code 143 on whose way nothing half written is left."""

    def stop(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def new_table() -> "Table":
    """A table to fill: columns under bold heads, without lines."""
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold")


def show_table(table: "Table") -> None:
    """Prints a table: as wide as the terminal, or in full where it goes to a file."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160, markup=False, emoji=False, highlight=False).print(table)


def frames_note(photo: Path | str, frames: int) -> str:
    """What to say of an animation of which a picture was made."""
    return f"{photo} has {frames} frames; the first was painted"
