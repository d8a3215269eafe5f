"""`copyart train`: learn a style from two domains of pictures, or an enlarger or a generator from one."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copyart import recipes
from copyart.cli.choosing import choose
from copyart.cli.console import say
from copyart.cli.flags import Typed, with_flags
from copyart.config import NoiseConfig, RunConfig, TrainConfig, UpscaleConfig, task_named
from copyart.devices import check_device
from copyart.errors import OptionError
from copyart.models import find_enlarger, find_generator

if TYPE_CHECKING:
    from copyart.training import Progress

RECIPES = "\n\n".join(["Recipes:", *(f"{name}: {about}" for name, about in recipes.list_recipes().items())])


@with_flags
def train(
    given: Annotated[dict[str, Any], Typed(TrainConfig, UpscaleConfig, NoiseConfig)],
    *,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with any of the fields that --dry-run prints.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, or else the last one.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and stop.")] = False,
) -> None:
    """Learn a style, an enlarger or a generator. Ctrl-C saves, --resume goes on."""
    recipe = given.pop("recipe", None)
    if resume and (config or recipe):
        raise OptionError("--resume goes on with the run's own configuration; leave --config and --recipe out")
    chosen = _resumed(given) if resume else recipes.configure(recipe, config, **given)
    _check_domains(chosen)
    check_device(chosen.device)
    if not resume:
        _check_new(chosen, dry_run=dry_run)
    if dry_run:
        from copyart.cli.training_view import show_plan

        show_plan(chosen, kept=Path(chosen.out) if resume else None)
        return
    _train(chosen, resume=resume)


def _resumed(given: dict[str, Any]) -> RunConfig:
    """The configuration of the run in `--out`, or of the last one, with what was said beside."""
    from copyart.training.run import Run, last_run

    out = given.get("out")
    run = Run(Path(out).expanduser()) if out else last_run()
    return run.config(**{**given, "out": str(run.folder)})


def _check_domains(config: RunConfig) -> None:
    """Refuses a domain that is missing, unknown or empty, which need not wait for torch."""
    from copyart.domains import check_domain

    for which, domain in config.domains.items():
        if not domain:
            raise OptionError(f"domain_{which} is missing; name one with --domain-{which}")
        check_domain(domain)


def _check_new(config: RunConfig, *, dry_run: bool) -> None:
    """Refuses a folder that is taken, and a model to start from that is not to be had."""
    from copyart.training.run import Run

    if config.out and not dry_run and not _is_other():
        Run(Path(config.out).expanduser()).check_free()
    if config.start and isinstance(config, TrainConfig):
        choose(config.start)
    elif config.start and isinstance(config, NoiseConfig):
        find_generator(config.start)
    elif config.start:
        find_enlarger(config.start, progress=sys.stderr.isatty())


def _train(config: RunConfig, *, resume: bool) -> None:
    from copyart.cli.training_view import watch
    from copyart.training import train as run_training

    last: Progress | None = None
    quiet = _is_other()  # one of several processes tells
    with _stoppable() as stop, watch(quiet=quiet) as show:
        for last in run_training(config, resume=resume, stop=stop, progress=sys.stderr.isatty()):
            show(last)
    if quiet:
        return
    if last is None:
        say("This run has come to its end already; begin another with --out, which may start from this one")
        return
    if not last.done:
        say(f"Stopped after step {last.step} of {last.steps}, and saved.")
        say(f"Go on with: copyart train --resume --out {last.folder}")
        raise typer.Exit(130)
    if last.step < last.steps and last.standing:
        say(f"Stopped after step {last.step} of {last.steps}: no better since step {last.standing.best_step}")
    task = task_named(config.task)
    if last.standing:
        say(f"The {task.result} is that of {last.standing.words()}")
    say(f"{last.folder}/{task.result} is ready: {task.use} {last.folder}")
    say(f"What it did: {last.folder}/report.html")


def _is_other() -> bool:
    """True in one of several processes that is not the first, which makes the run's folder and tells."""
    return os.environ.get("RANK", "0") != "0"


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, or a polite kill, ends the run after the step it is at; before the first step, or again, at once.

    Yields:
        What is to be asked after every step.
    """
    asked = begun = False

    def ask(number: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(number, before[signal.Signals(number)])
        if not begun:
            raise KeyboardInterrupt

    def stop() -> bool:
        nonlocal begun
        begun = True
        return asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
