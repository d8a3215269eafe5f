"""Orders for several photos: where what is made of each goes, and that it is made, whoever makes it."""

import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copyart.cli.console import Several, frames_note, orderly_stop, say
from copyart.config import SaveConfig
from copyart.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from copyart.translator import Maker, Painted

    Find: TypeAlias = "Callable[[], Found]"

STREAM = "-"


@dataclass(frozen=True)
class Deed:
    """The words for what a command does.

    Attributes:
        doing: What stands before a bar.
        done: What stands before a number of pictures, or after `was`.
        how: What stands before the size at which the network was given a photo.
    """

    doing: str
    done: str
    how: str


@dataclass(frozen=True)
class Found:
    """A maker of pictures, found and not loaded yet.

    Attributes:
        label: What it adds to the names of photos.
        load: Loads it, and torch.
    """

    label: str
    load: "Callable[[], Maker]"


PAINTING = Deed("Painting", "painted", "painted at")
ENLARGING = Deed("Enlarging", "enlarged", "enlarged from")


def carry_out(
    photos: list[str],
    output: str | None,
    save: SaveConfig,
    deed: Deed,
    find: "Find",
    *,
    verbose: bool,
) -> None:
    """Makes a picture of each photo; one of several that fails gets a line and does not stop the others.

    Args:
        photos: What was typed: pictures, animations, videos; - for standard input.
        output: What was typed for -o.
        save: How to write.
        deed: What is done.
        find: Is called once there is a photo that can be read.
        verbose: Say how it is computed.

    Raises:
        CopyartError: If nothing can be done.
        typer.Exit: With code 1, if one of several failed.
    """
    if output is None and STREAM in photos:
        output = STREAM
    folder = _check(photos, output)
    order = _Order(output, replace(save, make_folder=folder), deed)
    several = Several(len(photos))

    if readable := several.each(photos, order.check):
        found = find()
        jobs = several.each(readable, partial(order.place, found.label))
        if jobs:
            maker = found.load()
            if verbose:
                say(maker.description, error=True)
            with orderly_stop():
                several.each(jobs, partial(order.carry_out, maker))
    several.end()


def _check(photos: list[str], output: str | None) -> bool:
    """Refuses what cannot be meant, before anything is loaded; tells whether `output` is a folder."""
    if output == STREAM and sys.stdout.isatty():
        raise OptionError("the picture would go to the terminal; give -o FILE, or send it on with | or >")
    if output in (None, STREAM):
        return False

    from copyart.files import names_folder
    from copyart.images import is_picture
    from copyart.moving import is_video

    if names_folder(output):
        return True
    if len(photos) > 1 and (Path(output).is_file() or is_picture(output) or is_video(output)):
        raise OptionError(f"{len(photos)} photos cannot all go to {output}; give a folder with -o, such as paintings/")
    return len(photos) > 1


@dataclass(frozen=True)
class _Order:
    """An order: of which photos, where what is made of them goes, and how it is written.

    Attributes:
        output: What was typed for -o.
        save: How to write; where its `make_folder` is set, `output` is a folder.
        deed: What is done.
        photos: Those that it is done to, by where what is made of them goes.
    """

    output: str | None
    save: SaveConfig
    deed: Deed
    photos: dict[Path, str] = field(default_factory=dict)

    def check(self, photo: str) -> str:
        """Refuses a photo that cannot be painted; gives it back."""
        from copyart.destinations import check_source
        from copyart.moving import is_video

        if self.output == STREAM and is_video(photo):
            raise OptionError(f"{photo} is a video, and videos cannot go to standard output; give -o FILE")
        if photo != STREAM:
            check_source(Path(photo))
        return photo

    def place(self, label: str, photo: str) -> tuple[str, Path | None]:
        """The photo, and where its painting goes, which is free; None is standard output."""
        from copyart.destinations import Job, check_place, destination
        from copyart.images import check_writable, format_of

        if self.output == STREAM:
            if self.save.format:
                check_writable(format_of(self.save.format), "standard output")
            return photo, None
        path = Path("stdin" if photo == STREAM else photo)
        output = Path(self.output) if self.output else None
        painting = destination(path, label, output, self.save, folder=self.save.make_folder)
        if painting in self.photos:
            raise OptionError(f"{photo} and {self.photos[painting]} would both become {painting}; paint one elsewhere")
        check_place(Job(path, painting), self.save)
        self.photos[painting] = photo
        return photo, painting

    def carry_out(self, maker: "Maker", job: tuple[str, Path | None]) -> None:
        """Makes of a photo what goes to where `place` said."""
        photo, painting = job
        if painting is None or photo == STREAM:
            self._make_stream(maker, photo, painting)
        else:
            self._make_file(maker, Path(photo), painting)

    def _make_file(self, maker: "Maker", photo: Path, painting: Path) -> None:
        from copyart.cli.progress import frames_progress
        from copyart.destinations import Job
        from copyart.translator import make_file

        with frames_progress(self.deed.doing) as watch:
            made = make_file(maker, Job(photo, painting), self.save, watch)
        if made.frames > made.painted_frames:
            self._warn_of_frames(str(photo), made.frames)
        say(self._summary(made))

    def _make_stream(self, maker: "Maker", photo: str, painting: Path | None) -> None:
        """Works from standard input, to standard output, or both."""
        from copyart.images import encode, save_painting

        name = "standard input" if photo == STREAM else photo
        opened = maker.read(sys.stdin.buffer if photo == STREAM else Path(photo), name)
        made = maker.make(opened)
        self._warn_of_frames(name, opened.frames)
        if painting is None:
            sys.stdout.buffer.write(encode(made, opened, self.save, "standard output" if photo == STREAM else photo))
            sys.stdout.buffer.flush()
        else:
            save_painting(made, opened, painting, self.save)

    def _warn_of_frames(self, photo: str, frames: int) -> None:
        if frames > 1:
            say(f"Note: {frames_note(photo, frames, self.deed.done)}", error=True)

    def _summary(self, made: "Painted") -> str:
        width, height = made.size
        at_width, at_height = made.painted_at
        frames = f"{made.frames} frames " if made.painted_frames > 1 else ""
        how = f"{frames}{self.deed.how} {at_width} x {at_height} in {made.seconds:.1f} s"
        return f"{made.painting}  {width} x {height}, {how}"
