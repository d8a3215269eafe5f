"""Makes something that moves of what moves, frame by frame, with colours that do not flicker."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from PIL import Image

from copyart.config import SaveConfig
from copyart.moving import Frame, Moving
from copyart.translator.maker import Maker
from copyart.translator.results import Painted, Watch


def make_frames(
    maker: Maker, moving: Moving, painting: Path, save: SaveConfig, watch: Watch | None, start: float
) -> Painted:
    """Works through an animation or a video, and writes it to a file.

    Args:
        maker: What makes pictures; it stays as it is.
        moving: What to work on.
        painting: Where to write.
        save: How to write.
        watch: Is told how many frames are done and how many there are, after each.
        start: When the work began, in seconds by `time.perf_counter`.

    Raises:
        PictureError: If the file turns out to be damaged, or the result cannot be written.
        DeviceError: If the device runs out of memory.
    """
    frozen = maker.frozen(moving)
    done = 0

    def paintings() -> Iterator[tuple[Frame, Image.Image]]:
        nonlocal done
        frames = moving.frames()
        while group := list(islice(frames, frozen.at_once)):
            pixels = frozen.make_pixels([frame.photo for frame in group])
            for frame, made in zip(group, pixels, strict=True):
                yield frame, frozen.finish(frame.photo, made)
                done += 1
                if watch is not None:
                    watch(done, max(moving.count, done))

    moving.save(paintings(), painting, save)
    seconds = time.perf_counter() - start
    return Painted(moving.path, painting, maker.size(moving), maker.size_at_work(moving), done, seconds, done)
