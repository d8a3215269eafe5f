"""Submissions to Kaggle's competition "I'm Something of a Painter Myself": 7,000 to 10,000 paintings in a zip file."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from PIL import ExifTags, Image

from copyart.config import SaveConfig
from copyart.errors import CopyartError, EvaluationError, problem_of
from copyart.evaluation.painting import AS_LEARNED
from copyart.evaluation.pictures import square
from copyart.files import reason, whole_file, why_taken
from copyart.images import Photo, encode, open_photo
from copyart.images.exif import signed
from copyart.translator import Translator

logger = logging.getLogger(__name__)

LEAST, MOST = 7_000, 10_000  # pictures that the competition takes
SIDE = 256  # pixels
FILE = "images.zip"

_TAKEN = f"and the competition takes {LEAST:,} to {MOST:,}"
_JPEG = SaveConfig("jpeg", quality=95)
_READERS, _AHEAD = 4, 32


def check_submission(name: str, count: int, file: Path, *, overwrite: bool, make_folder: bool = False) -> None:
    """Makes sure that so many pictures can be handed in, and that the file can be written, before any is painted.

    Raises:
        EvaluationError: If not.
    """
    if problem := why_taken(file, overwrite=overwrite, make_folder=make_folder):
        raise EvaluationError(problem)
    if count > MOST:
        raise EvaluationError(f"{name} has {count:,} pictures, {_TAKEN}; give --limit {MOST} to take so many of them")
    if count < LEAST:
        raise EvaluationError(f"{name} has {count:,} pictures, {_TAKEN}; add {LEAST - count:,} more")


def write_submission(
    name: str,
    paths: Sequence[Path],
    file: Path,
    translator: Translator | None,
    *,
    overwrite: bool = False,
    make_folder: bool = False,
    watch: Callable[[int], None] = lambda _: None,
) -> int:
    """Paints photos at 256 x 256 pixels, cut square in the middle, into a zip file: whole, or not at all.

    A picture that cannot be read is named in a notice and left out.

    Args:
        name: The photos' name in messages.
        paths: Their files.
        file: The zip file.
        translator: The style that paints; None where they are paintings already.
        overwrite: Replace a file that is there.
        make_folder: Make the folder that it goes to, where that is missing.
        watch: Told after each few how many pictures they were.

    Returns:
        How many pictures are in it.

    Raises:
        EvaluationError: If there are fewer than 7,000 or more than 10,000, or the file cannot be written.
        DeviceError: If the device runs out of memory.
    """
    check_submission(name, len(paths), file, overwrite=overwrite, make_folder=make_folder)
    return pack(name, paths, file, translator, least=LEAST, watch=watch)


def pack(
    name: str,
    paths: Sequence[Path],
    file: Path,
    translator: Translator | None,
    *,
    least: int,
    watch: Callable[[int], None] = lambda _: None,
) -> int:
    """Paints any number of photos from `least` on into a zip file; the arguments are those of `write_submission`.

    Raises:
        EvaluationError: If fewer than `least` can be read, or the file cannot be written.
        DeviceError: If the device runs out of memory.
    """
    left_out, names = 0, iter(_names(paths))
    try:
        with whole_file(file) as part, ZipFile(part, "w") as archive:
            for group in _groups(paths, 1 if translator is None else translator.network.at_once):
                readable = {
                    entry: photo for entry, photo in zip(islice(names, len(group)), group, strict=True) if photo
                }
                left_out += len(group) - len(readable)
                if len(paths) - left_out < least:
                    raise EvaluationError(
                        f"{name}: {left_out:,} of its {len(paths):,} pictures cannot be read, and fewer than {least:,} "
                        "are left; mend those, or add others"
                    )
                for entry, data in zip(readable, _jpegs(list(readable.values()), translator), strict=True):
                    archive.writestr(_entry(entry), data)
                watch(len(group))
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {reason(error)}") from error
    return len(paths) - left_out


def _names(paths: Sequence[Path]) -> list[str]:
    """Names in the zip file: those of the photos where no two are the same, else numbers."""
    stems = [path.stem for path in paths]
    if len({stem.lower() for stem in stems}) < len(stems) or not all(map(_is_plain, stems)):
        stems = [f"{number:05}" for number in range(1, len(paths) + 1)]
    return [f"{stem}.jpg" for stem in stems]


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isprintable() and "\\" not in name


def _groups(paths: Sequence[Path], most: int) -> Iterator[list[Photo | None]]:
    """Reads pictures, some ahead of time; gives them in order, up to `most` together, None where one cannot be read."""
    waiting: deque[Future[Photo | None]] = deque()
    todo = iter(paths)
    with ThreadPoolExecutor(_READERS) as pool:
        try:
            while True:
                waiting.extend(pool.submit(_read, path) for path in islice(todo, _AHEAD - len(waiting)))
                if not waiting:
                    return
                yield [waiting.popleft().result() for _ in range(min(most, len(waiting)))]
        finally:
            pool.shutdown(cancel_futures=True)


def _read(path: Path) -> Photo | None:
    """A picture cut square, and of all that belongs to it only what made it."""
    try:
        photo = open_photo(path, least=SIDE)
        return Photo(square(photo.image, SIDE), exif=signed(b"", _software(photo.exif)))
    except (CopyartError, MemoryError) as error:
        logger.info("%s is left out: %s", path, problem_of(path, error))
        return None


def _software(exif: bytes) -> str:
    record = Image.Exif()
    record.load(exif)
    return str(record.get(ExifTags.Base.Software, ""))


def _jpegs(photos: list[Photo], translator: Translator | None) -> Iterator[bytes]:
    """Paints squares, unless they are paintings; each JPEG names what painted it."""
    if translator is None or not photos:
        paintings = [photo.image for photo in photos]
    else:
        paintings = [
            translator.finish(photo, pixels, AS_LEARNED)
            for photo, pixels in zip(photos, translator.paint_pixels(photos, AS_LEARNED), strict=True)
        ]
    for photo, painting in zip(photos, paintings, strict=True):
        yield encode(painting, photo, _JPEG, FILE)


def _entry(name: str) -> ZipInfo:
    """An entry that is the same whenever it is written, and that everybody may read once it is unpacked."""
    entry = ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry
