"""What moves: animations and videos, read frame by frame and written again."""

from copyart.moving.animation import Animation
from copyart.moving.formats import VIDEOS, is_video, video_format_of, video_suffix
from copyart.moving.frames import Frame, Moving
from copyart.moving.opening import open_moving
from copyart.moving.video import Video

__all__ = [
    "VIDEOS",
    "Animation",
    "Frame",
    "Moving",
    "Video",
    "is_video",
    "open_moving",
    "video_format_of",
    "video_suffix",
]
