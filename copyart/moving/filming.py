"""Writes videos: painted frames as they come, and the sound as it was."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import UnwritablePictureError
from copyart.files import reason, whole_file
from copyart.images import check_free
from copyart.moving.formats import VIDEOS, video_format_of, video_suffix
from copyart.moving.frames import Frame

if TYPE_CHECKING:
    import av.container
    import av.video.frame
    import av.video.stream
    from av.audio.stream import AudioStream
    from av.packet import Packet

logger = logging.getLogger(__name__)

# FFmpeg's numbers for how colours become light and two differences, and for which of them it converts.
_BT709, _BT601, _KNOWN = 1, 5, (1, 4, 5, 6, 7, 9)
_HD = 720  # from so many rows on, players take colours that nothing is said of for BT.709

# How FFmpeg is to convert colours: bicubic, with exact rounding and no chroma skipped; else they darken a little.
EXACTLY = 0x4 | 0x40000 | 0x2000 | 0x4000

_AHEAD = 1.0  # seconds that sound is written before the pictures that it belongs to

# What is true of the video's own file only.
_OWN = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}


@dataclass(frozen=True)
class Look:
    """The look that a video's painting has in common with it, beside the frames.

    Attributes:
        time_base: Seconds in the unit of its times.
        rate: Frames a second, about.
        pixel: Width of a pixel by its height, upright.
        turned: Whether its frames must be laid on the side to be upright.
        matrix: How its colours are stored, in FFmpeg's numbers.
        tags: What its file says of its colours, in FFmpeg's numbers: matrix, primaries and transfer.
    """

    time_base: Fraction
    rate: Fraction
    pixel: Fraction
    turned: bool
    matrix: int
    tags: tuple[int, int, int]

    @classmethod
    def of(cls, first: "av.video.frame.VideoFrame", stream: "av.video.stream.VideoStream", *, turned: bool) -> "Look":
        """The look of a video whose first frame is given."""
        pixel = stream.sample_aspect_ratio or Fraction(1)
        known, context = first.colorspace in _KNOWN, stream.codec_context
        matrix = int(first.colorspace) if known else _BT709 if first.height >= _HD else _BT601
        return cls(
            time_base=stream.time_base or Fraction(1, 90_000),
            rate=stream.average_rate or stream.guessed_rate or Fraction(25),
            pixel=1 / pixel if turned else pixel,
            turned=turned,
            matrix=matrix,
            tags=(int(first.colorspace) if known else 2, int(context.color_primaries), int(context.color_trc)),
        )

    @staticmethod
    def range_of(picture: "av.video.frame.VideoFrame") -> int:
        """Tells whether black is 16 (1) or 0 (2) in a frame."""
        full = picture.color_range == 2 or picture.format.name.startswith(("yuvj", "rgb", "bgr", "gbr", "pal"))
        return 2 if full else 1


def save_video(
    paintings: Iterable[tuple[Frame, Image.Image]], look: Look, video: Path, path: Path, config: SaveConfig
) -> None:
    """Writes the paintings of a video's frames as they come, with its sound, whole or not at all.

    Args:
        paintings: The frames and the painting of each, RGB, all of one size.
        look: That of the video.
        video: The video, for its sound and its metadata.
        path: Where to write.
        config: Its `format` decides about the kind of file; when None, the suffix of `path`.

    Raises:
        OptionError: If no videos are written in the format asked for.
        UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
        CopyartError: Whatever making the paintings raises.
    """
    import av

    check_free(path, config)
    key = video_format_of(config.format or (path.name if path.suffix else f"{path.name}{video_suffix(video, None)}"))
    paintings = iter(paintings)
    first = next(paintings)
    try:
        with whole_file(path) as part, av.open(str(video.absolute())) as source:
            kind = VIDEOS[key]
            with av.open(str(part.absolute()), "w", format=kind.muxer, options=dict(kind.muxing)) as film:
                stream = _add_pictures(film, key, look, first[1].size)
                film.metadata.update({"comment": first[1].info.get("Software", "")} | _metadata(source))
                sound = _packets(source, _add_sound(source, film, video, key))
                waiting = next(sound, None)
                for frame, painting in chain([first], paintings):
                    until = float(frame.start * look.time_base) + _AHEAD
                    while waiting is not None and _time(waiting) <= until:
                        film.mux(waiting)
                        waiting = next(sound, None)
                    film.mux(stream.encode(_picture(painting, frame, look, stream)))
                    part.touch()  # a file that nobody has touched for minutes is a leftover to another run
                film.mux(stream.encode())
                for packet in chain([waiting] if waiting else [], sound):
                    film.mux(packet)
    except OSError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error
    except av.FFmpegError as error:
        raise UnwritablePictureError(f"{path} cannot be written: {error.strerror}; choose another --format") from error


def _add_pictures(
    film: "av.container.OutputContainer", key: str, look: Look, size: tuple[int, int]
) -> "av.video.stream.VideoStream":
    kind = VIDEOS[key]
    stream: av.video.stream.VideoStream = film.add_stream(kind.encoder, look.rate, dict(kind.options))  # type: ignore[assignment]
    context = stream.codec_context
    context.width, context.height = _even(size) if kind.encoder == "libx264" else size
    context.pix_fmt = "yuv420p"
    context.time_base = stream.time_base = look.time_base
    context.sample_aspect_ratio = look.pixel
    context.colorspace, context.color_primaries, context.color_trc = look.tags
    context.color_range = 1
    context.thread_count = 0  # as many as there are processors
    return stream


def _picture(
    painting: Image.Image, frame: Frame, look: Look, stream: "av.video.stream.VideoStream"
) -> "av.video.frame.VideoFrame":
    from av.video.frame import VideoFrame

    size = stream.codec_context.width, stream.codec_context.height
    painting = painting if painting.size == size else _grown(painting, size)
    picture: av.video.frame.VideoFrame = VideoFrame.from_image(painting).reformat(
        format="yuv420p",
        dst_colorspace=look.matrix,
        src_color_range=2,
        dst_color_range=1,
        interpolation=EXACTLY,
    )
    picture.pts, picture.time_base, picture.duration = frame.start, look.time_base, round(frame.duration)
    return picture


def _even(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def _grown(painting: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A painting with its last column and row repeated."""
    width, height = painting.size
    grown = Image.new("RGB", size)
    for left, top in ((size[0] - width, size[1] - height), (0, size[1] - height), (size[0] - width, 0), (0, 0)):
        grown.paste(painting, (left, top))
    return grown


def _metadata(source: "av.container.InputContainer") -> dict[str, str]:
    return {key: value for key, value in source.metadata.items() if key.lower() not in _OWN}


def _add_sound(
    source: "av.container.InputContainer", film: "av.container.OutputContainer", video: Path, key: str
) -> "dict[int, AudioStream]":
    """A stream of the film for each of the sound in the video, by the number of that."""
    copies = {}
    for stream in source.streams.audio:
        try:
            copies[stream.index] = film.add_stream_from_template(stream)
        except ValueError:
            codec = stream.codec_context.name
            logger.warning("%s: its %s sound is left out: %s cannot hold it; choose --format mkv", video, codec, key)
        else:
            copies[stream.index].metadata.update(stream.metadata)
    return copies


def _packets(source: "av.container.InputContainer", copies: "dict[int, AudioStream]") -> "Iterator[Packet[Any]]":
    """The sound as it is in the video, on its way to the film."""
    for packet in source.demux([source.streams[index] for index in copies]) if copies else ():
        if packet.dts is not None:
            packet.stream = copies[packet.stream.index]
            yield packet


def _time(packet: "Packet[Any]") -> float:
    return float((packet.dts or 0) * packet.time_base)
