"""Videos: read frame by frame, upright and in the colours of a screen."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import UnreadablePictureError
from copyart.extras import require
from copyart.files import reason
from copyart.images import Photo
from copyart.moving.filming import EXACTLY, Look, save_video
from copyart.moving.frames import SAMPLES, Frame

if TYPE_CHECKING:
    import av.container
    import av.video.frame
    import av.video.stream

_SCENE = 8  # seconds from the start that the samples are of

# A file is cut short if what it holds ends so much earlier than it says, in seconds and as a part of the whole.
_MISSING, _MISSING_PART = 0.3, 0.02

# How a display matrix turns a picture: where it sends the axes x and y, and Pillow's word for that.
_TURNS = {
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


@dataclass(frozen=True)
class Video:
    """A video that stays in its file.

    Attributes:
        path: The file.
        size: Width and height in pixels, upright.
        count: How many frames it has, as far as its file says.
        seconds: How long it is.
        turn: What makes its frames upright, or None.
        look: What else its painting has in common with it.
    """

    path: Path
    size: tuple[int, int]
    count: int
    seconds: float
    turn: Image.Transpose | None
    look: Look

    def samples(self) -> list[Photo]:
        """Gives the frames by which a video is measured, spread over its first seconds."""
        length = min(self.seconds, _SCENE)
        found: list[Photo] = []
        with _reading(self.path) as (_, stream):
            start = None
            for picture in _decoded(stream, self.path):
                start = picture.time or 0.0 if start is None else start
                if (picture.time or 0.0) - start >= length * (2 * len(found) + 1) / (2 * SAMPLES) or not found:
                    found.append(self._photo(picture))
                if len(found) == SAMPLES:
                    break
        return found

    def frames(self) -> Iterator[Frame]:
        """Reads all frames, one after the other."""
        last = None
        with _reading(self.path) as (_, stream):
            step = round(1 / ((stream.average_rate or 25) * (stream.time_base or Fraction(1, 1000)))) or 1
            for picture in _decoded(stream, self.path):
                start = picture.pts if picture.pts is not None else picture.dts
                if start is None or (last is not None and start <= last):  # encoders take no time twice
                    start = 0 if last is None else last + step
                last = start
                yield Frame(self._photo(picture), start, picture.duration or step)

    def save(self, paintings: Iterable[tuple[Frame, Image.Image]], path: Path, config: SaveConfig) -> None:
        """Writes the painted frames as a video; never are more than a few of them in the memory."""
        save_video(paintings, self.look, self.path, path, config)

    def _photo(self, picture: "av.video.frame.VideoFrame") -> Photo:
        image = _to_image(picture, self.look)
        image = image if self.turn is None else image.transpose(self.turn)
        return Photo(image if image.size == self.size else image.resize(self.size, Image.Resampling.LANCZOS))


def open_video(path: Path) -> Video:
    """Opens a video; it is read once from end to end, but not decoded.

    Raises:
        UnreadablePictureError: If it is missing, damaged, cut short or has no pictures.
        MissingExtraError: If PyAV is not installed.
    """
    with _reading(path) as (container, stream):
        count, ends = 0, [0.0]
        for packet in container.demux():
            count += packet.stream is stream and packet.size > 0
            if packet.is_corrupt:
                raise UnreadablePictureError(f"{path} is cut short or damaged; copy it again")
            if packet.pts is not None:
                ends.append(float((packet.pts + (packet.duration or 0)) * packet.time_base))
        start = (container.start_time or 0) / 1_000_000
        seconds = max(ends) - start
        said = (container.duration or 0) / 1_000_000
        if said - seconds > max(_MISSING, said * _MISSING_PART):
            raise UnreadablePictureError(
                f"{path} is cut short: {max(seconds, 0):.1f} of its {said:.1f} seconds are there; copy it again"
            )
    with _reading(path) as (_, stream):
        first = next(_decoded(stream, path), None)
        if first is None:
            raise UnreadablePictureError(f"{path} has no frames; copy it again from where it came")
        turn = _turn(first)
        look = Look.of(first, stream, turned=turn is not None and _turned(turn))
        size = (first.height, first.width) if look.turned else (first.width, first.height)
    return Video(path, size, count, seconds, turn, look)


@contextmanager
def _reading(path: Path) -> Iterator[tuple["av.container.InputContainer", "av.video.stream.VideoStream"]]:
    """Opens a video and finds its pictures."""
    require("video", f"{path} is a video, which")
    import av

    try:
        if path.stat().st_size == 0:
            raise UnreadablePictureError(f"{path} is empty (0 bytes); copy it again from where it came")
        container = av.open(str(path.absolute()))  # a bare name could be taken for the address of a server
    except FileNotFoundError as error:
        raise UnreadablePictureError(f"{path}: there is no such file; check the spelling and the folder") from error
    except PermissionError as error:  # of PyAV too, to which it is an FFmpegError as well
        raise UnreadablePictureError(f"{path} cannot be read: {reason(error)}") from error
    except av.FFmpegError as error:
        raise UnreadablePictureError(
            f"{path} is no video that can be read, or cut short: {error.strerror}; copy it again"
        ) from error
    except OSError as error:
        raise UnreadablePictureError(f"{path} cannot be read: {reason(error)}") from error
    with container:
        streams = [stream for stream in container.streams.video if not _is_cover(stream)]
        if not streams:
            raise UnreadablePictureError(f"{path} has no moving picture in it; give a video")
        streams[0].thread_type = "AUTO"
        try:
            yield container, streams[0]
        except av.FFmpegError as error:
            raise UnreadablePictureError(f"{path} is cut short or damaged: {error.strerror}; copy it again") from error


def _is_cover(stream: "av.video.stream.VideoStream") -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def _decoded(stream: "av.video.stream.VideoStream", path: Path) -> Iterator["av.video.frame.VideoFrame"]:
    from av.error import InvalidDataError

    begun = False
    for packet in stream.container.demux(stream):  # type: ignore[attr-defined]  # an input's
        if packet.is_corrupt:
            raise UnreadablePictureError(f"{path} is cut short or damaged; copy it again")
        try:
            pictures = packet.decode()
        except InvalidDataError:
            if begun:
                raise
            continue  # a recording may begin with what only makes sense after something earlier
        begun = begun or bool(pictures)
        yield from pictures


def _to_image(picture: "av.video.frame.VideoFrame", look: Look) -> Image.Image:
    rgb = picture.reformat(
        format="rgb24",
        src_colorspace=look.matrix,
        src_color_range=look.range_of(picture),
        dst_color_range=2,
        interpolation=EXACTLY,
    )
    image: Image.Image = rgb.to_image()
    return image


def _turn(picture: "av.video.frame.VideoFrame") -> Image.Transpose | None:
    """The turn that a frame's display matrix, nine whole numbers of four bytes, asks for."""
    data: Any = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return None
    numbers = memoryview(bytes(data)).cast("i")
    signs = tuple((number > 0) - (number < 0) if abs(number) > 1 << 14 else 0 for number in numbers)
    return _TURNS.get((signs[0], signs[1], signs[3], signs[4]))


def _turned(turn: Image.Transpose) -> bool:
    """Tells whether width and height change places."""
    return Image.new("L", (2, 1)).transpose(turn).size == (1, 2)
