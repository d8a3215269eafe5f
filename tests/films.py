"""Animations and videos of a scene for tests, and what is seen and heard of them."""

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageSequence

Levels = npt.NDArray[np.float64]
DURATIONS = [40, 200, 70, 1000, 100, 30]
FAR = (slice(0, 30), slice(50, 96))  # a part of the scene that nothing moves near


def scene(china: Path, count: int = 6, size: tuple[int, int] = (96, 64)) -> list[Image.Image]:
    """A photograph that stands still, with a bright square that grows in its lower left corner."""
    with Image.open(china) as photo:
        still = photo.convert("RGB").resize(size)
    frames = [still.copy() for _ in range(count)]
    for number, frame in enumerate(frames):
        side = 4 + 3 * number % 20
        ImageDraw.Draw(frame).rectangle((2, size[1] - side - 2, 2 + side, size[1] - 3), (255, 40 * number % 256, 0))
    return frames


def animate(path: Path, frames: list[Image.Image], **options: Any) -> Path:  # Pillow's own
    told: dict[str, Any] = {"duration": DURATIONS[: len(frames)], "loop": 3, "lossless": True} | options
    frames[0].save(path, save_all=True, append_images=frames[1:], **told)
    return path


def shown(path: Path) -> tuple[list[Image.Image], list[float], int | None]:
    """The frames of an animation, how long each is shown, and its loop count."""
    with Image.open(path) as image:
        frames, durations = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(frame.convert("RGBA"))
            durations.append(float(frame.info["duration"]))
        return frames, durations, image.info.get("loop")


def levels(frame: Image.Image) -> Levels:
    return np.asarray(frame.convert("RGB")).astype(np.float64)


def flicker(frames: Iterable[Levels]) -> float:
    """How many levels a part of the scene where nothing moves changes from a frame to the next, on average."""
    return max(float(np.abs(a[FAR] - b[FAR]).mean()) for a, b in itertools.pairwise(frames))


def film(
    path: Path,
    frames: list[Image.Image],
    *,
    times: list[int] | None = None,
    turn: int = 0,
    sound: str | None = "aac",
    encoder: str = "libx264",
) -> Path:
    """Writes a video of 12 frames a second, or with times in 1/1000 s, with a tone."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream(encoder, 12, options={"crf": "10", "g": "12"})
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height = frames[0].size
        pictures.pix_fmt = "yuv444p" if pictures.width % 2 else "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000) if times else Fraction(1, 12)
        if turn and not hasattr(pictures, "set_display_rotation"):
            pytest.skip("this PyAV is older than 18 and writes no rotation")
        if turn:
            pictures.set_display_rotation(turn)
        tone = out.add_stream(sound, 48_000) if sound else None
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_image(frame)
            picture.pts = times[number] if times else number
            picture.time_base = pictures.codec_context.time_base
            out.mux(pictures.encode(picture))
        out.mux(pictures.encode())
        if isinstance(tone, av.AudioStream):
            wave = np.sin(np.arange(960 * len(frames) * 4) / 20).astype(np.float32).reshape(-1, 960)
            for number, piece in enumerate(wave):
                samples = av.AudioFrame.from_ndarray(piece[None], format="flt", layout="mono")
                samples.sample_rate, samples.pts = 48_000, 960 * number
                out.mux(tone.encode(samples))
            out.mux(tone.encode())
    return path


def filmed(path: Path) -> tuple[list[Levels], list[Fraction]]:
    """The frames of a video as they are stored, and when they are shown, in seconds."""
    with av.open(str(path)) as video:
        frames = list(video.decode(video=0))
        assert all(frame.rotation == 0 for frame in frames)
        return [frame.to_ndarray(format="rgb24").astype(np.float64) for frame in frames], [
            frame.pts * frame.time_base for frame in frames if frame.pts is not None and frame.time_base
        ]


def heard(path: Path) -> list[tuple[Fraction, bytes]]:
    """The packets of a video's sound, and when each is to be heard."""
    with av.open(str(path)) as video:
        packets = [packet for packet in video.demux(audio=0) if packet.pts is not None]
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.pts is not None]
