"""`copyart batch`: paint a folder."""

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_translator
from copyart.cli.console import frames_note, orderly_stop, say
from copyart.cli.flags import Without, with_flags
from copyart.config import BatchConfig, PaintConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.errors import CopyartError, UnreadablePictureError

if TYPE_CHECKING:
    from copyart.destinations import Job
    from copyart.translator import Failed, Painted


@with_flags
def batch(
    photos: Annotated[Path, typer.Argument(metavar="IN", help="A folder of pictures.")],
    paintings: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the paintings; made if missing.")],
    *,
    style: options.StyleName = TranslatorConfig.style,
    config: BatchConfig,
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing/--overwrite", help="Leave paintings that are there, or paint them again."),
    ] = not SaveConfig.overwrite,
    paint: PaintConfig,
    reverse: options.Reverse = TranslatorConfig.reverse,
    device: options.Device = TranslatorConfig.device,
    tiling: TilingConfig,
    save: Annotated[SaveConfig, Without(("overwrite",))],
    verbose: options.Verbose = False,
) -> None:
    """Paint a folder. Stopped and started again, it goes on where it was."""
    save = replace(save, overwrite=not skip_existing, make_folder=True)

    jobs = _jobs(photos, paintings, save, recursive=config.recursive)
    _prepare(paintings, jobs, save)
    todo = [job for job in jobs if save.overwrite or not job.painting.exists()]
    start, failed = time.perf_counter(), 0
    if todo:
        found = choose(style, device, reverse=reverse)
        if refused := _refuse_all(todo):
            failed = len(refused)
        else:
            translator = load_translator(found, device=device, reverse=reverse, tiling=tiling)
            if verbose:
                say(translator.description, error=True)
            with orderly_stop():
                failed = _paint_all(translator.translate_many(todo, paint, save, config), len(todo))
    seconds = time.perf_counter() - start
    painted, skipped = len(todo) - failed, len(jobs) - len(todo)
    say(f"Painted {painted}, failed {failed}, already there {skipped}: {paintings} ({seconds:.1f} s)")
    if failed:
        raise typer.Exit(1)


def _jobs(photos: Path, paintings: Path, save: SaveConfig, *, recursive: bool) -> "list[Job]":
    """The photos that this process is to paint: all, or its share where `accelerate launch` has started several.

    Raises:
        UnreadablePictureError: If the folder holds no pictures, or cannot be read.
        OptionError: If both folders are the same, or a painting would take the place of a photo.
    """
    from copyart.destinations import plan

    jobs = plan(photos, paintings, save, recursive=recursive)
    if not jobs:
        raise UnreadablePictureError(
            f"{photos} holds no pictures" + ("" if recursive else "; give --recursive to search the folders in it too")
        )
    return jobs[int(os.environ.get("RANK") or 0) :: int(os.environ.get("WORLD_SIZE") or 1)]


def _prepare(paintings: Path, jobs: "list[Job]", save: SaveConfig) -> None:
    """Makes sure that paintings can be written, and removes what a killed run left half written."""
    from copyart.files import remove_leftovers
    from copyart.images import check_folder, check_writable, format_of

    check_folder(paintings)
    if key := format_of(save.format or "", default=""):
        check_writable(key, str(paintings))
    for folder in {job.painting.parent for job in jobs}:
        remove_leftovers(folder)


def _refuse_all(jobs: "list[Job]") -> list[CopyartError]:
    """Says of all photos why they cannot be painted if none of them can, for which torch is not needed."""
    from copyart.destinations import check_source

    refused: list[CopyartError] = []
    for job in jobs:
        try:
            check_source(job.photo)
        except CopyartError as error:
            refused.append(error)
        else:
            return []
    for problem in refused:
        say(f"Failed: {problem}", error=True)
    return refused


def _paint_all(results: "Iterable[Painted | Failed]", total: int) -> int:
    """Draws the bar while the pictures are painted, and says which failed and why; gives the number of those."""
    from copyart.cli.progress import pictures_progress
    from copyart.translator import Failed

    failed = 0
    with pictures_progress() as progress:
        task = progress.add_task("", total=total)
        try:
            for done in results:
                if isinstance(done, Failed):
                    failed += 1
                    progress.console.print(f"Failed: {done.error}")
                elif done.frames > done.painted_frames:
                    progress.console.print(f"Note: {frames_note(done.photo, done.frames)}")
                progress.advance(task)
        except KeyboardInterrupt:
            progress.stop()
            say("Stopped; what is painted is kept. The same command goes on where it was.", error=True)
            raise typer.Exit(130) from None
    return failed
