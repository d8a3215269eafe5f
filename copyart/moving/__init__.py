"""Moving pictures: animations and videos, read frame by frame and written again."""

from copyart.moving.animation import ANIMATIONS, Animation
from copyart.moving.formats import VIDEOS, holds_video, is_video, video_format_of, video_suffix
from copyart.moving.frames import Frame, Moving
from copyart.moving.opening import open_moving
from copyart.moving.video import Video

__all__ = [
    "ANIMATIONS",
    "VIDEOS",
    "Animation",
    "Frame",
    "Moving",
    "Video",
    "holds_video",
    "is_video",
    "open_moving",
    "video_format_of",
    "video_suffix",
]
