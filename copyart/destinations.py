"""Places of paintings: beside the photo, where the user said, or in a tree of folders like the photos'."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from copyart.config import SaveConfig
from copyart.errors import OptionError, UnreadablePictureError, UnwritablePictureError
from copyart.extras import require
from copyart.files import reason
from copyart.images import FORMATS, check_file, check_free, check_photo, check_writable, format_of, list_pictures
from copyart.moving import VIDEOS, is_video, video_format_of, video_suffix

LAYERS, STAGES, PAGE = "layers.png", "stages.png", "index.html"  # of an inspection


@dataclass(frozen=True)
class Job:
    """A photo to paint, and where its painting is to go."""

    photo: Path
    painting: Path


def destination(photo: Path, label: str, output: Path | None, config: SaveConfig, *, folder: bool = False) -> Path:
    """The path of the painting of one photo.

    Args:
        photo: Where the photo is.
        label: What to add to its name, such as the style's.
        output: A file, a folder that is there, or None for the photo's own folder.
        config: With a `format` the name gets that format's suffix.
        folder: `output` is a folder even if it is not there yet.

    Raises:
        OptionError: If `output` names a file of no format, or of another than `config`.
    """
    name = f"{photo.stem}-{label}{_suffix(photo, config)}"
    if output is None:
        return photo.with_name(name)
    if folder or output.is_dir():
        return output / name
    key_of = video_format_of if is_video(photo.name) else format_of
    named = key_of(output.name) if output.suffix else None
    if named and config.format and named != key_of(config.format):
        raise OptionError(f"{output} is not the name of a {config.format} file; leave --format out, or change the name")
    return output


def plan(photos: Path, paintings: Path, config: SaveConfig, *, recursive: bool = False) -> list[Job]:
    """Lists the pictures in a folder and where their paintings go: the same names in another folder.

    What is hidden is left out, and so is `paintings` when it lies inside `photos`. Photos that would become
    one file (`a.jpg` and `a.png` as PNG) keep their whole names (`a.jpg.png` and `a.png.png`).

    Raises:
        UnreadablePictureError: If the folder is not there or cannot be read.
        OptionError: If both folders are the same, or a painting would take the place of a photo.
    """
    try:
        if not photos.exists():
            raise UnreadablePictureError(f"{photos}: there is no such folder; check the spelling")
        if not photos.is_dir():
            raise UnreadablePictureError(f"{photos} is a file; paint it with `copyart translate`")
        if paintings.exists() and paintings.samefile(photos):
            raise OptionError(f"{paintings} is the photos' own folder; name another one for the paintings")
        found = list_pictures(photos, recursive=recursive, skip=paintings)
    except OSError as error:
        raise UnreadablePictureError(f"{error.filename} cannot be read: {reason(error)}") from error
    inside, outside = photos.resolve(), paintings.resolve()
    originals = {inside / photo.relative_to(photos) for photo in found}
    names = {photo: name.relative_to(photos) for photo, name in _names(found, config).items()}
    for name in names.values():
        if outside / name in originals:
            raise OptionError(f"{paintings / name} is one of the photos; name another folder for the paintings")
    return [Job(photo, paintings / name) for photo, name in names.items()]


def check_source(photo: Path) -> None:
    """Refuses what cannot be painted, as far as that can be seen without torch and without decoding it.

    Raises:
        UnreadablePictureError: If it is not there, or neither a picture nor, by its name, a video.
        MissingExtraError: If reading it takes a package that is not installed.
    """
    if not is_video(photo.name):
        check_photo(photo)
        return
    check_file(photo)
    require("video", f"{photo} is a video, which")


def check_place(job: Job, config: SaveConfig) -> None:
    """Makes sure that a painting can go where it is to go, before it is painted.

    Raises:
        OptionError: If it would take the place of its photo.
        UnwritablePictureError: If a file is there and may not be replaced, or its folder cannot be written to.
        MissingExtraError: If writing it takes a package that is not installed.
    """
    protect(job.photo, job.painting)
    check_free(job.painting, config)
    if not is_video(job.photo.name) and (key := format_of(config.format or job.painting.name, default="")):
        check_writable(key, str(job.painting))


def check_fits(job: Job, size: tuple[int, int], config: SaveConfig) -> None:
    """Makes sure that the format can hold a picture as large as is to be made, before it is made.

    Args:
        job: The photo, and where what is made of it goes.
        size: Width and height of that in pixels.
        config: Its `format` decides; when None, the name.

    Raises:
        UnwritablePictureError: If it cannot.
    """
    word = config.format or (job.painting.name if job.painting.suffix else job.photo.name)
    if is_video(job.photo.name):
        key = video_format_of(config.format or f"x{video_suffix(Path(word), None)}")
        most: int | None = VIDEOS[key].side
    else:
        key = format_of(word, default="")
        most = FORMATS[key].side if key else None
    if most and max(size) > most:
        raise UnwritablePictureError(
            f"{job.painting}: {key} cannot hold this picture of {size[0]} x {size[1]}: "
            f"its sides have at most {most} pixels; choose another --format"
        )


def check_inspection(folder: Path, *, overwrite: bool) -> None:
    """Makes sure that an inspection can be written to a folder, which is made if it is missing, before the work.

    Raises:
        UnwritablePictureError: If it cannot, or a file is there that may not be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise UnwritablePictureError(f"{folder} is a file, and a folder is to be written; give another name with -o")
    for name in (LAYERS, STAGES, PAGE):
        check_free(folder / name, SaveConfig(overwrite=overwrite, make_folder=True))


def check_generated(folder: Path, names: Iterable[str], *, overwrite: bool) -> None:
    """Makes sure that made pictures can go to a folder, which is made if it is missing, before the work.

    Raises:
        UnwritablePictureError: If they cannot, or a file is there that may not be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise UnwritablePictureError(f"{folder} is a file, and a folder is to be written; give another name with --out")
    for name in names:
        check_free(folder / name, SaveConfig(overwrite=overwrite, make_folder=True))


def protect(photo: Path, painting: Path) -> None:
    """Makes sure that a painting does not take the place of its photo.

    Raises:
        OptionError: If it would.
    """
    if painting.exists() and photo.exists() and painting.samefile(photo):
        raise OptionError(f"{painting} is the photo itself; give another name with -o")


def _names(photos: list[Path], config: SaveConfig) -> dict[Path, Path]:
    """A name for each painting, where no two are the same, not even on a disk that ignores case."""
    names = {photo: photo.with_suffix(_suffix(photo, config)) for photo in photos}
    if config.format is None:
        return names  # as different as the photos' own
    whole = {photo: photo.with_name(photo.name + _suffix(photo, config)) for photo in photos}
    while True:
        taken = Counter(str(name).casefold() for name in names.values())
        doubtful = [photo for photo in photos if taken[str(names[photo]).casefold()] > 1]
        if all(names[photo] == whole[photo] for photo in doubtful):
            return names
        names |= {photo: whole[photo] for photo in doubtful}


def _suffix(photo: Path, config: SaveConfig) -> str:
    """The photo's own suffix, or that of the format asked for if the photo's is of another."""
    if is_video(photo.name):
        return video_suffix(photo, config.format)
    if config.format is None or format_of(photo.name, default="") == format_of(config.format):
        return photo.suffix
    return FORMATS[format_of(config.format)].suffixes[0]
