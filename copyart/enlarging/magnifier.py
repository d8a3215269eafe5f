"""A loaded enlarger: pictures in memory, in files and by the million, each made twice or four times as large."""

import threading
from collections.abc import Generator, Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image

from copyart.checkpoints import load_upscaler
from copyart.config import BatchConfig, EnlargeConfig, SaveConfig, TilingConfig, TranslatorConfig
from copyart.destinations import Job
from copyart.devices import pick_device, pick_dtype
from copyart.enlarging.foreign import Foreign
from copyart.images import LargePhoto, Photo, open_large, open_photo, stacked, to_photo
from copyart.models import Enlarger, find_enlarger, foreign_weights
from copyart.moving import Moving
from copyart.networks import Network, rescaled
from copyart.tensors import Pixels
from copyart.tiling import Span, TiledNetwork, cut, restripped, windows
from copyart.translator import Failed, Painted, Watch, counting, make_file, make_many
from copyart.version import __version__

# How many rows of a large photo are read at a time.
_ROWS = 256

# Rows beyond a strip of transparency that Lanczos's kernel looks at, and one more.
_MARGIN = 4


class Magnifier:
    """One enlarger, loaded and ready; may be used from several threads.

    Args:
        model: A bundled name, a folder, a `.pth` or `.safetensors` file of another program, or `owner/name` on the
            Hugging Face Hub; or an `Enlarger`.
        scale: 2 or 4; the model's own when None. A model of the other scale is applied twice, or halved.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps` or `tpu`.
        dtype: The number format to compute in; the device's fastest when None.
        tiling: How much of a picture is enlarged at once.

    Attributes:
        name: What the model is called.
        scale: Pictures become so many times as high and as wide.
        device: Where it computes.
        dtype: The number format that it computes in.
        signature: What enlargements name as the `Software` that made them.
        network: What enlarges pixels.

    Raises:
        StyleError: If the model cannot be found, fetched or used.
        DeviceError: If the device is unknown or not there.
        OptionError: If the scale is neither 2 nor 4, or the memory allowed is too little.
        MissingExtraError: If the model takes a package that is not installed.
    """

    def __init__(
        self,
        model: str | Path | Enlarger = EnlargeConfig.model,
        *,
        scale: int | None = EnlargeConfig.scale,
        device: str = TranslatorConfig.device,
        dtype: torch.dtype | None = None,
        tiling: TilingConfig = TilingConfig(),  # noqa: B008  # frozen
    ) -> None:
        EnlargeConfig(scale=scale)
        self.device = pick_device(device)
        self.name, network = _load(model)
        self.dtype = dtype or pick_dtype(self.device)
        if isinstance(network, Foreign) and self.dtype not in network.dtypes:
            self.dtype = torch.float32
        self.scale = scale or network.scale
        self.signature = f"copyart {__version__}, enlarger {self.name}, {self.scale}x"
        self.network = TiledNetwork(rescaled(network, self.scale), self.device, self.dtype, tiling)
        self._one_at_a_time = threading.Lock()

    def enlarge(self, image: Image.Image) -> Image.Image:
        """Enlarges a picture.

        Args:
            image: Any Pillow picture; one that its EXIF says is turned is given back upright.

        Returns:
            RGB, or RGBA if the picture has transparency; 8 bits a channel, in the picture's own colour profile; its
            `info` names what enlarged it as `Software`.

        Raises:
            UnreadablePictureError: If the picture cannot be decoded.
            DeviceError: If the device runs out of memory.
        """
        return self.make(to_photo(image))

    def enlarge_file(
        self,
        photo: Path,
        result: Path,
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        watch: Watch | None = None,
    ) -> Painted:
        """Enlarges a file to a file, which gets the photo's EXIF, colour profile and resolution.

        All frames of an animation are enlarged if the result's format can move, and all of a video, which keeps its
        sound.

        Args:
            photo: A picture or a video.
            result: Where to write.
            save: How to write.
            watch: Is told, of what moves, how many frames are done and how many there are, after each.

        Raises:
            PictureError: If the photo cannot be read, or its enlargement not written; the photo is never touched.
            OptionError: If the format is unknown.
            DeviceError: If the device runs out of memory.
        """
        return make_file(self, Job(photo, result), save, watch)

    def enlarge_many(
        self,
        jobs: Iterable[Job],
        save: SaveConfig = SaveConfig(),  # noqa: B008  # frozen
        batch: BatchConfig = BatchConfig(),  # noqa: B008  # frozen
    ) -> Generator[Painted | Failed, None, None]:
        """Enlarges many files, reading and writing some while another is worked on; in no certain order.

        A photo that fails is yielded as `Failed` and does not stop the others. Closing the iterator stops after the
        pictures that are being worked on.
        """
        return make_many(self, jobs, save, batch)

    @property
    def description(self) -> str:
        """A line that says how it computes: model, device, number format, and how much at once."""
        return f"{self.name}, {self.scale}x, on {self.network.description}"

    @property
    def at_once(self) -> int:
        """The number of photos of one size that are best enlarged together."""
        return self.network.at_once

    def size(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels that a photo gets."""
        return photo.size[0] * self.scale, photo.size[1] * self.scale

    def size_at_work(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels that a photo has."""
        return photo.size

    def likeness(self, photo: Photo | LargePhoto | Moving) -> Hashable:
        """The same for photos that can be enlarged together: those of one size."""
        return photo.size

    def open(self, photo: Path) -> Photo | LargePhoto:
        """Opens a photo, to be read in strips where its enlargement is large.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """
        large = open_large(photo, scale=self.scale)
        if large is None:
            return self.read(photo)
        return replace(large, metadata=large.metadata.enlarged(self.scale))

    def read(self, photo: Path | BinaryIO, name: str | None = None) -> Photo:
        """Reads a photo into memory; `name` is what to call it in messages.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """
        opened = open_photo(photo, name)
        return replace(opened, metadata=opened.metadata.enlarged(self.scale))

    def frozen(self, moving: Moving) -> "Magnifier":
        """This one: enlargers measure nothing, so frames agree by themselves."""
        return self

    def make(self, photo: Photo | LargePhoto) -> Image.Image:
        """Enlarges an opened photo; the result is whole in memory, and as `enlarge` says.

        Raises:
            UnreadablePictureError: If a photo that stays in its file turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        if isinstance(photo, LargePhoto):
            return stacked(self.make_strips(photo), self.size(photo)[1])
        return self.finish(photo, self.make_pixels([photo])[0])

    def make_pixels(self, photos: list[Photo], watch: Watch | None = None) -> list[Pixels]:
        """Enlarges the colours of photos of one size.

        Args:
            photos: The photos.
            watch: Is told how many tiles are enlarged and how many there are, after each; what it raises ends it.

        Returns:
            For each, (h scale) (w scale) 3, 0 to 255, in sRGB.

        Raises:
            DeviceError: If the device runs out of memory.
        """
        step = counting(watch, self.network.tiles(photos[0].size) * len(photos))
        with self._one_at_a_time:
            return self.network.run_many([np.asarray(photo.image) for photo in photos], step)

    def finish(self, photo: Photo, pixels: Pixels) -> Image.Image:
        """Adds what belongs to a photo to what `make_pixels` gives: its profile, and its transparency, enlarged too."""
        alpha = photo.alpha and photo.alpha.resize(self.size(photo), Image.Resampling.LANCZOS)
        return self._finished(photo, Image.fromarray(pixels), alpha)

    def make_strips(self, photo: LargePhoto) -> Iterator[Image.Image]:
        """Enlarges a photo that stays in its file; gives the result in strips, from top to bottom.

        Raises:
            UnreadablePictureError: If the photo turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
        width, height = photo.size
        rows = cut(height, _ROWS, _MARGIN, 1)
        bare = Photo(Image.new("RGB", (1, 1)), metadata=photo.metadata)
        with self._one_at_a_time:
            enlarged = self.network.run_strips(
                lambda: (np.asarray(strip.image) for strip in photo.strips(_ROWS)), width, height
            )
            parts = restripped(enlarged, rows[0].stop * self.scale)
            for pixels, alpha in zip(parts, self._alphas(photo, rows), strict=True):
                yield self._finished(bare, Image.fromarray(pixels), alpha)

    def _alphas(self, photo: LargePhoto, rows: list[Span]) -> Iterator[Image.Image | None]:
        """The transparency of each stretch of rows, enlarged as all of it would be."""
        if not photo.mode.endswith("A"):
            yield from repeat(None, len(rows))
            return
        levels = (np.asarray(strip.alpha) for strip in photo.strips(_ROWS))
        for row, window in zip(rows, windows(levels, rows), strict=True):
            size = window.shape[1] * self.scale, window.shape[0] * self.scale
            inner = row.inner(self.scale)
            enlarged = Image.fromarray(window).resize(size, Image.Resampling.LANCZOS)
            yield enlarged.crop((0, inner.start, size[0], inner.stop))

    def _finished(self, photo: Photo, enlarged: Image.Image, alpha: Image.Image | None) -> Image.Image:
        enlarged = replace(photo, alpha=alpha).finish(enlarged)
        enlarged.info["Software"] = self.signature
        return enlarged


def enlarge(
    image: Image.Image,
    scale: int | None = EnlargeConfig.scale,
    model: str | Path | Enlarger = EnlargeConfig.model,
    device: str = TranslatorConfig.device,
) -> Image.Image:
    """Enlarges one picture; to enlarge several, make a `Magnifier` once.

    The arguments, results and errors are those of `Magnifier` and `Magnifier.enlarge`.
    """
    return Magnifier(model, scale=scale, device=device).enlarge(image)


def _load(model: str | Path | Enlarger) -> tuple[str, Network]:
    """The name of a model, and its network."""
    if not isinstance(model, Enlarger):
        if path := foreign_weights(str(model)):
            return "".join(letter for letter in path.stem if letter.isprintable()), Foreign(path)
        model = find_enlarger(str(model))
    return model.name, load_upscaler(model)
