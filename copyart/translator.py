"""Paints: a loaded style, a picture in, a painting out."""

import threading
import time
from collections.abc import Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from copyart import __version__
from copyart.checkpoints import load_generator, load_style
from copyart.config import BatchConfig, PaintConfig, SaveConfig, TranslatorConfig
from copyart.destinations import Job
from copyart.devices import pick_device, pick_dtype
from copyart.errors import CopyartError, DeviceError, OptionError
from copyart.images import Photo, check_free, make_folder, open_photo, save_painting, side_by_side, to_photo
from copyart.styles import Style
from copyart.tensors import to_image, to_tensor

# The most pixels that are painted in one piece. A compact network takes about 0.6 GB a megapixel for it.
MAX_PIXELS = 16_000_000


@dataclass(frozen=True)
class Painted:
    """What became of one photo.

    Attributes:
        photo: Where it is.
        painting: Where its painting is.
        size: Width and height of the painting in pixels.
        painted_at: Width and height in pixels at which the network painted.
        frames: How many frames the photo has; the first was painted.
        seconds: How long it took.
    """

    photo: Path
    painting: Path
    size: tuple[int, int]
    painted_at: tuple[int, int]
    frames: int
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A photo of a batch that was not painted, and why."""

    photo: Path
    error: CopyartError


class Translator:
    """One style, loaded and ready to paint; may be used from several threads.

    Args:
        style: A name, folder, `.pth` file or Hub id as `copyart.load_style` takes it, or a `Style`.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps` or `tpu`.
        reverse: Paint the other way: paintings to photos.
        dtype: The number format to paint in; the device's fastest when None.

    Raises:
        StyleError: If the style cannot be found, fetched or used.
        DeviceError: If the device is unknown or not there.
    """

    def __init__(
        self,
        style: str | Style = TranslatorConfig.style,
        *,
        device: str = TranslatorConfig.device,
        reverse: bool = TranslatorConfig.reverse,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.device = pick_device(device)
        self.dtype = dtype or pick_dtype(self.device)
        self.style = style if isinstance(style, Style) else load_style(style)
        self.reverse = reverse
        self.signature = f"copyart {__version__}, style {self.style.name}{', reversed' * reverse}"
        generator = load_generator(self.style, reverse=reverse)
        self._generator = generator.to(self.device, self.dtype).to(memory_format=torch.channels_last)
        self._one_at_a_time = threading.Lock()

    def translate(
        self,
        image: Image.Image,
        *,
        size: int | str | None = PaintConfig.size,
        strength: float = PaintConfig.strength,
        keep_color: bool = PaintConfig.keep_color,
        compare: bool = PaintConfig.compare,
    ) -> Image.Image:
        """Paints a picture.

        Args:
            image: Any Pillow picture; one that its EXIF says is turned is painted upright.
            size: Long edge in pixels at which the network paints, `"native"` for the picture's own, None for
                the style's `paint_size`. It sets how broad the strokes are, whatever the picture's size.
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
        config = PaintConfig(size=size, strength=strength, keep_color=keep_color, compare=compare)
        return self.paint(to_photo(image), config)

    def paint(self, photo: Photo, config: PaintConfig) -> Image.Image:
        """Paints an opened photo; as `translate`, which see."""
        painting = self._paint(photo.image.resize(self.painted_size(photo, config), Image.Resampling.LANCZOS))
        painting = painting.resize(photo.image.size, Image.Resampling.LANCZOS)
        if config.keep_color:
            painting = _with_colors_of(photo.image, painting)
        painting = photo.finish(Image.blend(photo.image, painting, config.strength))
        painting.info["Software"] = self.signature
        return side_by_side(photo.finish(photo.image.copy()), painting) if config.compare else painting

    def painted_size(self, photo: Photo, config: PaintConfig) -> tuple[int, int]:
        """The width and height in pixels at which the network is to paint a photo.

        Raises:
            OptionError: If that is more than fits in one piece.
        """
        width, height = photo.image.size
        long_edge = max(width, height)
        target = self.style.paint_size if config.size is None else config.size
        scale = target / long_edge if isinstance(target, int) else 1.0
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size[0] * size[1] > MAX_PIXELS:
            fits = int(long_edge * scale * (MAX_PIXELS / (size[0] * size[1])) ** 0.5)
            raise OptionError(
                f"painting {size[0]} x {size[1]} pixels in one piece takes too much memory; give --size {fits} or less"
            )
        return size

    def translate_file(
        self,
        photo: Path,
        painting: Path,
        paint: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
    ) -> Painted:
        """Paints a file to a file, which gets the photo's EXIF, colour profile and resolution.

        Raises:
            PictureError: If the photo cannot be read or the painting not written; the photo is never touched.
            OptionError: If the format is unknown.
            DeviceError: If the device runs out of memory.
        """
        start = time.perf_counter()
        check_free(painting, save)
        opened = open_photo(photo)
        _protect(photo, painting)
        result = self.paint(opened, paint)
        save_painting(result, opened, painting, save)
        seconds = time.perf_counter() - start
        return Painted(photo, painting, result.size, self.painted_size(opened, paint), opened.frames, seconds)

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
        with ThreadPoolExecutor(batch.workers) as pool:
            waiting: set[Future[Painted | Failed]] = set()
            try:
                for job in jobs:
                    waiting.add(pool.submit(self._try, job, paint, save))
                    if len(waiting) >= 2 * batch.workers:
                        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                        yield from (future.result() for future in done)
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                pool.shutdown(cancel_futures=True)

    def _try(self, job: Job, paint: PaintConfig, save: SaveConfig) -> Painted | Failed:
        try:
            make_folder(job.painting.parent)
            return self.translate_file(job.photo, job.painting, paint, save)
        except CopyartError as error:
            return Failed(job.photo, error)

    def _paint(self, picture: Image.Image) -> Image.Image:
        try:
            with self._one_at_a_time, torch.inference_mode():
                x = to_tensor(picture).to(self.device, self.dtype, memory_format=torch.channels_last)
                x = _pad(x, self._generator.size_multiple, self._generator.min_size)
                return to_image(self._generator(x)[..., : picture.height, : picture.width])
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error):
                raise
            raise DeviceError(
                f"{self.device} has not enough memory to paint {picture.width} x {picture.height} pixels; "
                f"give --size {max(picture.size) // 2}"
            ) from error


def translate(
    image: Image.Image,
    style: str | Style = TranslatorConfig.style,
    *,
    size: int | str | None = PaintConfig.size,
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
    return translator.translate(image, size=size, strength=strength, keep_color=keep_color, compare=compare)


def _pad(x: Tensor, multiple: int, least: int) -> Tensor:
    """Continues `x` to the right and below, mirrored where it is large enough, until the network can take it."""
    height, width = x.shape[-2:]
    bottom = max(least, -(-height // multiple) * multiple) - height
    right = max(least, -(-width // multiple) * multiple) - width
    if not (right or bottom):
        return x
    mirrored = right < width and bottom < height
    return F.pad(x, (0, right, 0, bottom), mode="reflect" if mirrored else "replicate")


def _with_colors_of(photo: Image.Image, painting: Image.Image) -> Image.Image:
    light = painting.convert("YCbCr").getchannel("Y")
    _, blue, red = photo.convert("YCbCr").split()
    return Image.merge("YCbCr", (light, blue, red)).convert("RGB")


def _protect(photo: Path, painting: Path) -> None:
    if painting.exists() and painting.samefile(photo):
        raise OptionError(f"{painting} is the photo itself; give another name with -o")
