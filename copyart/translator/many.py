"""Works through many files: some are read and some are written while another is painted."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from copyart.config import BatchConfig, SaveConfig
from copyart.destinations import Job
from copyart.errors import CopyartError
from copyart.images import LargePhoto, Photo, save_painting
from copyart.moving import Moving
from copyart.tensors import Pixels
from copyart.translator.files import make_opened, open_for, painted
from copyart.translator.maker import Maker
from copyart.translator.results import Failed, Painted


@dataclass(frozen=True)
class _Opened:
    """A photo that has been read and is to be painted."""

    job: Job
    photo: Photo | LargePhoto | Moving
    start: float


@dataclass(frozen=True)
class _Painting:
    """A photo that has been painted and is to be written."""

    job: Job
    photo: Photo
    pixels: Pixels
    start: float


def make_many(
    maker: Maker, jobs: Iterable[Job], save: SaveConfig, batch: BatchConfig
) -> Generator[Painted | Failed, None, None]:
    """Works through many files, in no certain order; one that fails is yielded as `Failed` and stops no other.

    See `Translator.translate_many` for the rest.
    """
    stages = _Stages(maker, replace(save, make_folder=True))
    with ThreadPoolExecutor(batch.workers) as readers, ThreadPoolExecutor(batch.workers) as writers:
        writing: set[Future[Painted | Failed]] = set()
        try:
            for opened in _ahead(readers, stages.read, jobs, batch.workers):
                yield from (one for one in opened if isinstance(one, Failed))
                for group in stages.groups([one for one in opened if isinstance(one, _Opened)]):
                    for result in stages.paint(group):
                        if isinstance(result, _Painting):
                            writing.add(writers.submit(stages.write, result))
                        else:
                            yield result
                    done, writing = wait(writing, 0 if len(writing) <= batch.workers else None, FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            while writing:
                done, writing = wait(writing, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        finally:
            readers.shutdown(cancel_futures=True)
            writers.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Stages:
    """The stages that each photo goes through: it is read, painted with others of its size, and written."""

    maker: Maker
    save: SaveConfig

    def read(self, job: Job) -> _Opened | Failed:
        start = time.perf_counter()
        try:
            return _Opened(job, open_for(self.maker, job, self.save), start)
        except CopyartError as error:
            return Failed(job.photo, error)

    def groups(self, ready: list[_Opened]) -> Iterator[list[_Opened]]:
        """Puts photos that are alike together, as many as are painted at once."""
        most = self.maker.at_once
        alike: dict[object, list[_Opened]] = {}
        for opened in ready:
            alike.setdefault((type(opened.photo), self.maker.likeness(opened.photo)), []).append(opened)
        for group in alike.values():
            yield from (group[i : i + most] for i in range(0, len(group), most))

    def paint(self, group: list[_Opened]) -> Iterator[_Painting | Painted | Failed]:
        """Paints a group; what is too large for the memory is written too, strip by strip or frame by frame."""
        photos = [opened.photo for opened in group if isinstance(opened.photo, Photo)]
        if not photos:
            yield from map(self._paint_file, group)
            return
        try:
            paintings = self.maker.make_pixels(photos)
        except CopyartError as error:
            yield from (Failed(opened.job.photo, error) for opened in group)
            return
        for opened, photo, pixels in zip(group, photos, paintings, strict=True):
            yield _Painting(opened.job, photo, pixels, opened.start)

    def write(self, painting: _Painting) -> Painted | Failed:
        job, photo = painting.job, painting.photo
        try:
            save_painting(self.maker.finish(photo, painting.pixels), photo, job.painting, self.save)
        except CopyartError as error:
            return Failed(job.photo, error)
        return painted(self.maker, photo, job, painting.start)

    def _paint_file(self, opened: _Opened) -> Painted | Failed:
        try:
            return make_opened(self.maker, opened.photo, opened.job, self.save, opened.start)
        except CopyartError as error:
            return Failed(opened.job.photo, error)


def _ahead(
    pool: ThreadPoolExecutor, do: Callable[[Job], _Opened | Failed], jobs: Iterable[Job], count: int
) -> Iterator[list[_Opened | Failed]]:
    """Calls `do` with every job, up to `count` ahead of who takes the results; gives all that there are at a time."""
    waiting: set[Future[_Opened | Failed]] = set()
    for job in jobs:
        waiting.add(pool.submit(do, job))
        if len(waiting) > count:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield [one.result() for one in done]
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield [one.result() for one in done]
