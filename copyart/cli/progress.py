"""The bar that `copyart batch` draws."""

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


def pictures_progress() -> Progress:
    """A bar with pictures, pictures a second and the time left; on stderr, where that is a terminal."""
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    return Progress(
        TextColumn("Painting"),
        BarColumn(),
        MofNCompleteColumn(),
        _PicturesPerSecond(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
    )


class _PicturesPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} pictures/s" if task.speed else "")
