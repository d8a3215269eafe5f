"""The styles, loaded, and the threads in which photos are decoded, painted and encoded."""

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
from copyart.serving.orders import Order
from copyart.serving.stills import check_still
from copyart.styles import Style

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


class Studio:
    """Where photos become paintings, off the event loop.

    Args:
        styles: What there is to paint with.
        config: The limits, and where to compute.

    Attributes:
        samples: What each style makes of the same photo, as JPEG, by its name; empty until all are loaded.
    """

    def __init__(self, styles: Sequence[Style], config: ServeConfig) -> None:
        self.styles = list(styles)
        self.samples: dict[str, bytes] = {}
        self._config = config
        self._closed = False
        self._easels: SimpleQueue[dict[str, Translator]] = SimpleQueue()
        self._translators: dict[str, Translator] = {}
        self._painters = ThreadPoolExecutor(config.workers, "painter")
        self._hands = ThreadPoolExecutor(config.workers + 1, "hand")

    @property
    def ready(self) -> bool:
        """Whether all styles are loaded."""
        return bool(self.samples)

    async def load(self) -> None:
        """Loads the styles and paints a sample with each, which takes seconds.

        Raises:
            CopyartError: If a style is broken or the device is not there.
        """
        # Each thread in which torch computes keeps helpers of its own, which would get in the painter's way.
        await asyncio.wrap_future(self._painters.submit(self._load))

    async def check(self, order: Order) -> None:
        """Refuses a photo that cannot be painted, before anything of it is decoded.

        Raises:
            Refusal: If it is more than one picture.
            UnreadablePictureError: If it is no picture, or has too many pixels.
            OptionError: If it is to be painted at a size with too many.
        """
        await _done_in(self._hands, threading.Event(), self._check, order)

    async def paint(self, order: Order, tell: Callable[[int, int], None]) -> Painting:
        """Paints a photo. Cancelled, it ends when the tile or the decoder that is at work is done.

        Args:
            order: What to paint and how.
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

        photo = await _done_in(self._hands, stop, self._read, order)
        pixels = await _done_in(self._painters, stop, self._paint, order, photo, watch)
        return await _done_in(self._hands, stop, self._finish, order, photo, pixels)

    def rest(self) -> None:
        """Gives back memory that paintings have taken; for when nobody has come for a while."""
        from copyart.devices import give_back_memory

        if not self._closed:
            self._hands.submit(give_back_memory)

    def close(self) -> None:
        """Ends the threads, and loading."""
        self._closed = True
        self._painters.shutdown(wait=False, cancel_futures=True)
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        from copyart.devices import share_cores
        from copyart.translator import Translator

        share_cores(self._config.workers)
        sample = open_photo(io.BytesIO((files("copyart.serving") / "web" / "static" / SAMPLE).read_bytes()), SAMPLE)
        samples = {}
        easels: list[dict[str, Translator]] = [{} for _ in range(self._config.workers)]
        for style in self.styles:
            if self._closed:
                return
            for easel in easels:
                easel[style.name] = Translator(style, device=self._config.device)
            painting = easels[0][style.name].paint(sample, PaintConfig())
            samples[style.name] = encode(painting, sample, SaveConfig(quality=85), SAMPLE)
        for easel in easels:
            self._easels.put(easel)
        self._translators, self.samples = easels[0], samples

    def _check(self, order: Order) -> None:
        if not order.data:
            raise NoPictureError(f"{order.name} is no picture: it is empty (0 bytes); copy it again from where it came")
        check_still(order.data, order.name)
        size = measure_photo(order.data, order.name, most=self._config.max_pixels)
        long_edge = order.paint.size
        if isinstance(long_edge, int):
            pixels = long_edge**2 * min(size) // max(size)
            if pixels > self._config.max_pixels:
                raise OptionError(
                    f"size is {long_edge}, which makes {pixels // 1_000_000} megapixels of this photo, and "
                    f"{self._config.max_megapixels:g} are painted here; give less"
                )

    def _read(self, order: Order) -> Photo:
        return self._translators[order.style].read(io.BytesIO(order.data), order.paint, order.name)

    def _paint(self, order: Order, photo: Photo, watch: Callable[[int, int], None]) -> "Pixels":
        easel = self._easels.get()
        try:
            return easel[order.style].paint_pixels([photo], order.paint, watch)[0]
        finally:
            self._easels.put(easel)

    def _finish(self, order: Order, photo: Photo, pixels: "Pixels") -> Painting:
        painting = self._translators[order.style].finish(photo, pixels, order.paint)
        stem, _, suffix = order.name.rpartition(".")
        stem = stem or suffix
        kind = FORMATS[order.save.format or photo.format or "png"]
        name = f"{stem}-{order.style}{kind.suffixes[0]}"
        return Painting(encode(painting, photo, order.save, name), name, f"image/{format_of(name)}")


async def _done_in(
    pool: ThreadPoolExecutor,
    stop: threading.Event,
    do: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **options: Arguments.kwargs,
) -> Result:
    """Does something in a thread. Cancelled, it tells the thread to stop, and waits until it has."""
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
