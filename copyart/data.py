"""Domains of pictures, as batches of crops to learn from.

What an item holds follows from the seed and its number alone: not from how many processes read, from what
came before, nor from where a run was resumed.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from copyart.config import RunConfig
from copyart.errors import CopyartError, DomainError, problem_of
from copyart.images import open_photo, read_size
from copyart.tensors import Pixels

logger = logging.getLogger(__name__)

_READERS = 8


@dataclass(frozen=True)
class Domain:
    """The pictures of one domain.

    Attributes:
        name: What messages call it: where it came from.
        paths: The files that are learned from.
        held_out: Those that are not.
        samples: Some of those that are held out; where none is, some of `paths`.
        load_size: Short side in pixels to which they are scaled.
        enlarges: Smaller ones too; else these stay as they are.
        pixels: The pictures of `paths`, h w 3, where they fit the memory; None for one that cannot be read any more.
    """

    name: str
    paths: list[Path]
    held_out: list[Path]
    samples: list[Path]
    load_size: int
    enlarges: bool = True
    pixels: list[Pixels | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.paths)

    def picture(self, index: int) -> Pixels:
        """A picture, scaled, h w 3; for one that cannot be read any more, the next that can.

        Raises:
            DomainError: If none of them can be read any more.
        """
        for i in (*range(index, len(self)), *range(index)):
            pixels = self.pixels[i] if self.pixels else self.read(self.paths[i])
            if pixels is not None:
                return pixels
        raise DomainError(f"{self.name}: none of its {len(self)} pictures can be read any more")

    def read(self, path: Path) -> Pixels | None:
        """A picture from its file, scaled; None, with a notice, if that cannot be done any more."""
        try:
            return read_scaled(path, self.load_size, enlarge=self.enlarges)
        except (CopyartError, MemoryError) as error:
            logger.info("%s is passed over: %s", path, problem_of(path, error))
            return None


class Crops(Dataset[tuple[Tensor, ...]]):
    """Crops of one domain, or of several that are put together by chance; item k holds one of each, 3 size size, uint8.

    Each domain is gone through in an order of its own, shuffled anew each time it is through. So the largest
    sets the epoch, and of the others everything is used again.

    Args:
        domains: Whose pictures.
        size: Width and height of the crops, no more than any domain's `load_size`.
        flip: Mirror every other picture, by chance.
        seed: What all chance follows from.
        zoom: The most by which crops are taken larger and shrunk to their size, by chance; 1 takes them as they are.
    """

    def __init__(self, domains: Sequence[Domain], *, size: int, flip: bool, seed: int, zoom: float = 1.0) -> None:
        self.domains, self.size, self.flip, self.seed, self.zoom = domains, size, flip, seed, zoom

    def __len__(self) -> int:
        return max(map(len, self.domains))

    def __getitem__(self, k: int) -> tuple[Tensor, ...]:
        return tuple(self._crop(which, domain, k) for which, domain in enumerate(self.domains))

    def _crop(self, which: int, domain: Domain, k: int) -> Tensor:
        time, place = divmod(k, len(domain))
        pixels = domain.picture(_order(self.seed, which, time, len(domain))[place])
        chance = np.random.default_rng([self.seed, which, k])
        size = self.size
        if self.zoom > 1:
            size = min(int(size * (1 + (self.zoom - 1) * chance.random())), *pixels.shape[:2])
        top, left = (int(chance.random() * (side - size + 1)) for side in pixels.shape[:2])
        crop = pixels[top : top + size, left : left + size]
        if size > self.size:
            crop = np.asarray(Image.fromarray(crop).resize((self.size, self.size), Image.Resampling.LANCZOS))
        if self.flip and chance.random() < 0.5:
            crop = crop[:, ::-1]
        return torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)))


@lru_cache(maxsize=4)
def _order(seed: int, which: int, time: int, count: int) -> Sequence[int]:
    order: list[int] = np.random.default_rng([seed, which, time, 1]).permutation(count).tolist()
    return order


def batches(
    images: Crops,
    steps: Iterable[int],
    batch_size: int,
    *,
    rank: int = 0,
    processes: int = 1,
    workers: int = 0,
) -> Iterator[list[Tensor]]:
    """Reads the batches of these steps, those of one process of several: of each domain b 3 size size, uint8.

    Of one step, the first process gets the first pictures, the next those after: together they are the
    batch that one process would get alone.

    Args:
        images: The crops.
        steps: Numbers of the steps, from 0.
        batch_size: Crops of each domain in the batch of one process.
        rank: Which of the processes this is, from 0.
        processes: How many there are.
        workers: How many processes of its own read for this one; 0 for none, and no more than there are cores.

    Raises:
        DomainError: If none of a domain's pictures can be read any more.
    """
    firsts = ((step * processes + rank) * batch_size for step in steps)
    indices = (list(range(first, first + batch_size)) for first in firsts)
    try:
        yield from DataLoader(images, batch_sampler=indices, num_workers=min(workers, _cores()))
    except DomainError as error:  # one from another process comes with where it was raised
        raise DomainError(str(error).splitlines()[-1].removeprefix("copyart.errors.DomainError: ")) from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_domain(name: str, paths: Sequence[Path], held_out: Sequence[Path], config: RunConfig) -> Domain:
    """Decodes the pictures of a domain, if they fit its share of the memory.

    Args:
        name: What messages call the domain.
        paths: What is learned from.
        held_out: What is not.
        config: How large, how many samples, how much memory; each of its domains gets an equal part of that.
    """
    shown = held_out or paths
    samples = shown[:: max(1, len(shown) // config.samples)][: config.samples]
    domain = Domain(name, list(paths), list(held_out), list(samples), config.load_size, config.ENLARGES)
    if _fits(domain, config.memory_share / len(config.domains)):
        with ThreadPoolExecutor(_READERS) as pool:
            return replace(domain, pixels=list(pool.map(domain.read, domain.paths)))
    logger.info("%s: %d pictures do not fit the memory and are read as they are needed", name, len(paths))
    return domain


def read_scaled(path: Path, load_size: int, *, enlarge: bool = True) -> Pixels:
    """Reads a picture, its short side scaled to `load_size`, or where it is not to be enlarged, at most: h w 3.

    Raises:
        UnreadablePictureError: If it cannot be read.
    """
    return np.asarray(scale(open_photo(path, least=load_size).image, load_size, enlarge=enlarge))


def scale(image: Image.Image, load_size: int, *, enlarge: bool = True) -> Image.Image:
    """A picture with a short side of `load_size` pixels; one that is smaller stays as it is without `enlarge`."""
    if not enlarge and min(image.size) <= load_size:
        return image
    ratio = load_size / min(image.size)
    size = (max(load_size, round(image.width * ratio)), max(load_size, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _fits(domain: Domain, memory_share: float) -> bool:
    """True if all pictures, scaled, fit into that share of the free memory, by the shapes of some 32 of them."""
    shapes = []
    for path in domain.paths[:: max(1, len(domain.paths) // 32)]:
        with suppress(CopyartError):  # those that cannot be read are named when they are decoded
            size = read_size(path)
            shapes.append(max(size) / min(size))
    each = 3 * domain.load_size**2 * (sum(shapes) / len(shapes) if shapes else 1)
    return bool(each * len(domain) <= memory_share * psutil.virtual_memory().available)
