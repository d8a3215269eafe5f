"""Paints what moves, frame by frame, with colours that do not flicker."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from PIL import Image

from copyart.config import PaintConfig, SaveConfig
from copyart.moving import Frame, Moving
from copyart.translator.engine import Engine
from copyart.translator.results import Painted, Watch


def paint_frames(
    engine: Engine,
    moving: Moving,
    painting: Path,
    paint: PaintConfig,
    save: SaveConfig,
    watch: Watch | None,
    start: float,
) -> Painted:
    """Paints an animation or a video to a file, all frames by what the network measures over some of them.

    What a network makes of a colour depends on the whole picture; measured anew in each frame, colours would flicker.

    Args:
        engine: What paints; it stays as it is.
        moving: What to paint.
        painting: Where to write.
        paint: How to paint.
        save: How to write.
        watch: Is told how many frames are painted and how many there are, after each.
        start: When the work began, in seconds by `time.perf_counter`.

    Raises:
        PictureError: If the file turns out to be damaged, or the painting cannot be written.
        DeviceError: If the device runs out of memory.
    """
    samples = moving.samples()
    frozen = engine.frozen(samples, paint)
    at = engine.painted_size(samples[0], paint)
    del samples
    done = 0

    def paintings() -> Iterator[tuple[Frame, Image.Image]]:
        nonlocal done
        frames = moving.frames()
        while group := list(islice(frames, frozen.network.at_once)):
            pixels = frozen.paint_pixels([frame.photo for frame in group], paint)
            for frame, painted in zip(group, pixels, strict=True):
                yield frame, frozen.finish(frame.photo, painted, paint)
                done += 1
                if watch is not None:
                    watch(done, max(moving.count, done))

    moving.save(paintings(), painting, save)
    size = moving.size[0] * (1 + paint.compare), moving.size[1]
    return Painted(moving.path, painting, size, at, done, time.perf_counter() - start, done)
