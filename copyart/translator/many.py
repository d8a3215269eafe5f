"""Paints many files: some are read and some are written while another is painted."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copyart.config import BatchConfig, PaintConfig, SaveConfig
from copyart.destinations import Job, protect
from copyart.errors import CopyartError
from copyart.images import LargePhoto, Photo, check_free, make_folder, save_painting
from copyart.moving import Moving, open_moving
from copyart.tensors import Pixels
from copyart.translator.results import Failed, Painted

if TYPE_CHECKING:
    from copyart.translator.translator import Translator


@dataclass(frozen=True)
class _Opened:
    """A photo that has been read and is to be painted."""

    job: Job
    photo: Photo | LargePhoto | Moving
    start: float


def translate_many(
    translator: "Translator", jobs: Iterable[Job], paint: PaintConfig, save: SaveConfig, batch: BatchConfig
) -> Generator[Painted | Failed, None, None]:
    """As `Translator.translate_many`, which see."""

    def read(job: Job) -> _Opened | Failed:
        start = time.perf_counter()
        try:
            make_folder(job.painting.parent)
            check_free(job.painting, save)
            protect(job.photo, job.painting)
            moving = open_moving(job.photo, job.painting, save)
            return _Opened(job, moving or translator.open(job.photo, paint), start)
        except CopyartError as error:
            return Failed(job.photo, error)

    def write(opened: _Opened, photo: Photo, pixels: Pixels) -> Painted | Failed:
        job = opened.job
        try:
            painting = translator.finish(photo, pixels, paint)
            save_painting(painting, photo, job.painting, save)
            at, seconds = translator.painted_size(photo, paint), time.perf_counter() - opened.start
            return Painted(job.photo, job.painting, painting.size, at, photo.frames, seconds)
        except CopyartError as error:
            return Failed(job.photo, error)

    def paint_all(group: list[_Opened]) -> Iterator[Future[Painted | Failed]]:
        """Paints photos that are painted at one size."""
        photos = [opened.photo for opened in group if isinstance(opened.photo, Photo)]
        if not photos:  # what is too large for the memory is read, painted and written in strips, or frame by frame
            yield from (_done(_try_file(opened.job)) for opened in group)
            return
        try:
            paintings = translator.paint_pixels(photos, paint)
        except CopyartError as error:
            yield from (_done(Failed(opened.job.photo, error)) for opened in group)
            return
        for opened, photo, pixels in zip(group, photos, paintings, strict=True):
            yield writers.submit(write, opened, photo, pixels)

    def _try_file(job: Job) -> Painted | Failed:
        try:
            return translator.translate_file(job.photo, job.painting, paint, save)
        except CopyartError as error:
            return Failed(job.photo, error)

    with ThreadPoolExecutor(batch.workers) as readers, ThreadPoolExecutor(batch.workers) as writers:
        writing: set[Future[Painted | Failed]] = set()
        try:
            for opened in _ahead(readers, read, jobs, batch.workers):
                yield from (one for one in opened if isinstance(one, Failed))
                ready = [one for one in opened if isinstance(one, _Opened)]
                for group in _groups(ready, translator, paint, translator.painter.at_once):
                    writing.update(paint_all(group))
                    done, writing = wait(writing, 0 if len(writing) <= batch.workers else None, FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            while writing:
                done, writing = wait(writing, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        finally:
            readers.shutdown(cancel_futures=True)
            writers.shutdown(cancel_futures=True)


def _ahead(
    pool: ThreadPoolExecutor, do: Callable[[Job], _Opened | Failed], jobs: Iterable[Job], count: int
) -> Iterator[list[_Opened | Failed]]:
    """Does something with every job, with up to `count` results waiting; gives all that there are at a time."""
    waiting: set[Future[_Opened | Failed]] = set()
    for job in jobs:
        waiting.add(pool.submit(do, job))
        if len(waiting) > count:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield [one.result() for one in done]
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield [one.result() for one in done]


def _groups(ready: list[_Opened], translator: "Translator", paint: PaintConfig, most: int) -> Iterator[list[_Opened]]:
    """Puts photos that are painted at one size together, up to `most` of them."""
    by_size: dict[object, list[_Opened]] = {}
    for opened in ready:
        photo = opened.photo
        kind = type(photo), translator.painted_size(photo, paint), translator.fine_size(photo, paint)
        by_size.setdefault(kind, []).append(opened)
    for group in by_size.values():
        yield from (group[i : i + most] for i in range(0, len(group), most))


def _done(result: Painted | Failed) -> Future[Painted | Failed]:
    future: Future[Painted | Failed] = Future()
    future.set_result(result)
    return future
