"""Paints one file to another: a photo, strip by strip where it is large, or all of what moves."""

import time

from copyart.config import PaintConfig, SaveConfig
from copyart.destinations import Job, check_place, check_source
from copyart.images import LargePhoto, Photo, can_stream, save_painting, save_strips
from copyart.moving import Moving, open_moving
from copyart.translator.engine import Engine
from copyart.translator.moving import paint_frames
from copyart.translator.results import Painted, Watch


def open_for(engine: Engine, job: Job, paint: PaintConfig, save: SaveConfig) -> Photo | LargePhoto | Moving:
    """Opens a file for painting it to another, once it is sure that the other may be written.

    Raises:
        PictureError: If the photo cannot be read, or the painting cannot go where it is to go.
        OptionError: If the format is unknown.
    """
    check_source(job.photo)
    check_place(job, save)
    return open_moving(job.photo, job.painting, save) or engine.open(job.photo, paint)


def paint_file(
    engine: Engine,
    opened: Photo | LargePhoto | Moving,
    job: Job,
    paint: PaintConfig,
    save: SaveConfig,
    start: float,
    watch: Watch | None = None,
) -> Painted:
    """Paints what `open_for` gives, and writes the painting; `Translator.translate_file` says what becomes of it.

    Args:
        engine: What paints.
        opened: What to paint.
        job: Where it is from, and where its painting goes.
        paint: How to paint.
        save: How to write.
        start: When the work began, in seconds by `time.perf_counter`.
        watch: Is told, of what moves, how many frames are painted and how many there are, after each.

    Raises:
        PictureError: If the photo turns out to be damaged, or the painting cannot be written.
        DeviceError: If the device runs out of memory.
    """
    if not isinstance(opened, Photo | LargePhoto):
        return paint_frames(engine, opened, job.painting, paint, save, watch, start)
    if isinstance(opened, LargePhoto) and can_stream(opened, job.painting, save):
        size = opened.size[0] * (1 + paint.compare), opened.size[1]
        save_strips(engine.paint_strips(opened, paint), size, opened, job.painting, save)
    else:
        save_painting(engine.paint(opened, paint), opened, job.painting, save)
    return painted(engine, opened, job, paint, start)


def painted(engine: Engine, photo: Photo | LargePhoto, job: Job, paint: PaintConfig, start: float) -> Painted:
    """The record of a photo whose painting has been written; `start` is when the work began, by `time.perf_counter`."""
    size = photo.size[0] * (1 + paint.compare), photo.size[1]
    at, seconds = engine.painted_size(photo, paint), time.perf_counter() - start
    return Painted(job.photo, job.painting, size, at, photo.frames, seconds)
