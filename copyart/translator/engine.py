"""A loaded style that paints photos: at which size, their pixels, strip by strip, and what belongs to a painting."""

import copy
import threading
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import torch
from PIL import Image

from copyart.checkpoints import load_generator, load_style
from copyart.config import PaintConfig, TilingConfig, TranslatorConfig
from copyart.devices import pick_device, pick_dtype
from copyart.images import LargePhoto, Photo, open_large, open_photo
from copyart.models import Style
from copyart.moving import Moving
from copyart.tensors import Pixels
from copyart.tiling import Step, TiledNetwork, no_step, restripped
from copyart.translator.joining import blend_detail, enlarged_strip, finished, needs_photo
from copyart.translator.results import Watch
from copyart.version import __version__

# The finer strokes are painted at so many times the size of the broad ones, or at the photo's own if that is less.
_FINER = 4

# How many rows of a large photo are finished at a time.
_ROWS = 256


class Engine:
    """A painter in one style: its arguments, attributes and errors are those of `Translator`, which adds files."""

    def __init__(
        self,
        style: str | Style = TranslatorConfig.style,
        *,
        device: str = TranslatorConfig.device,
        reverse: bool = TranslatorConfig.reverse,
        dtype: torch.dtype | None = None,
        tiling: TilingConfig = TilingConfig(),  # noqa: B008  # frozen
    ) -> None:
        self.device = pick_device(device)
        self.dtype = dtype or pick_dtype(self.device)
        self.style = style if isinstance(style, Style) else load_style(style)
        self.reverse = reverse
        self.signature = f"copyart {__version__}, style {self.style.name}{', reversed' * reverse}"
        self.network = TiledNetwork(load_generator(self.style, reverse=reverse), self.device, self.dtype, tiling)
        self._fine_network = self.network
        self._one_at_a_time = threading.Lock()

    def frozen(self, photos: list[Photo], config: PaintConfig) -> Self:
        """Another for photos that are to agree in their colours, such as the frames of a film.

        What a network makes of a colour depends on the whole photo. The one given back paints every photo by what
        the network makes of these. It shares the weights with this one, which stays as it is.

        Args:
            photos: One, or several of one size.
            config: What they will be painted with.

        Raises:
            DeviceError: If the device runs out of memory.
        """
        frozen = copy.copy(self)
        broad, fine = self.painted_size(photos[0], config), self.fine_size(photos[0], config)
        with self._one_at_a_time:
            frozen.network = self.network.freeze([np.asarray(photo.resized(broad)) for photo in photos])
            if fine is not None:
                frozen._fine_network = self.network.freeze([np.asarray(photo.resized(fine)) for photo in photos])
        return frozen

    def paint(self, photo: Photo | LargePhoto, config: PaintConfig) -> Image.Image:
        """Paints an opened photo; the painting is whole in memory, and as `Translator.translate` says.

        Raises:
            UnreadablePictureError: If a photo that stays in its file turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        if isinstance(photo, LargePhoto):
            return _stacked(self.paint_strips(photo, config), photo.size[1])
        return self.finish(photo, self.paint_pixels([photo], config)[0], config)

    @property
    def description(self) -> str:
        """A line that says how it computes: style, device, number format, and how much at once."""
        threads = f" with {torch.get_num_threads()} threads" if self.device.type == "cpu" else ""
        network = self.network
        return (
            f"{self.style.name} on {self.device}{threads}, {str(self.dtype).removeprefix('torch.')}, channels_last; "
            f"up to {network.most / 1e6:.1f} megapixels at once, more in tiles of {network.tile} pixels "
            f"with a border of {network.border}"
        )

    def painted_size(self, photo: Photo | LargePhoto | Moving, config: PaintConfig) -> tuple[int, int]:
        """The width and height in pixels at which the network is to paint a photo: its broad strokes."""
        long_edge = max(photo.size)
        target = self.style.paint_size if config.size is None else config.size
        return _scaled(photo.size, target / long_edge if isinstance(target, int) else 1.0)

    def fine_size(self, photo: Photo | LargePhoto | Moving, config: PaintConfig) -> tuple[int, int] | None:
        """The width and height in pixels at which it is to paint the finer strokes; None if there are to be none."""
        broad = self.painted_size(photo, config)
        scale = min(_FINER * max(broad) / max(photo.size), 1.0)
        fine = _scaled(photo.size, scale)
        return fine if config.detail > 0 and max(fine) > max(broad) else None

    def paint_pixels(
        self, photos: list[Photo] | list[LargePhoto], config: PaintConfig, watch: Watch | None = None
    ) -> list[Pixels]:
        """Paints photos of one size, not yet brought back to it, nor mixed with anything of the photos.

        Args:
            photos: Of one size.
            config: How to paint.
            watch: Is told how many tiles are painted and how many there are, after each; what it raises ends it.

        Returns:
            For each, h w 3, 0 to 255: of `fine_size`, or of `painted_size` where there are no finer strokes.

        Raises:
            DeviceError: If the device runs out of memory.
        """
        broad, fine = self.painted_size(photos[0], config), self.fine_size(photos[0], config)
        tiles = self.network.tiles(broad) + (self._fine_network.tiles(fine) if fine else 0)
        step = no_step if watch is None else _counting(watch, tiles * len(photos))
        with self._one_at_a_time:
            paintings = self.network.run_many([np.asarray(photo.resized(broad)) for photo in photos], step)
            if fine is None:
                return paintings
            finer = self._fine_network.run_many([np.asarray(photo.resized(fine)) for photo in photos], step)
        return [blend_detail(*both, config.detail) for both in zip(paintings, finer, strict=True)]

    def finish(self, photo: Photo, pixels: Pixels, config: PaintConfig) -> Image.Image:
        """Brings what `paint_pixels` gives to the photo's size, and adds what belongs to it: the result of `paint`."""
        painting = enlarged_strip(Image.fromarray(pixels), photo.size, 0, photo.size[1])
        return finished(photo, painting, config, self.signature)

    def paint_strips(self, photo: LargePhoto, config: PaintConfig) -> Iterator[Image.Image]:
        """Paints a photo that stays in its file; gives its painting in strips, from top to bottom.

        Raises:
            UnreadablePictureError: If the photo turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        plain = not (needs_photo(config) or photo.mode.endswith("A"))
        strips = repeat(Photo(Image.new("RGB", (1, 1)), metadata=photo.metadata)) if plain else photo.strips(_ROWS)
        width, height = photo.size
        if self.painted_size(photo, config) == photo.size:
            with self._one_at_a_time:
                painted = self.network.run_strips(
                    lambda: (np.asarray(strip.image) for strip in photo.strips(_ROWS)), width, height
                )
                for strip, pixels in zip(strips, restripped(painted, _ROWS), strict=not plain):
                    yield finished(strip, Image.fromarray(pixels), config, self.signature)
            return
        painting = Image.fromarray(self.paint_pixels([photo], config)[0])
        for strip, top in zip(strips, range(0, height, _ROWS), strict=not plain):
            part = enlarged_strip(painting, photo.size, top, min(top + _ROWS, height))
            yield finished(strip, part, config, self.signature)

    def open(self, photo: Path, config: PaintConfig) -> Photo | LargePhoto:
        """Opens a photo for painting, and no more of it than that takes.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """
        return open_large(photo) or self.read(photo, config)

    def read(self, photo: Path | BinaryIO, config: PaintConfig, name: str | None = None) -> Photo:
        """Reads a photo into memory for painting; of a JPEG no larger than that takes.

        Args:
            photo: A path, or an open file.
            config: What it will be painted with.
            name: What to call it in messages; the path when None.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """
        if config.size == "native" or needs_photo(config):
            return open_photo(photo, name)
        target = self.style.paint_size if config.size is None else config.size
        return open_photo(photo, name, long_edge=int(target) * (_FINER if config.detail > 0 else 1))


def _counting(watch: Watch, count: int) -> Step:
    """A step that counts the tiles and tells `watch`; tiles that had to be halved may be more than `count`."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        watch(done, max(count, done))

    return step


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _stacked(strips: Iterator[Image.Image], height: int) -> Image.Image:
    first = next(strips)
    whole = Image.new(first.mode, (first.width, height))
    top = 0
    for strip in chain([first], strips):
        whole.paste(strip, (0, top))
        top += strip.height
    whole.info.update(first.info)
    return whole
