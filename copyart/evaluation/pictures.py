"""Pictures to judge: squares of one size, out of whatever pictures there are."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.data import scale
from copyart.domains import evenly, find_domain
from copyart.errors import CopyartError, EvaluationError, problem_of
from copyart.images import open_photo, read_size

logger = logging.getLogger(__name__)

_USUAL = 256  # pixels
_SMALL = 64  # from less on, what was compared would be enlargements
_SMALLEST = 32
_READERS = 4


@dataclass(frozen=True)
class Pictures:
    """Pictures of one kind, all squares of one size.

    Attributes:
        name: Their name in messages: where they came from.
        paths: Their files.
        pixels: b 3 s s, uint8.
        sizes: The width and height that each had.
    """

    name: str
    paths: list[Path]
    pixels: Tensor
    sizes: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.paths)

    def image(self, index: int) -> Image.Image:
        """One of the pictures, as it is judged."""
        return Image.fromarray(self.pixels[index].permute(1, 2, 0).numpy())


def find_pictures(source: str, *, limit: int | None = None, progress: bool = False) -> list[Path]:
    """Finds the pictures of a domain, whatever `copyart train` would take.

    Args:
        source: See `copyart.domains.find_domain`.
        limit: Take no more than so many, spread evenly over all.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        DomainError: If there are none, or the domain is unknown or damaged.
        DownloadError: If it cannot be fetched.
    """
    paths = find_domain(source, progress=progress).paths
    return paths if limit is None else evenly(paths, limit)


def common_side(kinds: Mapping[str, Sequence[Path]], size: int | None = None) -> int:
    """The width of the squares as which pictures are compared: 256 pixels, or less where one has less.

    Args:
        kinds: Their files, by what messages call them.
        size: The width that was asked for; smaller pictures are then enlarged, with a notice.

    Raises:
        EvaluationError: If a picture is too small to be compared, or the size asked for is.
    """
    shorts = {path: short for paths in kinds.values() for path in paths if (short := _short_side(path))}
    smallest = min(shorts, key=lambda path: shorts[path], default=None)
    if size is not None:
        if size < _SMALLEST:
            raise EvaluationError(f"size is {size}; give at least {_SMALLEST} pixels")
        for name, paths in kinds.items():
            if enlarged := sum(shorts.get(path, size) < size for path in paths):
                logger.info("%s: %d of %d pictures are enlarged to %d pixels", name, enlarged, len(paths), size)
        return size
    if smallest and shorts[smallest] < _SMALL:
        raise EvaluationError(
            f"{smallest} has a short side of {shorts[smallest]} pixels; leave it out, or say with --size at how many "
            "pixels all are to be compared"
        )
    return min(_USUAL, *shorts.values()) if shorts else _USUAL


def _short_side(path: Path) -> int:
    """The short side of a picture by its header; 0 if that cannot be read, which is named when it is decoded."""
    try:
        return min(read_size(path))
    except CopyartError:
        return 0


def read_squares(name: str, paths: Sequence[Path], side: int) -> Pictures:
    """Reads pictures: scaled so that the short side fits, and cut square in the middle.

    One that cannot be read is named in a notice and left out.

    Args:
        name: Their name in messages.
        paths: Their files.
        side: Width and height in pixels of the squares.

    Raises:
        EvaluationError: If none can be read.
    """
    pixels = torch.empty(len(paths), 3, side, side, dtype=torch.uint8)

    def read(index: int) -> tuple[int, int] | None:
        try:
            photo = open_photo(paths[index], least=side)
            cut = square(photo.image, side)
        except (CopyartError, MemoryError) as error:
            logger.info("%s is left out: %s", paths[index], problem_of(paths[index], error))
            return None
        pixels[index] = torch.from_numpy(np.array(cut)).permute(2, 0, 1)
        return photo.size

    with ThreadPoolExecutor(_READERS) as pool:
        sizes = list(pool.map(read, range(len(paths))))
    good = [i for i, size in enumerate(sizes) if size]
    if not good:
        raise EvaluationError(f"{name}: none of its {len(paths)} pictures can be read; check the files")
    if len(good) < len(paths):
        pixels = pixels[good]
    return Pictures(name, [paths[i] for i in good], pixels, [size for size in sizes if size])


def square(image: Image.Image, side: int) -> Image.Image:
    """Scales a picture so that its short side is `side`, and cuts it square in the middle; RGB."""
    image = scale(image, side)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).convert("RGB")


def sizes_of(pictures: Pictures) -> str:
    """A line that tells how many pictures there are, of which sizes, and how they are compared."""
    side = pictures.pixels.shape[-1]
    sizes = sorted(set(pictures.sizes), key=lambda size: size[0] * size[1])
    count = f"{pictures.name}: {len(pictures):,} pictures"
    if len(sizes) == 1:
        said = f"{count} of {sizes[0][0]} x {sizes[0][1]}"
    else:
        said = f"{count} of {len(sizes):,} sizes, {sizes[0][0]} x {sizes[0][1]} to {sizes[-1][0]} x {sizes[-1][1]}"
    return said if sizes == [(side, side)] else f"{said}, each scaled and cut to {side} x {side}"
