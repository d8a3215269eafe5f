"""What `copyart train` shows: a live view in a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from copyart.cli.console import say
from copyart.config import TrainConfig
from copyart.recipes import to_toml
from copyart.training import Progress
from copyart.training.evaluation import Standing

_LINE_EVERY = 30.0  # seconds between plain lines
_TERMS = {
    "critic": "critic",
    "fool": "fooling it",
    "cycle": "the way back",
    "identity": "left alone",
    "lattice": "the grid",
}


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
    for title in ("", "a", "b"):
        table.add_column(title, justify="right" if title else "left")
    table.add_row("", Text("photos", style="dim"), Text("paintings", style="dim"))
    for key, word in _TERMS.items():
        if f"{key}_a" in progress.smoothed:
            table.add_row(word, f"{progress.smoothed[f'{key}_a']:.3g}", f"{progress.smoothed[f'{key}_b']:.3g}")
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
    """Whether the record is of a step that was evaluated."""
    return progress.standing is not None and progress.standing.step == progress.step


def score(standing: Standing) -> str:
    """How near it has come to the artist, in a few words."""
    return (
        f"distance {standing.figures['distance']:.0f} (best {standing.best['distance']:.0f} at step "
        f"{standing.best_step:,}; photos {standing.photos['distance']:.0f})"
    )


def left(progress: Progress) -> str:
    """The time left, as 1:02:03."""
    return str(timedelta(seconds=round(progress.seconds_left)))


def show_plan(config: TrainConfig, *, kept: Path | None = None) -> None:
    """Prints what a run would be."""
    from copyart.training.plan import plan

    planned = plan(config, kept=kept)
    for line in to_toml(config).splitlines():
        say(line)
    say("")
    say(f"generators   2 x {planned.generator_parameters:,} parameters ({config.generator})")
    say(f"critics      2 x {planned.critic_parameters:,} parameters")
    known = planned.pictures_a is not None
    say(f"pictures     {planned.pictures_a:,} and {planned.pictures_b:,}" if known else "pictures     not fetched yet")
    if known:
        say(f"held out     {planned.held_out_a:,} and {planned.held_out_b:,}")
    say(f"device       {planned.device}, {planned.precision}")
    if planned.steps is None:
        say(f"steps        {config.epochs} epochs")
    elif planned.epoch is None:
        say(f"steps        {planned.steps:,}")
    else:
        say(f"steps        {planned.steps:,} ({planned.steps / planned.epoch:.1f} epochs of {planned.epoch:,})")
