"""The display of `copyart train`: a live view in a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from copyart.cli.console import say
from copyart.config import RunConfig
from copyart.recipes import to_toml
from copyart.training import Progress
from copyart.training.standing import Standing, rounded

if TYPE_CHECKING:
    from copyart.training.plan import Plan

_LINE_EVERY = 30.0  # seconds between plain lines


@contextmanager
def watch(*, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Shows each record that it is given."""
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield lambda progress: None
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4, transient=False) as live:
            yield lambda progress: live.update(view(progress))
    else:
        last = -_LINE_EVERY

        def line(progress: Progress) -> None:
            nonlocal last
            if progress.seconds - last >= _LINE_EVERY or progress.done or is_judged(progress):
                last = progress.seconds
                say(plain(progress), error=True)

        yield line


def view(progress: Progress) -> Group:
    """The live view of one record."""
    table = Table.grid(padding=(0, 3))
    for title in ("", *progress.domains):
        table.add_column(title, justify="right" if title else "left")
    table.add_row("", *(Text(word, style="dim") for word in progress.domains.values()))
    for term in progress.terms:
        if all(key in progress.smoothed for key in term.names()):
            table.add_row(term.label, *(f"{progress.smoothed[key]:.3g}" for key in term.names()))
    head = Text.assemble(
        (f"epoch {progress.epoch:.2f}   step {progress.step:,} of {progress.steps:,}   ", "bold"),
        f"{progress.pictures_per_second:.1f} pictures/s",
    )
    foot = f"{progress.device}   {progress.memory / 1e9:.1f} GB   learning rate {progress.learning_rate:.2g}"
    where = f"newest samples: {progress.grid}" if progress.grid else f"in {progress.folder}"
    bar = Table.grid(padding=(0, 3))
    bar.add_row(ProgressBar(total=progress.steps, completed=progress.step, width=50), f"{left(progress)} left")
    scores = [Text(score(progress.standing))] if progress.standing else []
    return Group(head, bar, table, *scores, Text(foot, style="dim"), Text(where, style="dim"))


def plain(progress: Progress) -> str:
    """One record as a line."""
    losses = "  ".join(f"{name} {value:.3g}" for name, value in progress.smoothed.items())
    return (
        f"step {progress.step}/{progress.steps}  epoch {progress.epoch:.2f}  "
        f"{progress.pictures_per_second:.1f} pictures/s  {left(progress)} left  "
        f"{progress.memory / 1e9:.1f} GB  {losses}"
        + (f"  {score(progress.standing)}" if progress.standing and is_judged(progress) else "")
    )


def is_judged(progress: Progress) -> bool:
    """True where the record is of a step that was evaluated."""
    return progress.standing is not None and progress.standing.step == progress.step


def score(standing: Standing) -> str:
    """The newest evaluation beside the best and what doing nothing gives, in a few words."""
    judged = standing.judged
    beside = "".join(f"; {name} {rounded(found[judged])}" for name, found in [*standing.beside.items()][:1])
    return (
        f"{judged} {rounded(standing.figures[judged])} "
        f"(best {rounded(standing.best[judged])} at step {standing.best_step:,}{beside})"
    )


def left(progress: Progress) -> str:
    """The time left, as 1:02:03."""
    return str(timedelta(seconds=round(progress.seconds_left)))


def show_plan(config: RunConfig, *, kept: Path | None = None) -> None:
    """Prints what a run would be."""
    from copyart.training.plan import plan

    planned = plan(config, kept=kept)
    for line in to_toml(config).splitlines():
        say(line)
    say("")
    rows = dict(planned.networks)
    rows["pictures"] = " and ".join(f"{count:,}" for count in planned.learned) or "not fetched yet"
    if planned.held_out:
        rows["held out"] = " and ".join(f"{count:,}" for count in planned.held_out)
    rows["device"] = f"{planned.device}, {planned.precision}"
    rows["steps"] = _steps(config, planned)
    width = max(map(len, rows))
    for name, words in rows.items():
        say(f"{name:<{width}}   {words}")


def _steps(config: RunConfig, planned: "Plan") -> str:
    if planned.steps is None:
        return f"{config.epochs} epochs"
    if planned.epoch is None:
        return f"{planned.steps:,}"
    return f"{planned.steps:,} ({planned.steps / planned.epoch:.1f} epochs of {planned.epoch:,})"
