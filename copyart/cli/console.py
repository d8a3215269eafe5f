"""The lines that commands print: one for one thing."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from copyart.errors import CopyartError

if TYPE_CHECKING:
    from rich.table import Table

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def say(line: str, *, error: bool = False) -> None:
    """Prints one line, on stderr when it is not the command's result."""
    print(" ".join(line.splitlines()), file=sys.stderr if error else sys.stdout, flush=True)


class Several:
    """One thing to work on, or several: of several, one that fails gets a line and does not stop the others.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._alone, self._failed = count == 1, False

    def each(self, things: Iterable[Thing], do: Callable[[Thing], Result]) -> list[Result]:
        """Calls `do` with each thing, or with those that an earlier call has left; gives the results where it works.

        Raises:
            CopyartError: If the only one fails.
        """
        done = []
        for thing in things:
            try:
                done.append(do(thing))
            except CopyartError as error:
                if self._alone:
                    raise
                self._failed = True
                say(f"Error: {error}", error=True)
        return done

    def end(self) -> None:
        """Ends the command with code 1 if any of several failed.

        Raises:
            typer.Exit: If so.
        """
        if self._failed:
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


def frames_note(photo: Path | str, frames: int, done: str = "painted") -> str:
    """The line about an animation or document of which only the first frame or page was painted, or whatever else."""
    return f"{photo} has {frames} frames; the first was {done}"
