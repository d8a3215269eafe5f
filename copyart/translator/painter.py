"""A style and how to paint with it: the maker of paintings."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from copyart.config import PaintConfig
from copyart.images import LargePhoto, Photo
from copyart.moving import Moving
from copyart.tensors import Pixels
from copyart.translator.engine import Engine
from copyart.translator.results import Watch


@dataclass(frozen=True)
class Painter:
    """A `Maker` of paintings.

    Attributes:
        engine: What paints.
        paint: How to paint.
    """

    engine: Engine
    paint: PaintConfig

    @property
    def description(self) -> str:
        """A line that says how it computes."""
        return self.engine.description

    @property
    def at_once(self) -> int:
        """The number of photos of one size that are best painted together."""
        return self.engine.network.at_once

    def size(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels of a painting: the photo's own, or twice as wide beside it."""
        return photo.size[0] * (1 + self.paint.compare), photo.size[1]

    def size_at_work(self, photo: Photo | LargePhoto | Moving) -> tuple[int, int]:
        """Width and height in pixels of the broad strokes."""
        return self.engine.painted_size(photo, self.paint)

    def likeness(self, photo: Photo | LargePhoto | Moving) -> Hashable:
        """The same for photos that are painted at the same sizes."""
        return self.engine.painted_size(photo, self.paint), self.engine.fine_size(photo, self.paint)

    def open(self, photo: Path) -> Photo | LargePhoto:
        """Opens a photo; see `Engine.open`."""
        return self.engine.open(photo, self.paint)

    def read(self, photo: Path | BinaryIO, name: str | None = None) -> Photo:
        """Reads a photo into memory; see `Engine.read`."""
        return self.engine.read(photo, self.paint, name)

    def frozen(self, moving: Moving) -> "Painter":
        """Another that paints all frames by what the network measures over some of them.

        What a network makes of a colour depends on the whole picture; measured anew in each frame, colours would
        flicker.
        """
        return replace(self, engine=self.engine.frozen(moving.samples(), self.paint))

    def make(self, photo: Photo | LargePhoto) -> Image.Image:
        """Paints an opened photo; see `Engine.paint`."""
        return self.engine.paint(photo, self.paint)

    def make_pixels(self, photos: list[Photo], watch: Watch | None = None) -> list[Pixels]:
        """Paints photos of one size; see `Engine.paint_pixels`."""
        return self.engine.paint_pixels(photos, self.paint, watch)

    def finish(self, photo: Photo, pixels: Pixels) -> Image.Image:
        """Brings a painting to the photo's size, with what belongs to it; see `Engine.finish`."""
        return self.engine.finish(photo, pixels, self.paint)

    def make_strips(self, photo: LargePhoto) -> Iterator[Image.Image]:
        """Paints a photo that stays in its file; see `Engine.paint_strips`."""
        return self.engine.paint_strips(photo, self.paint)
