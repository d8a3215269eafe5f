"""One network over a picture of any size: in one piece where it fits the memory, else in tiles that show no seam.

Seams have two causes. A network that sees a tile alone pads it at the edges: so it is given a border as wide as it
sees, which is cut off again. And instance norms go by the mean and variance of what they are given, which differ from
tile to tile: so these are measured first, over parts from all over the picture, and frozen (`freeze_statistics`).
"""

import copy
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from copyart.config import TilingConfig
from copyart.devices import is_out_of_memory
from copyart.errors import DeviceError, OptionError
from copyart.networks import Network, freeze_statistics, measures_pictures
from copyart.tensors import Pixels, to_pixels, to_tensor
from copyart.tiling.spans import Span, cut, spread
from copyart.tiling.strips import take, windows

Step: TypeAlias = Callable[[], None]  # is called after each tile; what it raises ends the work

logger = logging.getLogger(__name__)

# In bytes. On a processor more is hardly faster; a GPU needs more to be busy.
_CPU_MEMORY = 360_000_000
_GPU_MEMORY = 2_000_000_000

# What a pixel takes on its way from 0..255 into a network, and one on its way back.
_BYTES_IN, _BYTES_OUT = 24, 24

# How many pictures of one size a GPU paints at once; to a processor it makes no difference.
_PICTURES = 8

# Into how many parts or more goes what is measured of a picture: fewer see too little of it.
_PARTS = 16

# Tiles have cores of at least so many pixels a side, or of the network's multiple: smaller ones are nearly all border.
_LEAST_TILE = 64


def no_step() -> None:
    """A step of which nobody is told."""


class TiledNetwork:
    """A network that takes pictures of any size within a limit of memory, and gives them `scale` times as large.

    Args:
        network: Any, in the state for use, not for training; it is moved to the device.
        device: Where to compute.
        dtype: In which number format.
        config: How large tiles may be.

    Attributes:
        scale: The output is so many times as high and as wide as the picture.
        at_once: How many pictures of one size are best given to it together.
        multiple: What the network's height and width are multiples of.
        border: Pixels on each side of a tile that the network is given beside it.
        least: Width and height in pixels of the smallest tile, without its border.
        most: Pixels that the network is given at once, borders included; fewer once the device ran out of memory.

    Raises:
        OptionError: If the memory allowed is too little for the smallest tile.
    """

    def __init__(self, network: Network, device: torch.device, dtype: torch.dtype, config: TilingConfig) -> None:
        self.device = device
        self.dtype = dtype
        self.network = network.to(device, dtype).to(memory_format=torch.channels_last)
        self.scale = network.scale
        self.at_once = 1 if device.type == "cpu" else _PICTURES
        self.multiple = network.size_multiple
        self.border = _round_up(network.receptive_field // 2, self.multiple)
        self.least = _round_up(_LEAST_TILE, self.multiple)
        self.bytes_per_pixel = network.values_per_pixel * dtype.itemsize + _BYTES_IN + _BYTES_OUT * self.scale**2
        self._measurable = self._fitting(config.memory)
        self.most = self._measurable if config.tile is None else self._rounded(config.tile)
        self._frozen = not measures_pictures(network)

    @property
    def description(self) -> str:
        """A line that says how it computes: device, number format, and how much at once."""
        threads = f" with {torch.get_num_threads()} threads" if self.device.type == "cpu" else ""
        return (
            f"{self.device}{threads}, {str(self.dtype).removeprefix('torch.')}, channels_last; "
            f"up to {self.most / 1e6:.1f} megapixels at once, more in tiles of {self.tile} pixels "
            f"with a border of {self.border}"
        )

    @property
    def tile(self) -> int:
        """Width and height in pixels of what is done at once of a picture that does not fit in one piece."""
        side = int(self.most**0.5) // self.multiple * self.multiple
        return max(side - 2 * self.border, self.least)

    def tiles(self, size: tuple[int, int]) -> int:
        """The number of pieces, 1 or one a tile, in which a picture of some width and height is done."""
        if self._fits(*size):
            return 1
        columns, rows = (len(self._cut(length)) for length in size)
        return columns * rows

    def run(self, pixels: Pixels, step: Step = no_step) -> Pixels:
        """Runs the network over a picture.

        Args:
            pixels: h w 3, 0 to 255.
            step: Is called after each tile; what it raises ends the work.

        Returns:
            (h scale) (w scale) 3.

        Raises:
            DeviceError: If the device has not enough memory even for the smallest tile.
        """
        height, width, _ = pixels.shape
        whole, top = np.empty((height * self.scale, width * self.scale, 3), np.uint8), 0
        for strip in self.run_strips(lambda: [pixels], width, height, step):
            whole[top : top + len(strip)] = strip
            top += len(strip)
        return whole

    def run_many(self, pictures: list[Pixels], step: Step = no_step) -> list[Pixels]:
        """Runs the network over pictures of one size, all at once if they fit the memory, else one by one.

        Args:
            pictures: Each h w 3, 0 to 255.
            step: Is called after each tile of pictures that are done one by one.

        Returns:
            For each, (h scale) (w scale) 3.

        Raises:
            DeviceError: If the device has not enough memory even for the smallest tile.
        """
        height, width, _ = pictures[0].shape
        if len(pictures) == 1 or len(pictures) * self._padded(width) * self._padded(height) > self.most:
            return [self.run(picture, step) for picture in pictures]
        try:
            return list(self._run(self.network, np.stack(pictures)))
        except _OutOfMemoryError:
            return [self.run(picture, step) for picture in pictures]

    def freeze(self, pictures: list[Pixels]) -> "TiledNetwork":
        """The same with frozen statistics: it runs over every picture by what the network measures over these.

        Args:
            pictures: One, or several of one size.

        Returns:
            Another that shares the weights; this one stays as it is.

        Raises:
            DeviceError: If the device has not enough memory even for small parts of them.
        """
        height, width, _ = pictures[0].shape
        frozen = copy.copy(self)
        frozen._frozen = not measures_pictures(self.network)
        while not frozen._frozen:
            parts = np.stack(pictures)
            if len(pictures) * self._padded(width) * self._padded(height) > frozen._measurable:
                places = frozen._parts(width, height, len(pictures))
                parts = np.concatenate([take([picture], *places) for picture in pictures])
            try:
                frozen.network = frozen._freeze(parts)
                frozen._frozen = True
            except _OutOfMemoryError as error:
                frozen._shrink(frozen._measurable, error)
        return frozen

    def run_strips(
        self, read: Callable[[], Iterable[Pixels]], width: int, height: int, step: Step = no_step
    ) -> Iterator[Pixels]:
        """Runs the network over a picture that is read, and given back, in strips from top to bottom.

        Args:
            read: Begins to read the picture: strips as wide as it is, any number of rows each. It is called
                once for a picture that fits in one piece or where there is nothing to measure, else twice.
            width: Of the whole picture in pixels.
            height: Of the whole picture in pixels.
            step: Is called after each tile; what it raises ends the work.

        Raises:
            DeviceError: If the device has not enough memory even for the smallest tile.
        """
        if self._fits(width, height):
            whole = np.concatenate(list(read()))
            try:
                done = self._run(self.network, whole[None])[0]
            except _OutOfMemoryError as error:
                self._shrink(self._padded(height) * self._padded(width), error)
            else:
                step()
                yield done
                return
        network, scale = self._measure(read, width, height), self.scale
        rows, columns = self._cut(height), self._cut(width)
        for row, window in zip(rows, windows(read(), rows), strict=True):
            strip = np.empty(((min(row.stop, height) - row.start) * scale, width * scale, 3), np.uint8)
            for column in columns:
                tile = self._run_tile(network, window, row, column)
                place = strip[:, column.start * scale : column.stop * scale]
                place[:] = tile[: place.shape[0], : place.shape[1]]
                step()
            yield strip

    def _run_tile(self, network: Network, window: Pixels, row: Span, column: Span) -> Pixels:
        """Runs the network over one tile, in smaller ones where there is not enough memory.

        Args:
            network: With frozen statistics, if it has any.
            window: The rows of the picture from `row.before` to `row.after`, as wide as the picture.
            row: The rows of the tile.
            column: Its columns.

        Returns:
            The tile without its border, `scale` times as large; of padding, what the network made of it.
        """
        given = window[:, column.before : column.after]
        if (row.after - row.before) * (column.after - column.before) <= self.most or self._is_least(row, column):
            try:
                tile: Pixels = self._run(network, given[None])[0][row.inner(self.scale), column.inner(self.scale)]
            except _OutOfMemoryError as error:
                self._shrink((row.after - row.before) * (column.after - column.before), error)
            else:
                return tile
        axis = 0 if row.stop - row.start >= column.stop - column.start else 1
        if axis == 0:
            parts = [
                self._run_tile(network, window[half.before - row.before : half.after - row.before], half, column)
                for half in row.halves(self.border, self.multiple)
            ]
        else:
            parts = [self._run_tile(network, window, row, half) for half in column.halves(self.border, self.multiple)]
        return np.concatenate(parts, axis)

    def _is_least(self, row: Span, column: Span) -> bool:
        return max(row.stop - row.start, column.stop - column.start) <= self.least

    def _measure(self, read: Callable[[], Iterable[Pixels]], width: int, height: int) -> Network:
        """Freezes the network's statistics over parts of the picture that are evenly spread and fit the memory."""
        while not self._frozen:
            parts = take(read(), *self._parts(width, height))
            try:
                return self._freeze(parts)
            except _OutOfMemoryError as error:
                self._shrink(self._measurable, error)
        return self.network

    def _parts(self, width: int, height: int, pictures: int = 1) -> tuple[list[tuple[int, int]], tuple[int, int]]:
        """The places (top, left) of the parts of each picture to measure, and their common height and width."""
        # Smaller parts than three quarters of the receptive field show the network mostly their own borders.
        side = min(0.75 * self.network.receptive_field, (self._measurable / _PARTS) ** 0.5)
        side = self._padded(int(side))
        h, w = min(side, height), min(side, width)
        count = max(self._measurable // pictures // (self._padded(h) * self._padded(w)), 1)
        columns = min(max(round((count * width / height) ** 0.5), 1), count, -(-width // w))
        rows = min(max(count // columns, 1), -(-height // h))
        tops, lefts = spread(height, h, rows, self.multiple), spread(width, w, columns, self.multiple)
        return list(product(tops, lefts)), (h, w)

    def _freeze(self, pictures: Pixels) -> Network:
        with _telling_out_of_memory():
            return freeze_statistics(self.network, self._to_tensor(pictures))

    def _run(self, network: Network, pictures: Pixels) -> Pixels:
        """Runs the network over b h w 3, each by its own statistics where those of the network are not frozen."""
        _, height, width, _ = pictures.shape
        with _telling_out_of_memory(), torch.inference_mode():
            y = network(self._to_tensor(pictures))
            return to_pixels(y[..., : height * self.scale, : width * self.scale])

    def _to_tensor(self, pictures: Pixels) -> Tensor:
        return self.network.pad(to_tensor(pictures).to(self.device, self.dtype, memory_format=torch.channels_last))

    def _fits(self, width: int, height: int) -> bool:
        """Tells whether a picture is done in one piece."""
        return self._padded(width) * self._padded(height) <= self.most

    def _cut(self, length: int) -> list[Span]:
        return cut(self._padded(length), self.tile, self.border, self.multiple)

    def _padded(self, length: int) -> int:
        return self.network.padded(length)

    def _rounded(self, tile: int) -> int:
        """The pixels of tiles of a size that was asked for, with their borders."""
        rounded = max(tile // self.multiple, 1) * self.multiple
        if rounded != tile:
            logger.warning("tile is %d; this style takes multiples of %d, so %d", tile, self.multiple, rounded)
        self.least = min(self.least, rounded)
        return (rounded + 2 * self.border) ** 2

    def _fitting(self, memory: int | None) -> int:
        """The number of pixels that the network can be given within so many megabytes; None is the device's default.

        Raises:
            OptionError: If they are too few for the smallest tile.
        """
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
        if not is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)  # which hold what there was no room beside
        raise _OutOfMemoryError from error


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
