"""Looks at picture files and decodes nothing: what is no photo is refused before anything is loaded that paints."""

from pathlib import Path

from copyart.errors import UnreadablePictureError
from copyart.images.large import read_header
from copyart.images.photo import empty, identify, reading


def check_photo(path: Path) -> None:
    """Refuses a file that is no picture by its first bytes, and what `check_file` refuses; decodes nothing.

    Raises:
        UnreadablePictureError: If it is.
        MissingExtraError: If reading it takes a package that is not installed.
    """
    check_file(path)
    if not path.is_file():
        return  # of a pipe, nothing can be read twice
    if header := read_header(path):
        header.close()
        return  # however many pixels it says it has: what is too large for the memory may be read in strips
    with reading(str(path)), path.open("rb") as file:
        identify(file, str(path))


def read_size(path: Path) -> tuple[int, int]:
    """The width and height of a picture in pixels by the header of its file: a turned photo's may be swapped.

    Raises:
        UnreadablePictureError: If it cannot be read.
        MissingExtraError: If reading it takes a package that is not installed.
    """
    with reading(str(path)), path.open("rb") as file, identify(file, str(path)) as image:
        return image.size


def check_file(path: Path) -> None:
    """Refuses a file that is not there, may not be read or is empty.

    Raises:
        UnreadablePictureError: If it is.
    """
    with reading(str(path)):
        if path.is_dir():
            raise UnreadablePictureError(f"{path} is a folder; paint all of it with `copyart batch`")
        size = path.stat().st_size
        if path.is_file():
            path.open("rb").close()
            if size == 0:
                raise empty(str(path))
