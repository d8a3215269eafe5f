"""A picture made of each photo in a folder: killed at any moment, the same command goes on where it was."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from copyart.cli.console import frames_note, orderly_stop, say
from copyart.config import BatchConfig, SaveConfig
from copyart.errors import CopyartError, UnreadablePictureError

if TYPE_CHECKING:
    from copyart.cli.orders import Deed, Find
    from copyart.destinations import Job
    from copyart.translator import Failed, Painted


def work_through(
    photos: Path,
    paintings: Path,
    save: SaveConfig,
    config: BatchConfig,
    deed: "Deed",
    find: "Find",
    *,
    verbose: bool,
) -> None:
    """Makes a picture of each photo in a folder, those left out that are there; says how many.

    Args:
        photos: The folder.
        paintings: The folder for what is made; made if missing.
        save: How to write.
        config: How to go through the folder.
        deed: What is done.
        find: Is called if anything is to be done.
        verbose: Say how it is computed.

    Raises:
        CopyartError: If nothing can be done.
        typer.Exit: With code 1 if a photo failed, with 130 at Ctrl-C.
    """
    jobs = _jobs(photos, paintings, save, recursive=config.recursive)
    _prepare(paintings, jobs, save)
    todo = [job for job in jobs if save.overwrite or not job.painting.exists()]
    start, failed = time.perf_counter(), 0
    if todo:
        found = find()
        if refused := _refuse_all(todo):
            failed = len(refused)
        else:
            from copyart.translator import make_many

            maker = found.load()
            if verbose:
                say(maker.description, error=True)
            with orderly_stop():
                failed = _make_all(make_many(maker, todo, save, config), len(todo), deed)
    seconds = time.perf_counter() - start
    made, skipped = len(todo) - failed, len(jobs) - len(todo)
    say(f"{deed.done.capitalize()} {made}, failed {failed}, already there {skipped}: {paintings} ({seconds:.1f} s)")
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


def _make_all(results: "Iterable[Painted | Failed]", total: int, deed: "Deed") -> int:
    """Draws the bar while the pictures are made, and says which failed and why; gives the number of those."""
    from copyart.cli.progress import pictures_progress
    from copyart.translator import Failed

    failed = 0
    with pictures_progress(deed=deed.doing) as progress:
        task = progress.add_task("", total=total)
        try:
            for done in results:
                if isinstance(done, Failed):
                    failed += 1
                    progress.console.print(f"Failed: {done.error}")
                elif done.frames > done.painted_frames:
                    progress.console.print(f"Note: {frames_note(done.photo, done.frames, deed.done)}")
                progress.advance(task)
        except KeyboardInterrupt:
            progress.stop()
            say(f"Stopped; what is {deed.done} is kept. The same command goes on where it was.", error=True)
            raise typer.Exit(130) from None
    return failed
