"""The work that files go through, whoever does it: a picture is made of each photo."""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from PIL import Image

from copyart.images import LargePhoto, Photo
from copyart.moving import Moving
from copyart.tensors import Pixels
from copyart.translator.results import Watch


class Maker(Protocol):
    """Makes pictures of photos, with everything that was asked for; may be used from several threads."""

    @property
    def description(self) -> str:
        """A line that says how it computes."""

    @property
    def at_once(self) -> int:
        """The number of photos that are alike and best given to it together."""

    def size(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels of what it makes of a photo."""

    def size_at_work(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels at which the network is given a photo."""

    def likeness(self, photo: Photo | LargePhoto | Moving) -> Hashable:
        """The same for photos that `make_pixels` takes together."""

    def open(self, photo: Path) -> Photo | LargePhoto:
        """Opens a photo, and no more of it than the work takes.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """

    def read(self, photo: Path | BinaryIO, name: str | None = None) -> Photo:
        """Reads a photo into memory; `name` is what to call it in messages.

        Raises:
            UnreadablePictureError: If it cannot be read.
        """

    def frozen(self, moving: Moving) -> "Maker":
        """Another by which all frames agree in their colours.

        Raises:
            UnreadablePictureError: If the file turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """

    def make(self, photo: Photo | LargePhoto) -> Image.Image:
        """Makes a picture, whole in memory.

        Raises:
            UnreadablePictureError: If a photo that stays in its file turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """

    def make_pixels(self, photos: list[Photo], watch: Watch | None = None) -> list[Pixels]:
        """Makes the pixels of photos that are alike, which `finish` turns into pictures.

        `watch` is told how many tiles are done and how many there are, after each; what it raises ends the work.

        Raises:
            DeviceError: If the device runs out of memory.
        """

    def finish(self, photo: Photo, pixels: Pixels) -> Image.Image:
        """Adds what belongs to a photo: the result of `make`."""

    def make_strips(self, photo: LargePhoto) -> Iterator[Image.Image]:
        """Makes a picture of a photo that stays in its file, in strips from top to bottom.

        Raises:
            UnreadablePictureError: If the photo turns out to be damaged.
            DeviceError: If the device runs out of memory.
        """
