"""Two domains of pictures, as pairs of crops to learn from.

What a pair holds follows from the seed and its number alone: not from how many processes read, from what
came before, nor from where a run was resumed.
"""

import itertools
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from copyart.config import TrainConfig
from copyart.errors import CopyartError, DomainError, OptionError, UnreadablePictureError
from copyart.files import reason
from copyart.images import list_pictures, open_photo

logger = logging.getLogger(__name__)

Pixels = npt.NDArray[np.uint8]

_BLANK = 2.0  # standard deviation, of 255, under which a picture is near constant
_NARROW = 16  # times as long as wide: of such a strip most crops would be of its enlarged pixels
_READERS = 8
_NAMED = 20  # pictures that a notice names
_HELD_OUT_FROM = 10  # of fewer pictures for each one held out, none is held out


@dataclass(frozen=True)
class Domain:
    """The pictures of one domain.

    Attributes:
        name: What messages call it: where it came from.
        paths: The files that are learned from.
        samples: Those that are not; where there are too few to hold any out, some of `paths`.
        load_size: Short side in pixels to which they are scaled.
        pixels: The pictures of `paths`, h w 3, where they fit the memory; None for one that is of no use.
    """

    name: str
    paths: list[Path]
    samples: list[Path]
    load_size: int
    pixels: list[Pixels | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.paths)

    def picture(self, index: int) -> Pixels:
        """A picture, scaled, h w 3; for one that is of no use, the next that is."""
        for i in (*range(index, len(self)), *range(index)):
            pixels = self.pixels[i] if self.pixels else self.read(self.paths[i])
            if pixels is not None:
                return pixels
        raise DomainError(f"{self.name}: none of its {len(self)} pictures can be read any more")

    def read(self, path: Path) -> Pixels | None:
        """A picture from its file, scaled; None, with a notice, if it is of no use."""
        try:
            return read_scaled(path, self.load_size)
        except CopyartError as error:
            logger.info("%s is passed over: %s", path, _reason(error, path))
            return None


class UnpairedImages(Dataset[tuple[Tensor, Tensor]]):
    """Crops of two domains, paired by chance; item k is a pair of tensors, 3 size size, uint8.

    Each domain is gone through in an order of its own, shuffled anew each time it is through. So the larger
    sets the epoch, and of the smaller everything is used again.

    Args:
        a: The one domain.
        b: The other.
        size: Width and height of the crops, no more than either's `load_size`.
        flip: Mirror every other picture, by chance.
        seed: What all chance follows from.
    """

    def __init__(self, a: Domain, b: Domain, *, size: int, flip: bool, seed: int) -> None:
        self.a, self.b, self.size, self.flip, self.seed = a, b, size, flip, seed

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    def __getitem__(self, k: int) -> tuple[Tensor, Tensor]:
        return self._crop(0, self.a, k), self._crop(1, self.b, k)

    def _crop(self, which: int, domain: Domain, k: int) -> Tensor:
        time, place = divmod(k, len(domain))
        pixels = domain.picture(_order(self.seed, which, time, len(domain))[place])
        chance = np.random.default_rng([self.seed, which, k])
        top, left = (int(chance.random() * (side - self.size + 1)) for side in pixels.shape[:2])
        crop = pixels[top : top + self.size, left : left + self.size]
        if self.flip and chance.random() < 0.5:
            crop = crop[:, ::-1]
        return torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)))


@lru_cache(maxsize=4)
def _order(seed: int, which: int, time: int, count: int) -> Sequence[int]:
    order: list[int] = np.random.default_rng([seed, which, time, 1]).permutation(count).tolist()
    return order


def batches(
    images: UnpairedImages,
    steps: Iterable[int],
    batch_size: int,
    *,
    rank: int = 0,
    processes: int = 1,
    workers: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Reads the batches of these steps, those of one process of several; b 3 size size, uint8.

    Of one step, the first process gets the first pictures, the next those after: together they are the
    batch that one process would get alone.
    """
    firsts = ((step * processes + rank) * batch_size for step in steps)
    indices = (list(range(first, first + batch_size)) for first in firsts)
    try:
        yield from DataLoader(images, batch_sampler=indices, num_workers=min(workers, _cores()))
    except DomainError as error:  # one from another process comes with where it was raised
        raise DomainError(str(error).splitlines()[-1].removeprefix("copyart.errors.DomainError: ")) from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_domains(config: TrainConfig) -> tuple[Domain, Domain]:
    """Lists both domains, holds samples out, and decodes what fits the memory.

    Pictures that cannot be read or are nearly of one colour (which makes instance norms explode) are left
    out, with a notice that names them.

    Raises:
        OptionError: If both are the same folder, or one lies in the other.
        DomainError: If one is missing, or has fewer than two pictures to learn from.
    """
    a, b = Path(config.domain_a), Path(config.domain_b)
    share = config.memory_share / 2
    files = list_domain(a), list_domain(b)
    for one, other in ((a, b), (b, a)):
        if any(folder.samefile(one) for folder in (other, *other.resolve().parents)):
            where = "the same folder" if one.samefile(other) else f"in {one}"
            raise OptionError(f"domains a and b overlap: {other} is {where}; name one of photos and one of paintings")
    return _read_domain(a, files[0], config, share), _read_domain(b, files[1], config, share)


def list_domain(folder: Path) -> list[Path]:
    """The pictures in a folder and those in it.

    Raises:
        DomainError: If there are fewer than two.
    """
    try:
        if not folder.exists():
            raise DomainError(f"{folder}: there is no such folder; check the spelling")
        if not folder.is_dir():
            raise DomainError(f"{folder} is a file; name a folder of pictures")
        paths = list_pictures(folder, recursive=True)
    except OSError as error:
        raise DomainError(f"{folder} cannot be read: {reason(error)}") from error
    if len(paths) < 2:
        count = f"only one picture, {paths[0].name}" if paths else "no pictures"
        raise DomainError(f"{folder} holds {count}; a domain needs two at least, and hundreds to be learned well")
    return paths


def read_scaled(path: Path, load_size: int) -> Pixels:
    """Reads a picture, its short side scaled to `load_size`: h w 3.

    Raises:
        UnreadablePictureError: If it cannot be read, or nothing can be learned from it.
    """
    return _read(path, load_size)[0]


def scale(image: Image.Image, load_size: int) -> Image.Image:
    """A picture with a short side of `load_size` pixels."""
    ratio = load_size / min(image.size)
    size = (max(load_size, round(image.width * ratio)), max(load_size, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _read_domain(folder: Path, paths: list[Path], config: TrainConfig, memory_share: float) -> Domain:
    samples = paths[:: max(1, len(paths) // config.samples)][: config.samples]
    if len(paths) >= _HELD_OUT_FROM * config.samples:
        held_out = set(samples)
        paths = [path for path in paths if path not in held_out]
    domain = Domain(str(folder), paths, samples, config.load_size)
    if _fits(domain, memory_share):
        return _decoded(domain, config.image_size)
    logger.info("%s: %d pictures do not fit the memory and are read as they are needed", folder, len(paths))
    return _checked(domain, lambda path: domain.read(path) is not None)


def _read(path: Path, load_size: int) -> tuple[Pixels, int]:
    """A picture, and its own short side."""
    image = open_photo(path, least=load_size).image
    if max(image.size) > _NARROW * min(image.size):
        raise UnreadablePictureError(f"{path} is too narrow: {image.width} x {image.height}")
    pixels = np.asarray(scale(image, load_size))
    if pixels.std() < _BLANK:
        raise UnreadablePictureError(f"{path} is nearly of one colour")
    return pixels, min(image.size)


def _reason(error: Exception, path: Path) -> str:
    return str(error).removeprefix(f"{path}").removeprefix(":").strip()


def _fits(domain: Domain, memory_share: float) -> bool:
    """Whether all pictures fit, by the shapes of some of them."""
    shapes = []
    for path in domain.paths[:: max(1, len(domain.paths) // 32)]:
        try:
            with Image.open(path) as image:
                shapes.append(max(image.size) / min(image.size))
        except Exception:  # noqa: BLE001, S112  # those that cannot be read are named when they are decoded
            continue
    each = 3 * domain.load_size**2 * (sum(shapes) / len(shapes) if shapes else 1)
    return bool(each * len(domain) <= memory_share * psutil.virtual_memory().available)


def _decoded(domain: Domain, image_size: int) -> Domain:
    """The domain with its pixels."""
    everything = list(dict.fromkeys([*domain.paths, *domain.samples]))
    with ThreadPoolExecutor(_READERS) as pool:
        found = dict(zip(everything, pool.map(lambda path: _try(path, domain.load_size), everything), strict=True))
    _tell("left out", domain, [f"{path}: {problem}" for path, (_, _, problem) in found.items() if problem])
    small = [str(path) for path, (_, side, _) in found.items() if 0 < side < image_size]
    _tell(f"smaller than the crops of {image_size} pixels and enlarged", domain, small)
    checked = _checked(domain, lambda path: found[path][0] is not None)
    return replace(checked, pixels=[found[path][0] for path in domain.paths])


def _try(path: Path, load_size: int) -> tuple[Pixels | None, int, str]:
    """A picture, its own short side, and what is wrong with it."""
    try:
        return (*_read(path, load_size), "")
    except (CopyartError, MemoryError) as error:
        return None, 0, _reason(error, path)


def _checked(domain: Domain, is_useful: Callable[[Path], bool]) -> Domain:
    """The domain without samples that are of no use, if there are two pictures to learn from."""
    useful = list(itertools.islice(filter(is_useful, domain.paths), 2))
    if len(useful) < 2:
        raise DomainError(
            f"{domain.name}: of {len(domain)} pictures {len(useful)} can be learned from; a domain needs two at least"
        )
    return replace(domain, samples=list(filter(is_useful, domain.samples)) or useful)


def _tell(what: str, domain: Domain, names: list[str]) -> None:
    for name in names[:_NAMED]:
        logger.info("%s: %s: %s", domain.name, what, name)
    if len(names) > _NAMED:
        logger.info("%s: %s: %d more", domain.name, what, len(names) - _NAMED)
