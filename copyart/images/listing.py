"""The pictures in a folder."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from copyart.files import reason
from copyart.images.formats import FORMATS

logger = logging.getLogger(__name__)

_SUFFIXES = tuple(suffix for kind in FORMATS.values() for suffix in kind.suffixes)


def is_picture(name: str) -> bool:
    """Tells whether a file is a picture by its name."""
    return name.lower().endswith(_SUFFIXES)


def list_pictures(folder: Path, *, recursive: bool = False, skip: Path | None = None) -> list[Path]:
    """Lists the files in a folder that are pictures by their names, sorted; what is hidden is left out.

    Args:
        folder: Where to look.
        recursive: Also in the folders in it; one that cannot be read is left out with a notice.
        skip: A folder to leave out.

    Raises:
        OSError: If the folder cannot be read.
    """
    return sorted(_walk(folder, skip.resolve() if skip else None, recursive=recursive))


def _walk(folder: Path, skip: Path | None, *, recursive: bool) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        logger.info("%s is left out: %s", error.filename, reason(error))

    for place, subfolders, names in os.walk(folder, onerror=refuse):
        here = Path(place)
        subfolders[:] = [name for name in subfolders if recursive and not name.startswith(".")]
        subfolders[:] = [name for name in subfolders if skip is None or (here / name).resolve() != skip]
        yield from (here / name for name in names if not name.startswith(".") and is_picture(name))
