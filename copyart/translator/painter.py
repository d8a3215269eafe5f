"""Paints pixels of any number with one network: in one piece where they fit, else in tiles that show no seam."""

import copy
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.config import TilingConfig
from copyart.errors import DeviceError, OptionError
from copyart.networks import Generator, hold_statistics
from copyart.tensors import Pixels, to_pixels, to_tensor
from copyart.tiling import Span, cut, spread
from copyart.translator.results import Step, no_step
from copyart.translator.strips import take, windows

logger = logging.getLogger(__name__)

# In bytes. On a processor more is hardly faster; a GPU needs more to be busy.
_CPU_MEMORY = 360_000_000
_GPU_MEMORY = 2_000_000_000

# What torch, C++ and oneDNN say.
_OUT_OF_MEMORY = re.compile("memory|bad_alloc|could not create a primitive")

# What a pixel takes on its way from 0..255 into a network and back.
_PIXEL_BYTES = 48

# How many pictures of one size a GPU paints at once; to a processor it makes no difference.
_PICTURES = 8

# Into how many parts or more goes what is measured of a picture: fewer see too little of it.
_PARTS = 16

# Tiles have cores of at least so many pixels a side, or of the network's multiple: smaller ones are nearly all border.
_LEAST_TILE = 64


class Painter:
    """A network that paints pictures of any size within a limit of memory.

    Args:
        generator: The network; it is moved to the device.
        device: Where to compute.
        dtype: In which number format.
        config: How large tiles may be.

    Attributes:
        at_once: How many pictures of one size are best painted together.
        multiple: What the network's height and width are multiples of.
        border: Pixels on each side of a tile that the network is given beside it.
        least: Width and height in pixels of the smallest tile, without its border.
        most: Pixels that the network is given at once, borders included; fewer once the device ran out of memory.

    Raises:
        OptionError: If the memory allowed is too little for the smallest tile.
    """

    def __init__(self, generator: Generator, device: torch.device, dtype: torch.dtype, config: TilingConfig) -> None:
        self.device = device
        self.dtype = dtype
        self.generator = generator.to(device, dtype).to(memory_format=torch.channels_last)
        self.at_once = 1 if device.type == "cpu" else _PICTURES
        self.multiple = generator.size_multiple
        self.border = _round_up(generator.receptive_field // 2, self.multiple)
        self.least = _round_up(_LEAST_TILE, self.multiple)
        self.bytes_per_pixel = generator.values_per_pixel * dtype.itemsize + _PIXEL_BYTES
        self._measurable = self._fitting(config.memory)
        self.most = self._measurable if config.tile is None else self._rounded(config.tile)
        self._holds = False

    @property
    def tile(self) -> int:
        """Width and height in pixels of what is painted at once of a picture that does not fit in one piece."""
        side = int(self.most**0.5) // self.multiple * self.multiple
        return max(side - 2 * self.border, self.least)

    def tiles(self, size: tuple[int, int]) -> int:
        """In how many pieces a picture of some width and height is painted."""
        if self._fits(*size):
            return 1
        columns, rows = (len(self._cut(length)) for length in size)
        return columns * rows

    def paint(self, pixels: Pixels, step: Step = no_step) -> Pixels:
        """Paints a picture, h w 3; calls `step` after each tile."""
        height, width, _ = pixels.shape
        painting, top = np.empty_like(pixels), 0
        for strip in self.paint_strips(lambda: [pixels], width, height, step):
            painting[top : top + len(strip)] = strip
            top += len(strip)
        return painting

    def paint_many(self, pictures: list[Pixels], step: Step = no_step) -> list[Pixels]:
        """Paints pictures of one size, as `paint` does each, at once if they fit."""
        height, width, _ = pictures[0].shape
        if len(pictures) == 1 or len(pictures) * self._padded(width) * self._padded(height) > self.most:
            return [self.paint(picture, step) for picture in pictures]
        try:
            return list(self._run(self.generator, np.stack(pictures)))
        except _OutOfMemoryError:
            return [self.paint(picture, step) for picture in pictures]

    def hold(self, pictures: list[Pixels]) -> None:
        """From now on, paints everything by what the network measures over these pictures, all of one size.

        Raises:
            DeviceError: If the device has not enough memory even for small parts of them.
        """
        height, width, _ = pictures[0].shape
        self._holds = False
        while not self._holds:
            parts = np.stack(pictures)
            if len(pictures) * self._padded(width) * self._padded(height) > self._measurable:
                places = self._parts(width, height, len(pictures))
                parts = np.concatenate([take([picture], *places) for picture in pictures])
            try:
                self.generator = self._hold(parts)
                self._holds = True
            except _OutOfMemoryError as error:
                self._shrink(self._measurable, error)

    def held(self, pictures: list[Pixels]) -> "Painter":
        """A painter with the same weights that holds what they measure over these pictures; this one does not."""
        painter = copy.copy(self)
        painter.hold(pictures)
        return painter

    def paint_strips(
        self, read: Callable[[], Iterable[Pixels]], width: int, height: int, step: Step = no_step
    ) -> Iterator[Pixels]:
        """Paints a picture that is read, and given back, in strips from top to bottom.

        Args:
            read: Begins to read the picture: strips as wide as it is, any number of rows each. It is called
                once for a picture that fits in one piece, else twice: to measure, and to paint.
            width: Of the whole picture in pixels.
            height: Of the whole picture in pixels.
            step: Is called after each tile; what it raises ends the painting.

        Raises:
            DeviceError: If the device has not enough memory even for the smallest tile.
        """
        if self._fits(width, height):
            whole = np.concatenate(list(read()))
            try:
                painted = self._run(self.generator, whole[None])[0]
            except _OutOfMemoryError as error:
                self._shrink(self._padded(height) * self._padded(width), error)
            else:
                step()
                yield painted
                return
        held = self._measure(read, width, height)
        rows, columns = self._cut(height), self._cut(width)
        for row, window in zip(rows, windows(read(), rows), strict=True):
            strip = np.empty((min(row.stop, height) - row.start, width, 3), np.uint8)
            for column in columns:
                tile = self._paint_tile(held, window, row, column)
                strip[:, column.start : column.stop] = tile[: strip.shape[0], : width - column.start]
                step()
            yield strip

    def _paint_tile(self, generator: Generator, window: Pixels, row: Span, column: Span) -> Pixels:
        """Paints one tile, in smaller ones where there is not enough memory; `window` is the rows that it is given."""
        given = window[:, column.before : column.after]
        if (row.after - row.before) * (column.after - column.before) <= self.most or self._is_least(row, column):
            try:
                painted: Pixels = self._run(generator, given[None])[0][row.inner, column.inner]
            except _OutOfMemoryError as error:
                self._shrink((row.after - row.before) * (column.after - column.before), error)
            else:
                return painted
        axis = 0 if row.stop - row.start >= column.stop - column.start else 1
        if axis == 0:
            parts = [
                self._paint_tile(generator, window[half.before - row.before : half.after - row.before], half, column)
                for half in row.halves(self.border, self.multiple)
            ]
        else:
            parts = [
                self._paint_tile(generator, window, row, half) for half in column.halves(self.border, self.multiple)
            ]
        return np.concatenate(parts, axis)

    def _is_least(self, row: Span, column: Span) -> bool:
        return max(row.stop - row.start, column.stop - column.start) <= self.least

    def _measure(self, read: Callable[[], Iterable[Pixels]], width: int, height: int) -> Generator:
        """Holds the network's statistics over parts of the picture that are evenly spread and fit the memory."""
        while not self._holds:
            parts = take(read(), *self._parts(width, height))
            try:
                return self._hold(parts)
            except _OutOfMemoryError as error:
                self._shrink(self._measurable, error)
        return self.generator

    def _parts(self, width: int, height: int, pictures: int = 1) -> tuple[list[tuple[int, int]], tuple[int, int]]:
        """Where parts to measure of each of some pictures lie (top, left), and their common height and width."""
        # Smaller parts than three quarters of the receptive field show the network mostly their own borders.
        side = min(0.75 * self.generator.receptive_field, (self._measurable / _PARTS) ** 0.5)
        side = max(_round_up(int(side), self.multiple), self.generator.min_size)
        h, w = min(side, height), min(side, width)
        count = max(self._measurable // pictures // (self._padded(h) * self._padded(w)), 1)
        columns = min(max(round((count * width / height) ** 0.5), 1), count, -(-width // w))
        rows = min(max(count // columns, 1), -(-height // h))
        tops, lefts = spread(height, h, rows, self.multiple), spread(width, w, columns, self.multiple)
        return list(product(tops, lefts)), (h, w)

    def _hold(self, pictures: Pixels) -> Generator:
        with _telling_out_of_memory():
            return hold_statistics(self.generator, self._to_tensor(pictures))

    def _run(self, generator: Generator, pictures: Pixels) -> Pixels:
        """Paints b h w 3, each by its own statistics where the network does not hold any."""
        _, height, width, _ = pictures.shape
        with _telling_out_of_memory(), torch.inference_mode():
            return to_pixels(generator(self._to_tensor(pictures))[..., :height, :width])

    def _to_tensor(self, pictures: Pixels) -> Tensor:
        x = to_tensor(pictures).to(self.device, self.dtype, memory_format=torch.channels_last)
        return _pad(x, self.multiple, self.generator.min_size)

    def _fits(self, width: int, height: int) -> bool:
        """Whether a picture is painted in one piece."""
        return self._padded(width) * self._padded(height) <= self.most

    def _cut(self, length: int) -> list[Span]:
        return cut(self._padded(length), self.tile, self.border, self.multiple)

    def _padded(self, length: int) -> int:
        return max(_round_up(length, self.multiple), self.generator.min_size)

    def _rounded(self, tile: int) -> int:
        """The pixels of tiles of a size that was asked for, with their borders."""
        rounded = max(tile // self.multiple, 1) * self.multiple
        if rounded != tile:
            logger.warning("tile is %d; this style takes multiples of %d, so %d", tile, self.multiple, rounded)
        self.least = min(self.least, rounded)
        return (rounded + 2 * self.border) ** 2

    def _fitting(self, memory: int | None) -> int:
        """How many pixels the network can be given within so many megabytes."""
        if memory is None:
            default = _CPU_MEMORY if self.device.type == "cpu" else _GPU_MEMORY
            return max(default // self.bytes_per_pixel, self._fewest)
        most = memory * 1_000_000 // self.bytes_per_pixel
        if most < self._fewest:
            least = -(-self._fewest * self.bytes_per_pixel // 1_000_000)
            raise OptionError(f"memory is {memory} MB, too little for one tile of this style; give at least {least}")
        return most

    @property
    def _fewest(self) -> int:
        """The pixels of the smallest tile and its border."""
        return (self.least + 2 * self.border) ** 2

    def _shrink(self, pixels: int, error: Exception) -> None:
        """Goes on with half as much at once as has been tried.

        Raises:
            DeviceError: If that was the least.
        """
        if pixels <= self._fewest:
            raise DeviceError(
                f"{self.device} has not enough memory to paint even {self.least} x {self.least} pixels at once; "
                "close other programs or choose another --device"
            ) from error
        fewer = max(pixels // 2, self._fewest)
        self.most, self._measurable = min(self.most, fewer), min(self._measurable, fewer)
        logger.warning("%s has not enough memory; going on with tiles of %d pixels", self.device, self.tile)


class _OutOfMemoryError(Exception):
    pass


@contextmanager
def _telling_out_of_memory() -> Iterator[None]:
    """Tells a device's want of memory from every other error."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _OUT_OF_MEMORY.search(str(error)):
            raise
        traceback.clear_frames(error.__traceback__)  # which hold what there was no room beside
        raise _OutOfMemoryError from error


def _pad(x: Tensor, multiple: int, least: int) -> Tensor:
    """Continues `x` to the right and below, mirrored where it is large enough, until the network can take it."""
    height, width = x.shape[-2:]
    bottom = max(least, _round_up(height, multiple)) - height
    right = max(least, _round_up(width, multiple)) - width
    if not (right or bottom):
        return x
    mirrored = right < width and bottom < height
    return F.pad(x, (0, right, 0, bottom), mode="reflect" if mirrored else "replicate")


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
