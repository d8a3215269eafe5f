"""The bars that are drawn while something is painted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_PATIENCE = 2.0  # seconds of work for which nobody needs a bar


@contextmanager
def frames_progress(deed: str = "Painting") -> Iterator[Callable[[int, int], None]]:
    """Gives what is to be told how many frames are painted, of how many; if it takes long, that draws a bar."""
    progress = pictures_progress("frames", deed)
    task = progress.add_task("", total=None)
    start = time.monotonic()

    def watch(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)
        if time.monotonic() - start > _PATIENCE and done < total:
            progress.start()  # does nothing if it has been

    try:
        yield watch
    finally:
        if progress.live.is_started:
            progress.stop()


def pictures_progress(what: str = "pictures", deed: str = "Painting") -> Progress:
    """A bar with pictures, pictures a second and the time left; on stderr, where that is a terminal."""
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    return Progress(
        TextColumn(deed),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(what),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
    )


class _Speed(ProgressColumn):
    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} {self._what}/s" if task.speed else "")
