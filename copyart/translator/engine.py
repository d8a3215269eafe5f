"""A loaded style that paints photos: at which size, their pixels, strip by strip, and what belongs to a painting."""

import copy
import math
import threading
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import torch
from PIL import Image

from copyart.checkpoints import load_generator, load_style, load_upscaler
from copyart.config import BRUSHES, PaintConfig, TilingConfig, TranslatorConfig
from copyart.devices import pick_device, pick_dtype
from copyart.errors import BrokenStyleError
from copyart.extras import upgrade_line
from copyart.images import LargePhoto, Photo, open_large, open_photo, stacked
from copyart.models import Style, bundled_enlargers
from copyart.moving import Moving
from copyart.tensors import Pixels
from copyart.tiling import Step, TiledNetwork, no_step, restripped
from copyart.translator.enlargement import Enlargement
from copyart.translator.joining import blend_detail, enlarged_strip, finished, mixed, needs_photo
from copyart.translator.results import Watch, counting
from copyart.translator.streaking import Streaks, seen_size, streaked
from copyart.version import __version__

# The finer strokes are painted at so many times the size of the broad ones, or at the photo's own if that is less.
_FINER = 4

# How much of them is laid over the broad ones of a painting that is enlarged by interpolation, if nobody says it.
_DETAIL = 0.5

# The way back of a style with an enlarger makes photos, of which that has learned nothing: so it works without, and
# at this size instead of the smaller one of the style's paintings.
_WAY_BACK = 640

# The shape of the photo of whose long edge a style's size speaks. Networks learn from squares, so that strokes are in
# proportion where the short edge is that of these: photos of other shapes are painted with the same short edge.
_USUAL = 3 / 2

# The long edge is at most so many times as long as that short edge, or a strip could take any time and memory.
_LONGEST = 4

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
        self._streaks = 0 if reverse else self.style.streaks
        named = "" if reverse else _enlarger_of(self.style)
        self.enlarger = TiledNetwork(load_upscaler(named), self.device, self.dtype, tiling) if named else None
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
            frozen.network = self.network.freeze([self._seen(photo.resized(broad)) for photo in photos])
            if fine is not None:
                frozen._fine_network = self.network.freeze([self._seen(photo.resized(fine)) for photo in photos])
        return frozen

    def paint(self, photo: Photo | LargePhoto, config: PaintConfig) -> Image.Image:
        """Paints an opened photo; the painting is whole in memory, and as `Translator.translate` says.

        Raises:
            UnreadablePictureError: If a photo that stays in its file turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        if isinstance(photo, LargePhoto):
            return stacked(self.paint_strips(photo, config), photo.size[1])
        return self.finish(photo, self.paint_pixels([photo], config)[0], config)

    @property
    def description(self) -> str:
        """A line that says how it computes: style, device, number format, and how much at once."""
        enlarged = "" if self.enlarger is None else f"; enlarged by {self.style.enlarger}"
        return f"{self.style.name} on {self.network.description}{enlarged}"

    def painted_size(self, photo: Photo | LargePhoto | Moving, config: PaintConfig) -> tuple[int, int]:
        """The width and height in pixels at which the network is to paint a photo: its broad strokes."""
        if config.size == "native":
            return photo.size
        long, short = max(photo.size), min(photo.size)
        if isinstance(config.size, int):
            return _scaled(photo.size, config.size / long)
        side = self._short_edge(config)
        return _scaled(photo.size, min(side / short, _LONGEST * side / long))

    def fine_size(self, photo: Photo | LargePhoto | Moving, config: PaintConfig) -> tuple[int, int] | None:
        """The width and height in pixels at which it is to paint the finer strokes; None if there are to be none."""
        broad = self.painted_size(photo, config)
        scale = min(_FINER * max(broad) / max(photo.size), 1.0)
        fine = _scaled(photo.size, scale)
        return fine if self._detail(config) > 0 and max(fine) > max(broad) else None

    def paint_pixels(
        self, photos: list[Photo] | list[LargePhoto], config: PaintConfig, watch: Watch | None = None
    ) -> list[Pixels]:
        """Paints photos that are painted at one size, not yet mixed with anything of them.

        Args:
            photos: Of one `painted_size` and one `fine_size`.
            config: How to paint.
            watch: Is told how many tiles are painted and how many there are, after each; what it raises ends it.

        Returns:
            For each, h w 3, 0 to 255: of `fine_size`, or of `painted_size` where there are no finer strokes; or, in a
            style with an enlarger, what that makes of it, as large as the photo or still to be brought to its size.

        Raises:
            DeviceError: If the device runs out of memory.
        """
        ways = [self._way(photo, config) for photo in photos]
        enlarging = sum(way.tiles for way in ways if way is not None)
        step = counting(watch, self._tiles(photos[0], config) * len(photos) + enlarging)
        with self._one_at_a_time:
            paintings = self._run(photos, config, step)
            return [
                painting if way is None else way.run(painting, step)
                for way, painting in zip(ways, paintings, strict=True)
            ]

    def _run(self, photos: Sequence[Photo | LargePhoto], config: PaintConfig, step: Step) -> list[Pixels]:
        """Paints photos of one size at that size, broad and fine strokes joined."""
        broad, fine = self.painted_size(photos[0], config), self.fine_size(photos[0], config)
        scaled = [photo.resized(broad) for photo in photos]
        paintings = self.network.run_many([self._seen(each) for each in scaled], step)
        if fine is not None:
            scaled = [photo.resized(fine) for photo in photos]
            finer = self._fine_network.run_many([self._seen(each) for each in scaled], step)
            paintings = [blend_detail(*both, self._detail(config)) for both in zip(paintings, finer, strict=True)]
        mixing = [_mixes(photo, fine or broad, config) for photo in photos]
        return [
            mixed(small, painting, config.strength) if mixes else painting
            for mixes, small, painting in zip(mixing, scaled, paintings, strict=True)
        ]

    def _seen(self, scaled: Image.Image) -> Pixels:
        """A photo at the size at which it is painted, as the network is shown it: over streaks, h w 3."""
        return streaked(scaled, self._streaks, self.device)

    def _scaled_photo(self, photo: Photo | LargePhoto, config: PaintConfig) -> Image.Image | None:
        """The photo at the size at which it is mixed with its painting; None where that is its own, or nothing is."""
        size = self.fine_size(photo, config) or self.painted_size(photo, config)
        return photo.resized(size) if _mixes(photo, size, config) else None

    def _tiles(self, photo: Photo | LargePhoto, config: PaintConfig) -> int:
        """The number of pieces in which a photo is painted, before it is enlarged."""
        fine = self.fine_size(photo, config)
        return self.network.tiles(self.painted_size(photo, config)) + (self._fine_network.tiles(fine) if fine else 0)

    def _way(self, photo: Photo | LargePhoto, config: PaintConfig) -> Enlargement | None:
        """The way of a painting to its photo's size; None where interpolation does."""
        if self.enlarger is None:
            return None
        painted = self.fine_size(photo, config) or self.painted_size(photo, config)
        return Enlargement(self.enlarger, painted, photo.size)

    def _short_edge(self, config: PaintConfig) -> float:
        """The short edge in pixels at which a brush paints."""
        own = self.style.paint_size
        if self.reverse and self.style.enlarger:
            own = max(own, _WAY_BACK)
        return own / _USUAL * BRUSHES[config.brush]

    def _detail(self, config: PaintConfig) -> float:
        if config.detail is not None:
            return config.detail
        return _DETAIL if self.enlarger is None else 0.0

    def finish(self, photo: Photo, pixels: Pixels, config: PaintConfig) -> Image.Image:
        """Brings what `paint_pixels` gives to the photo's size, and adds what belongs to it: the result of `paint`."""
        whole = photo.size, 0, photo.size[1]
        painting = enlarged_strip(Image.fromarray(pixels), *whole)
        scaled = self._scaled_photo(photo, config)
        broad = None if scaled is None else enlarged_strip(scaled, *whole)
        return finished(photo, painting, config, self.signature, broad)

    def paint_strips(self, photo: LargePhoto, config: PaintConfig) -> Iterator[Image.Image]:
        """Paints a photo that stays in its file; gives its painting in strips, from top to bottom.

        Raises:
            UnreadablePictureError: If the photo turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        plain = not (needs_photo(config) or photo.mode.endswith("A"))
        strips = repeat(Photo(Image.new("RGB", (1, 1)), metadata=photo.metadata)) if plain else photo.strips(_ROWS)
        scaled, top = self._scaled_photo(photo, config), 0
        for strip, part in zip(strips, self._parts(photo, config), strict=not plain):
            bottom = top + part.height
            broad = None if scaled is None else enlarged_strip(scaled, photo.size, top, bottom)
            yield finished(strip, part, config, self.signature, broad)
            top = bottom

    def _parts(self, photo: LargePhoto, config: PaintConfig) -> Iterator[Image.Image]:
        """The painting alone, in strips of `_ROWS` rows."""
        width, height = photo.size
        way = self._way(photo, config)
        if self.painted_size(photo, config) == photo.size:
            with self._one_at_a_time:
                painted = self.network.run_strips(lambda: self._strips_seen(photo), width, height)
                yield from map(Image.fromarray, restripped(painted, _ROWS))
        elif way is not None and way.is_exact:
            with self._one_at_a_time:
                (painting,) = self._run([photo], config, no_step)
                yield from map(Image.fromarray, restripped(way.strips(painting), _ROWS))
        else:
            whole = Image.fromarray(self.paint_pixels([photo], config)[0])
            for top in range(0, height, _ROWS):
                yield enlarged_strip(whole, photo.size, top, min(top + _ROWS, height))

    def _strips_seen(self, photo: LargePhoto) -> Iterator[Pixels]:
        """The same of a photo that stays in its file, at its own size, in strips of `_ROWS` rows."""
        strips = (np.asarray(strip.image) for strip in photo.strips(_ROWS))
        if not self._streaks:
            return strips
        return Streaks(photo.resized(seen_size(photo.size)), photo.size, self._streaks, self.device).lay(strips)

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
        times = _FINER if self._detail(config) > 0 else 1
        if isinstance(config.size, int):
            return open_photo(photo, name, long_edge=config.size * times)
        return open_photo(photo, name, least=math.ceil(self._short_edge(config) * times))


def _enlarger_of(style: Style) -> str:
    """The name of the enlarger that a style asks for, or nothing.

    Raises:
        BrokenStyleError: If it does not come with this copyart.
    """
    if style.enlarger and style.enlarger not in bundled_enlargers():
        raise BrokenStyleError(
            f"style {style.name} asks for the enlarger {style.enlarger!r} of a newer copyart; {upgrade_line()}"
        )
    return style.enlarger


def _mixes(photo: Photo | LargePhoto, size: tuple[int, int], config: PaintConfig) -> bool:
    """True where a photo and what was painted of it at a size are mixed there, not at the photo's own."""
    return config.strength < 1 and size != photo.size


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
