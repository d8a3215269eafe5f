"""The workers: the loaded styles, and the threads in which photos are decoded, painted and encoded."""

import asyncio
import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from queue import SimpleQueue
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from copyart.config import PaintConfig, SaveConfig, ServeConfig
from copyart.errors import NoPictureError, OptionError
from copyart.images import FORMATS, Photo, encode, format_of, measure_photo, open_photo
from copyart.models import Style
from copyart.serving.forms import Form
from copyart.serving.stills import check_still

if TYPE_CHECKING:
    from copyart.tensors import Pixels
    from copyart.translator import Translator

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

SAMPLE = "sample.jpg"


@dataclass(frozen=True)
class Painting:
    """A painting as a file.

    Attributes:
        data: What the file holds.
        name: What to call it: `photo-monet.jpg`.
        media_type: Such as `image/jpeg`.
    """

    data: bytes
    name: str
    media_type: str


class Workers:
    """Threads that turn photos into paintings, beside the event loop.

    Args:
        styles: What there is to paint with.
        config: The limits, and where to compute.

    Attributes:
        samples: The same photo painted in each style, as JPEG, by the style's name; empty until all are loaded.
    """

    def __init__(self, styles: Sequence[Style], config: ServeConfig) -> None:
        self.styles = list(styles)
        self.samples: dict[str, bytes] = {}
        self._config = config
        self._closed = False
        self._idle: SimpleQueue[dict[str, Translator]] = SimpleQueue()  # the translators of each worker, by style
        self._translators: dict[str, Translator] = {}  # of the first
        self._paint_threads = ThreadPoolExecutor(config.workers, "paint")
        self._file_threads = ThreadPoolExecutor(config.workers + 1, "file")

    @property
    def ready(self) -> bool:
        """True once all styles are loaded."""
        return bool(self.samples)

    async def load(self) -> None:
        """Loads the styles and paints a sample with each, which takes seconds.

        Raises:
            CopyartError: If a style is broken or the device is not there.
        """
        # Each thread in which torch computes keeps helpers of its own, which would slow the paint threads down.
        await asyncio.wrap_future(self._paint_threads.submit(self._load))

    async def check(self, form: Form) -> None:
        """Checks that a photo can be painted, before anything of it is decoded.

        Raises:
            Problem: If it is more than one picture.
            UnreadablePictureError: If it is no picture, or has too many pixels.
            OptionError: If it is to be painted at a size with too many.
        """
        await _done_in(self._file_threads, threading.Event(), self._check, form)

    async def paint(self, form: Form, tell: Callable[[int, int], None]) -> Painting:
        """Paints a photo. Cancelled, it ends when the tile or the decoder that is at work is done.

        Args:
            form: The photo, and how it is to be painted.
            tell: Is told, on the event loop, how many tiles are painted and how many there are, after each.

        Raises:
            PictureError: If the photo is damaged, or the format cannot hold the painting.
            DeviceError: If there is not enough memory.
        """
        stop, loop = threading.Event(), asyncio.get_running_loop()

        def watch(done: int, tiles: int) -> None:
            if stop.is_set():
                raise _StoppedError
            loop.call_soon_threadsafe(tell, done, tiles)

        photo = await _done_in(self._file_threads, stop, self._read, form)
        pixels = await _done_in(self._paint_threads, stop, self._paint, form, photo, watch)
        return await _done_in(self._file_threads, stop, self._finish, form, photo, pixels)

    def free_memory(self) -> None:
        """Gives back memory that paintings have taken; for when nobody has come for a while."""
        from copyart.devices import give_back_memory

        if not self._closed:
            self._file_threads.submit(give_back_memory)

    def close(self) -> None:
        """Ends the threads, and loading."""
        self._closed = True
        self._paint_threads.shutdown(wait=False, cancel_futures=True)
        self._file_threads.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        from copyart.devices import share_cores
        from copyart.translator import Translator

        share_cores(self._config.workers)
        sample = open_photo(io.BytesIO((files("copyart.serving") / "web" / "static" / SAMPLE).read_bytes()), SAMPLE)
        samples = {}
        workers: list[dict[str, Translator]] = [{} for _ in range(self._config.workers)]
        for style in self.styles:
            if self._closed:
                return
            for translators in workers:
                translators[style.name] = Translator(style, device=self._config.device)
            painting = workers[0][style.name].paint(sample, PaintConfig())
            samples[style.name] = encode(painting, sample, SaveConfig(quality=85), SAMPLE)
        for translators in workers:
            self._idle.put(translators)
        self._translators, self.samples = workers[0], samples

    def _check(self, form: Form) -> None:
        if not form.data:
            raise NoPictureError(f"{form.name} is no picture: it is empty (0 bytes); copy it again from where it came")
        check_still(form.data, form.name)
        size = measure_photo(form.data, form.name, most=self._config.max_pixels)
        long_edge = form.paint.size
        if isinstance(long_edge, int):
            pixels = long_edge**2 * min(size) // max(size)
            if pixels > self._config.max_pixels:
                raise OptionError(
                    f"size is {long_edge}, which makes {pixels // 1_000_000} megapixels of this photo, and "
                    f"{self._config.max_megapixels:g} are painted here; give less"
                )

    def _read(self, form: Form) -> Photo:
        return self._translators[form.style].read(io.BytesIO(form.data), form.paint, form.name)

    def _paint(self, form: Form, photo: Photo, watch: Callable[[int, int], None]) -> "Pixels":
        translators = self._idle.get()
        try:
            return translators[form.style].paint_pixels([photo], form.paint, watch)[0]
        finally:
            self._idle.put(translators)

    def _finish(self, form: Form, photo: Photo, pixels: "Pixels") -> Painting:
        painting = self._translators[form.style].finish(photo, pixels, form.paint)
        stem, _, suffix = form.name.rpartition(".")
        stem = stem or suffix
        kind = FORMATS[form.save.format or photo.format or "png"]
        name = f"{stem}-{form.style}{kind.suffixes[0]}"
        return Painting(encode(painting, photo, form.save, name), name, f"image/{format_of(name)}")


async def _done_in(
    pool: ThreadPoolExecutor,
    stop: threading.Event,
    do: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **options: Arguments.kwargs,
) -> Result:
    """Calls a function in a thread. Cancelled, it sets `stop`, which may end that early, and waits for the end."""
    job = pool.submit(partial(do, *arguments, **options))
    try:
        return await asyncio.wrap_future(job)
    except asyncio.CancelledError:
        stop.set()
        if not job.cancelled():
            (ended,), _ = await asyncio.wait([asyncio.wrap_future(job)])
            ended.exception()
        raise


class _StoppedError(Exception):
    """Nobody waits for the painting any more."""
