"""The kinds of video file: what they are called and how they are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from copyart.errors import OptionError


@dataclass(frozen=True)
class VideoFormat:
    """A kind of video file: its suffixes, and FFmpeg's words for it, its encoder and the options of both.

    Its pictures can have sides of up to `side` pixels.
    """

    muxer: str
    suffixes: tuple[str, ...]
    encoder: str = "libx264"
    options: Mapping[str, str] = field(default_factory=lambda: {"crf": "18"})
    muxing: Mapping[str, str] = field(default_factory=dict)
    side: int = 16_384


_FAST_START = {"movflags": "+faststart"}  # what a player must know first comes first

VIDEOS = {
    "mp4": VideoFormat("mp4", (".mp4", ".m4v"), muxing=_FAST_START),
    "mov": VideoFormat("mov", (".mov", ".qt"), muxing=_FAST_START),
    "mkv": VideoFormat("matroska", (".mkv",)),
    "webm": VideoFormat(
        "webm", (".webm",), "libvpx-vp9", {"crf": "24", "b:v": "0", "row-mt": "1", "deadline": "good", "cpu-used": "3"}
    ),
}

_READ_ONLY = (".avi", ".wmv", ".flv", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".vob")
_SUFFIXES = (*(suffix for kind in VIDEOS.values() for suffix in kind.suffixes), *_READ_ONLY)

# How videos begin: MP4, MOV, 3GP; Matroska, WebM; AVI; MPEG; WMV; FLV; Ogg.
_BEGINNINGS = re.compile(
    rb".{4}ftyp(?:isom|iso\d|mp4\d|mmp4|avc1|dash|MSNV|XAVC|M4V|qt  |3g[ep2])"
    rb"|.{4}(?:moov|mdat|wide)|\x1aE\xdf\xa3|RIFF.{4}AVI |\x00\x00\x01[\xb3\xba]"
    rb"|0&\xb2u\x8ef\xcf\x11|FLV\x01|OggS|G.{187}G.{187}G|.{4}G.{191}G.{191}G",
    re.DOTALL,
)


def holds_video(data: bytes) -> bool:
    """Tells whether a file is a video by how its content begins."""
    return _BEGINNINGS.match(data) is not None


def is_video(name: str) -> bool:
    """Tells whether a file is a video by its name."""
    return name.lower().endswith(_SUFFIXES)


def video_format_of(name: str) -> str:
    """The key in `VIDEOS` that a file's name or a word like `mp4` stands for.

    Raises:
        OptionError: If there is none.
    """
    word = (Path(name).suffix or f".{name}").lower()
    for key, kind in VIDEOS.items():
        if word in kind.suffixes or word == f".{key}":
            return key
    raise OptionError(f"{name!r} names no format that videos are written in; use {', '.join(VIDEOS)}")


def video_suffix(video: Path, format: str | None) -> str:  # noqa: A002  # the option's name
    """The suffix of a video's painting: its own, or that of the format asked for, or .mkv, which holds any sound.

    Raises:
        OptionError: If the format asked for is unknown.
    """
    own = next((key for key, kind in VIDEOS.items() if video.suffix.lower() in kind.suffixes), None)
    wanted = video_format_of(format) if format else own or "mkv"
    return video.suffix if wanted == own else VIDEOS[wanted].suffixes[0]
