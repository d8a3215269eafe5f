"""Makes one file of another: of a photo, strip by strip where it is large, or of all of what moves."""

import time

from copyart.config import SaveConfig
from copyart.destinations import Job, check_fits, check_place, check_source
from copyart.images import LargePhoto, Photo, can_stream, save_painting, save_strips
from copyart.moving import Moving, open_moving
from copyart.translator.maker import Maker
from copyart.translator.moving import make_frames
from copyart.translator.results import Painted, Watch


def make_file(maker: Maker, job: Job, save: SaveConfig, watch: Watch | None = None) -> Painted:
    """Makes one file of another, whole or not at all.

    Args:
        maker: What makes pictures.
        job: The photo, and where what is made of it goes.
        save: How to write.
        watch: Is told, of what moves, how many frames are done and how many there are, after each.

    Raises:
        PictureError: If the photo cannot be read, or what is made of it cannot be written.
        OptionError: If the format is unknown.
        DeviceError: If the device runs out of memory.
    """
    start = time.perf_counter()
    return make_opened(maker, open_for(maker, job, save), job, save, start, watch)


def open_for(maker: Maker, job: Job, save: SaveConfig) -> Photo | LargePhoto | Moving:
    """Opens a file for making another of it, once it is sure that the other may be written.

    Raises:
        PictureError: If the photo cannot be read, or what is made of it cannot go where it is to go.
        OptionError: If the format is unknown.
    """
    check_source(job.photo)
    check_place(job, save)
    opened = open_moving(job.photo, job.painting, save) or maker.open(job.photo)
    check_fits(job, maker.size(opened), save)
    return opened


def make_opened(
    maker: Maker,
    opened: Photo | LargePhoto | Moving,
    job: Job,
    save: SaveConfig,
    start: float,
    watch: Watch | None = None,
) -> Painted:
    """Makes a file of what `open_for` gives; see `make_file`.

    Args:
        maker: What makes pictures.
        opened: The photo.
        job: Where it is from, and where what is made of it goes.
        save: How to write.
        start: When the work began, in seconds by `time.perf_counter`.
        watch: As for `make_file`.
    """
    if not isinstance(opened, Photo | LargePhoto):
        return make_frames(maker, opened, job.painting, save, watch, start)
    if isinstance(opened, LargePhoto) and can_stream(opened, job.painting, save):
        save_strips(maker.make_strips(opened), maker.size(opened), opened, job.painting, save)
    else:
        save_painting(maker.make(opened), opened, job.painting, save)
    return painted(maker, opened, job, start)


def painted(maker: Maker, photo: Photo | LargePhoto, job: Job, start: float) -> Painted:
    """The record of a photo whose painting has been written; `start` is when the work began, by `time.perf_counter`."""
    seconds = time.perf_counter() - start
    return Painted(job.photo, job.painting, maker.size(photo), maker.size_at_work(photo), photo.frames, seconds)
