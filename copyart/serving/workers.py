"""The workers: what is loaded, and the threads in which photos are decoded, painted or enlarged, and encoded."""

import asyncio
import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from queue import SimpleQueue
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from copyart.config import SCALES, PaintConfig, SaveConfig, ServeConfig
from copyart.errors import NoPictureError, OptionError
from copyart.images import FORMATS, Photo, encode, format_of, measure_photo, open_photo
from copyart.models import Style
from copyart.serving.forms import Form
from copyart.serving.problems import Problem
from copyart.serving.stills import check_still

if TYPE_CHECKING:
    from copyart.enlarging import Magnifier
    from copyart.tensors import Pixels
    from copyart.translator import Maker, Translator

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

SAMPLE = "sample.jpg"


@dataclass(frozen=True)
class Painting:
    """A painting, or an enlarged photo, as a file.

    Attributes:
        data: What the file holds.
        name: What to call it: `photo-monet.jpg`, `photo-2x.jpg`.
        media_type: Such as `image/jpeg`.
    """

    data: bytes
    name: str
    media_type: str


@dataclass(frozen=True)
class _Loaded:
    """The translators of one worker, by style, and its magnifiers, by scale."""

    translators: "dict[str, Translator]" = field(default_factory=dict)
    magnifiers: "dict[int, Magnifier]" = field(default_factory=dict)

    def maker(self, form: Form) -> "Maker":
        """Makes what a form asks for."""
        from copyart.translator import Painter

        if form.scale is not None:
            return self.magnifiers[form.scale]
        return Painter(self.translators[form.style], form.paint)


class Workers:
    """Threads that turn photos into paintings, or larger ones, beside the event loop.

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
        self._loaded = [_Loaded() for _ in range(config.workers)]
        self._idle: SimpleQueue[_Loaded] = SimpleQueue()
        self._paint_threads = ThreadPoolExecutor(config.workers, "paint")
        self._file_threads = ThreadPoolExecutor(config.workers + 1, "file")

    @property
    def ready(self) -> bool:
        """True once all styles are loaded."""
        return bool(self.samples)

    async def load(self) -> None:
        """Loads the enlarger, and the styles, and paints a sample with each of these, which takes seconds.

        Raises:
            CopyartError: If a style is broken or the device is not there.
        """
        # Each thread in which torch computes keeps helpers of its own, which would slow the paint threads down.
        await asyncio.wrap_future(self._paint_threads.submit(self._load))

    async def check(self, form: Form) -> None:
        """Checks that a photo can be painted or enlarged, before anything of it is decoded.

        Raises:
            Problem: If it is more than one picture, or would have too many pixels when enlarged.
            UnreadablePictureError: If it is no picture, or has too many pixels.
            OptionError: If it is to be painted at a size with too many.
        """
        await _done_in(self._file_threads, threading.Event(), self._check, form)

    async def paint(self, form: Form, tell: Callable[[int, int], None]) -> Painting:
        """Paints or enlarges a photo. Cancelled, it ends when the tile or the decoder that is at work is done.

        Args:
            form: The photo, and what is to be done to it.
            tell: Is told, on the event loop, how many tiles are done and how many there are, after each.

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
        from copyart.enlarging import Magnifier
        from copyart.translator import Translator

        share_cores(self._config.workers)
        sample = open_photo(io.BytesIO((files("copyart.serving") / "web" / "static" / SAMPLE).read_bytes()), SAMPLE)
        samples = {}
        for loaded in self._loaded:
            for scale in SCALES:
                loaded.magnifiers[scale] = Magnifier(scale=scale, device=self._config.device)
        for style in self.styles:
            if self._closed:
                return
            for loaded in self._loaded:
                loaded.translators[style.name] = Translator(style, device=self._config.device)
            painting = self._loaded[0].translators[style.name].paint(sample, PaintConfig())
            samples[style.name] = encode(painting, sample, SaveConfig(quality=85), SAMPLE)
        for loaded in self._loaded:
            self._idle.put(loaded)
        self.samples = samples

    def _check(self, form: Form) -> None:
        if not form.data:
            raise NoPictureError(f"{form.name} is no picture: it is empty (0 bytes); copy it again from where it came")
        check_still(form.data, form.name, enlarges=form.scale is not None)
        size = measure_photo(form.data, form.name, most=self._config.max_pixels)
        long_edge = form.paint.size
        if isinstance(long_edge, int):
            pixels = long_edge**2 * min(size) // max(size)
            if pixels > self._config.max_pixels:
                raise OptionError(
                    f"size is {long_edge}, which makes {pixels // 1_000_000} megapixels of this photo, and "
                    f"{self._config.max_megapixels:g} are painted here; give less"
                )
        if form.scale is not None:
            pixels = size[0] * size[1] * form.scale**2
            if pixels > self._config.max_pixels:
                raise Problem(
                    "too-large",
                    f"scale is {form.scale}, which makes {pixels / 1_000_000:.4g} megapixels of this photo, and "
                    f"{self._config.max_megapixels:g} are made here; give a smaller photo{' or 2' * (form.scale > 2)}",
                )

    def _read(self, form: Form) -> Photo:
        return self._loaded[0].maker(form).read(io.BytesIO(form.data), form.name)

    def _paint(self, form: Form, photo: Photo, watch: Callable[[int, int], None]) -> "Pixels":
        loaded = self._idle.get()
        try:
            return loaded.maker(form).make_pixels([photo], watch)[0]
        finally:
            self._idle.put(loaded)

    def _finish(self, form: Form, photo: Photo, pixels: "Pixels") -> Painting:
        painting = self._loaded[0].maker(form).finish(photo, pixels)
        stem, _, suffix = form.name.rpartition(".")
        stem = stem or suffix
        kind = FORMATS[form.save.format or photo.format or "png"]
        name = f"{stem}-{form.deed}{kind.suffixes[0]}"
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
