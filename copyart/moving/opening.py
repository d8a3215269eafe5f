"""Tells what moves from what does not."""

from pathlib import Path

from copyart.config import SaveConfig
from copyart.moving.animation import open_animation
from copyart.moving.formats import is_video, video_format_of
from copyart.moving.frames import Moving
from copyart.moving.video import open_video


def open_moving(path: Path, painting: Path, config: SaveConfig) -> Moving | None:
    """Opens a file that moves.

    Args:
        path: Any file.
        painting: Where its painting is to go: an animation that goes to a kind of file that cannot move is a
            picture.
        config: Its `format` decides about that, where there is one.

    Returns:
        None for a picture, and for what cannot be opened: whoever reads it as a photo says why.

    Raises:
        UnreadablePictureError: If it is damaged or cut short.
        OptionError: If the format asked for is unknown.
    """
    if not is_video(path.name):
        return open_animation(path, painting, config)
    if config.format or painting.suffix:
        video_format_of(config.format or painting.name)
    return open_video(path)
