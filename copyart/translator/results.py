"""Records of photos that were painted or not, and what is told of progress."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from copyart.errors import CopyartError
from copyart.tiling import Step, no_step

# Is told how much is done (frames, tiles) and how much there is, after each; what it raises ends the work.
Watch: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class Painted:
    """The record of one photo that was painted.

    Attributes:
        photo: Where it is.
        painting: Where its painting is.
        size: Width and height of the painting in pixels.
        painted_at: Width and height in pixels at which the network painted.
        frames: How many frames the photo has.
        seconds: How long it took.
        painted_frames: How many of them were painted: the first, or all.
    """

    photo: Path
    painting: Path
    size: tuple[int, int]
    painted_at: tuple[int, int]
    frames: int
    seconds: float
    painted_frames: int = 1


@dataclass(frozen=True)
class Failed:
    """A photo of a batch that was not painted, and why."""

    photo: Path
    error: CopyartError


def counting(watch: Watch | None, count: int) -> Step:
    """A step that counts the tiles and tells `watch`; tiles that had to be halved may be more than `count`."""
    if watch is None:
        return no_step
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        watch(done, max(count, done))

    return step
