"""Moving pictures of any kind of file: frames, each shown at its time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from copyart.config import SaveConfig
from copyart.images import Photo

SAMPLES = 8  # frames that a network measures before it paints: in the memory at once, they say enough of a scene


@dataclass(frozen=True)
class Frame:
    """One picture of those that move.

    Attributes:
        photo: The picture.
        start: When it is shown: milliseconds of an animation, units of the stream's time base of a video.
        duration: For how long, in the same unit; 0 where the file does not say.
    """

    photo: Photo
    start: int
    duration: float


class Moving(Protocol):
    """An animation or a video that stays in its file."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""

    @property
    def count(self) -> int:
        """The number of frames; of a video, as its file says."""

    def samples(self) -> list[Photo]:
        """Up to `SAMPLES` of the frames, evenly spread.

        Raises:
            UnreadablePictureError: If the file turns out to be damaged.
        """

    def frames(self) -> Iterator[Frame]:
        """Reads the frames in the order in which they are shown.

        Raises:
            UnreadablePictureError: If the file turns out to be damaged.
        """

    def save(self, paintings: Iterable[tuple[Frame, Image.Image]], path: Path, config: SaveConfig) -> None:
        """Writes paintings of the frames, whole or not at all, with what else belongs to the file.

        Args:
            paintings: The frames and the painting of each, all of one size, as they are painted.
            path: Where to write.
            config: As for `save_painting`.

        Raises:
            UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
            CopyartError: Whatever making the paintings raises.
        """


def spread(count: int) -> set[int]:
    """The numbers of those of `count` frames that are to be samples."""
    few = min(count, SAMPLES)
    return {count * (2 * i + 1) // (2 * few) for i in range(few)}
