"""A style, loaded and ready to paint photos in memory, in files and by the million."""

import copy
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image

from copyart import __version__
from copyart.checkpoints import load_generator, load_style
from copyart.config import BatchConfig, PaintConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.destinations import Job, check_place, check_source
from copyart.devices import pick_device, pick_dtype
from copyart.images import (
    LargePhoto,
    Photo,
    can_stream,
    open_large,
    open_photo,
    save_painting,
    save_strips,
    to_photo,
)
from copyart.moving import Moving, open_moving
from copyart.styles import Style
from copyart.tensors import Pixels
from copyart.translator.joining import enlarged_strip, finished, lay_over, needs_photo
from copyart.translator.many import translate_many
from copyart.translator.moving import paint_frames
from copyart.translator.painter import Painter
from copyart.translator.results import Failed, Painted, Step, Watch, no_step
from copyart.translator.strips import restripped

# The finer strokes are painted at so many times the size of the broad ones, or at the photo's own if that is less.
_FINER = 4

# How many rows of a large photo are finished at a time.
_ROWS = 256


class Translator:
    """One style, loaded and ready to paint; may be used from several threads.

    Args:
        style: A name, folder, `.pth` file or Hub id as `copyart.load_style` takes it, or a `Style`.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps` or `tpu`.
        reverse: Paint the other way: paintings to photos.
        dtype: The number format to paint in; the device's fastest when None.
        tiling: How much of a picture is painted at once.

    Attributes:
        style: The style, whose files are here.
        device: Where it computes.
        dtype: The number format that it paints in.
        reverse: Whether it paints the other way.
        signature: What paintings name as the `Software` that made them.
        painter: What paints pixels, and says how many at once.

    Raises:
        StyleError: If the style cannot be found, fetched or used.
        DeviceError: If the device is unknown or not there.
        OptionError: If the memory allowed is too little.
    """

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
        self.painter = Painter(load_generator(self.style, reverse=reverse), self.device, self.dtype, tiling)
        self._fine_painter = self.painter
        self._one_at_a_time = threading.Lock()

    def holding(self, photos: list[Photo], config: PaintConfig) -> "Translator":
        """A translator for photos that are to agree in their colours, such as the frames of a film.

        What a network makes of a colour depends on the whole photo. The translator given back paints every
        photo by what the network makes of these. It shares the weights with this one, which stays as it is.

        Args:
            photos: One, or several of one size.
            config: What they will be painted with.

        Raises:
            DeviceError: If the device runs out of memory.
        """
        held = copy.copy(self)
        broad, fine = self.painted_size(photos[0], config), self.fine_size(photos[0], config)
        with self._one_at_a_time:
            held.painter = self.painter.held([np.asarray(photo.resized(broad)) for photo in photos])
            if fine is not None:
                held._fine_painter = self.painter.held([np.asarray(photo.resized(fine)) for photo in photos])
        return held

    def translate(
        self,
        image: Image.Image,
        *,
        size: int | str | None = PaintConfig.size,
        detail: float = PaintConfig.detail,
        strength: float = PaintConfig.strength,
        keep_color: bool = PaintConfig.keep_color,
        compare: bool = PaintConfig.compare,
    ) -> Image.Image:
        """Paints a picture.

        Args:
            image: Any Pillow picture; one that its EXIF says is turned is painted upright.
            size: Long edge in pixels at which the network paints, `"native"` for the picture's own, None for
                the style's `paint_size`. It sets how broad the strokes are, whatever the picture's size.
            detail: How much of the finer strokes of a second painting, at up to four times the size, is laid
                over the first where the picture is larger than that: from 0, none, to 1, all.
            strength: From 0, the picture as it is, to 1, the painting.
            keep_color: Keep the picture's colours, take only light and brushwork from the painting.
            compare: Put the picture to the left of the painting.

        Returns:
            The painting: RGB, or RGBA if the picture has transparency; 8 bits a channel, of the picture's
            own size (upright; twice as wide with `compare`), in its own colour profile; its `info` names what
            painted it as `Software`.

        Raises:
            OptionError: If an option is out of its range.
            UnreadablePictureError: If the picture cannot be decoded.
            DeviceError: If the device runs out of memory.
        """
        config = PaintConfig(size=size, detail=detail, strength=strength, keep_color=keep_color, compare=compare)
        return self.paint(to_photo(image), config)

    def paint(self, photo: Photo | LargePhoto, config: PaintConfig) -> Image.Image:
        """Paints an opened photo; as `translate`, which see."""
        if isinstance(photo, LargePhoto):
            return _stacked(self.paint_strips(photo, config), photo.size[1])
        return self.finish(photo, self.paint_pixels([photo], config)[0], config)

    @property
    def description(self) -> str:
        """How it computes, in a line."""
        threads = f" with {torch.get_num_threads()} threads" if self.device.type == "cpu" else ""
        painter = self.painter
        return (
            f"{self.style.name} on {self.device}{threads}, {str(self.dtype).removeprefix('torch.')}, channels_last; "
            f"up to {painter.most / 1e6:.1f} megapixels at once, more in tiles of {painter.tile} pixels "
            f"with a border of {painter.border}"
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

        Raises:
            DeviceError: If the device runs out of memory.
        """
        broad, fine = self.painted_size(photos[0], config), self.fine_size(photos[0], config)
        tiles = self.painter.tiles(broad) + (self._fine_painter.tiles(fine) if fine else 0)
        step = no_step if watch is None else _counting(watch, tiles * len(photos))
        with self._one_at_a_time:
            paintings = self.painter.paint_many([np.asarray(photo.resized(broad)) for photo in photos], step)
            if fine is None:
                return paintings
            finer = self._fine_painter.paint_many([np.asarray(photo.resized(fine)) for photo in photos], step)
        return [lay_over(*both, config.detail) for both in zip(paintings, finer, strict=True)]

    def finish(self, photo: Photo, pixels: Pixels, config: PaintConfig) -> Image.Image:
        """Makes of what `paint_pixels` gives what `paint` gives."""
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
                painted = self.painter.paint_strips(
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

    def translate_file(
        self,
        photo: Path,
        painting: Path,
        paint: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        watch: Watch | None = None,
    ) -> Painted:
        """Paints a file to a file, which gets the photo's EXIF, colour profile and resolution.

        All frames of an animation are painted if the painting's format can move, and all of a video, which
        keeps its sound.

        Args:
            photo: A picture or a video.
            painting: Where to write.
            paint: How to paint.
            save: How to write.
            watch: Is told, of what moves, how many frames are painted and how many there are, after each.

        Raises:
            PictureError: If the photo cannot be read or the painting not written; the photo is never touched.
            OptionError: If the format is unknown.
            DeviceError: If the device runs out of memory.
        """
        start, job = time.perf_counter(), Job(photo, painting)
        return self.paint_file(self.open_for(job, paint, save), job, paint, save, start, watch)

    def open_for(self, job: Job, paint: PaintConfig, save: SaveConfig) -> Photo | LargePhoto | Moving:
        """Opens a file for painting it to another, once it is sure that the other may be written.

        Raises:
            PictureError: If the photo cannot be read, or the painting cannot go where it is to go.
            OptionError: If the format is unknown.
        """
        check_source(job.photo)
        check_place(job, save)
        return open_moving(job.photo, job.painting, save) or self.open(job.photo, paint)

    def paint_file(
        self,
        opened: Photo | LargePhoto | Moving,
        job: Job,
        paint: PaintConfig,
        save: SaveConfig,
        start: float,
        watch: Watch | None = None,
    ) -> Painted:
        """Paints what `open_for` gives; as `translate_file`, which see. `start` is when the work began."""
        if not isinstance(opened, Photo | LargePhoto):
            return paint_frames(self, opened, job.painting, paint, save, watch, start)
        if isinstance(opened, LargePhoto) and can_stream(opened, job.painting, save):
            size = opened.size[0] * (1 + paint.compare), opened.size[1]
            save_strips(self.paint_strips(opened, paint), size, opened, job.painting, save)
        else:
            save_painting(self.paint(opened, paint), opened, job.painting, save)
        return self.painted(opened, job, paint, start)

    def painted(self, photo: Photo | LargePhoto, job: Job, paint: PaintConfig, start: float) -> Painted:
        """The record of a photo whose painting has been written; `start` is when the work began."""
        size = photo.size[0] * (1 + paint.compare), photo.size[1]
        at, seconds = self.painted_size(photo, paint), time.perf_counter() - start
        return Painted(job.photo, job.painting, size, at, photo.frames, seconds)

    def translate_many(
        self,
        jobs: Iterable[Job],
        paint: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        batch: BatchConfig = BatchConfig(),  # noqa: B008  # frozen
    ) -> Generator[Painted | Failed, None, None]:
        """Paints many files, reading and writing some while another is painted; in no certain order.

        A photo that fails is yielded as `Failed` and does not stop the others. Closing the iterator stops
        after the pictures that are being painted.
        """
        return translate_many(self, jobs, paint, save, batch)


def translate(
    image: Image.Image,
    style: str | Style = TranslatorConfig.style,
    *,
    size: int | str | None = PaintConfig.size,
    detail: float = PaintConfig.detail,
    strength: float = PaintConfig.strength,
    keep_color: bool = PaintConfig.keep_color,
    compare: bool = PaintConfig.compare,
    reverse: bool = TranslatorConfig.reverse,
    device: str = TranslatorConfig.device,
) -> Image.Image:
    """Paints one picture; to paint several, make a `Translator` once.

    The arguments, results and errors are those of `Translator` and `Translator.translate`.
    """
    translator = Translator(style, device=device, reverse=reverse)
    return translator.translate(
        image, size=size, detail=detail, strength=strength, keep_color=keep_color, compare=compare
    )


def _counting(watch: Watch, count: int) -> Step:
    """Makes of what is told of each tile what is told of all; tiles that had to be halved may be more than `count`."""
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
