"""Animations: GIF, WebP and PNG files of several frames."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import UnreadablePictureError, UnwritablePictureError, first_line
from copyart.files import reason, write_whole
from copyart.images import FORMATS, Photo, check_free, damaged, fitted, format_of, options_for, to_photo
from copyart.moving.frames import Frame, spread
from copyart.moving.palette import with_one_palette

ANIMATIONS = {"GIF": "gif", "WEBP": "webp", "PNG": "png"}  # Pillow's words for what can move, and ours


@dataclass(frozen=True)
class Animation:
    """An animation that stays in its file.

    Attributes:
        path: The file.
        size: Width and height in pixels, upright.
        count: How many frames it has.
        plays: How often it is shown; 0 for ever and ever.
        transparent: Whether any of its frames has transparency.
        format: A key of `FORMATS`.
    """

    path: Path
    size: tuple[int, int]
    count: int
    plays: int
    transparent: bool
    format: str

    def samples(self) -> list[Photo]:
        """Gives the frames by which an animation is measured, spread over all of it."""
        wanted = spread(self.count)
        return [frame.photo for number, frame in enumerate(self.frames()) if number in wanted]

    def frames(self) -> Iterator[Frame]:
        """Reads all frames, one after the other."""
        with _open(self.path) as image:
            yield from _frames(image, self.path)

    def save(self, paintings: Iterable[tuple[Frame, Image.Image]], path: Path, config: SaveConfig) -> None:
        """Writes the painted frames as an animation; all of them are in the memory at once.

        Raises:
            OptionError: If the format asked for is unknown.
            UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
        """
        check_free(path, config)
        key = _target(self.format, path, config)
        painted = list(paintings)
        photo = painted[0][0].photo
        mode = "RGBA" if self.transparent else "RGB"
        options = options_for(painted[0][1], photo, key, config) | _timing(key, [frame for frame, _ in painted])
        options |= _loop(key, self.plays)
        pictures = [fitted(painting.convert(mode), photo, key) for _, painting in painted]
        if key == "gif":
            pictures = with_one_palette(pictures)
            options |= {"optimize": False, "disposal": 2 if self.transparent else 1}
        elif key == "png":
            options |= {"disposal": 0, "blend": 0}  # each frame replaces what it covers, transparent or not
        else:
            options |= {"kmax": 0, "method": 4}  # without key frames, which would make what stands still pulse
        file = io.BytesIO()
        try:
            pictures[0].save(file, FORMATS[key].pillow, save_all=True, append_images=pictures[1:], **options)
        except Exception as error:  # an encoder may fail in any way on pictures beyond its limits
            raise UnwritablePictureError(
                f"{path}: {key} cannot hold this animation: {first_line(error)}; choose another --format"
            ) from error
        try:
            write_whole(path, file.getvalue())
        except OSError as error:
            raise UnwritablePictureError(f"{path} cannot be written: {reason(error)}") from error


def open_animation(path: Path, painting: Path, config: SaveConfig) -> Animation | None:
    """Opens a picture file that moves, if its painting can.

    Returns:
        None for a picture of one frame, for one that is to become of a kind that cannot move, and for what
        cannot be opened: whoever reads it as a photo says why.

    Raises:
        UnreadablePictureError: If it is an animation and any of its frames is missing or damaged.
        OptionError: If the format asked for is unknown.
    """
    try:
        with _open(path) as image:
            key = ANIMATIONS[image.format or ""]
            if image.format == "PNG" and not getattr(image, "is_animated", False):
                return None
            count = getattr(image, "n_frames", 1) - bool(image.info.get("default_image"))
            plays = _plays(key, image.info.get("loop"))
    except Exception:  # noqa: BLE001  # whoever reads it as a photo says what is wrong
        return None
    if count < 2 or _target(key, path if painting.suffix == "" else painting, config) not in ANIMATIONS.values():
        return None
    if key == "gif" and not _gif_ends(path.read_bytes()):
        raise UnreadablePictureError(f"{path} is cut short: it has no end; copy it again")
    with _open(path) as image:
        photos = [(frame.photo.size, _is_clear(frame.photo)) for frame in _frames(image, path)]
    return Animation(path, photos[0][0], count, plays, any(clear for _, clear in photos), key)


def _open(path: Path) -> Image.Image:
    return Image.open(path, formats=tuple(ANIMATIONS))


def _target(key: str, path: Path, config: SaveConfig) -> str:
    return format_of(config.format) if config.format else format_of(path.name, default=key)


def _frames(image: Image.Image, path: Path) -> Iterator[Frame]:
    start = 0.0
    first = int(bool(image.info.get("default_image")))  # a picture for programs that show no animations
    for number in range(first, getattr(image, "n_frames", 1)):
        try:
            image.seek(number)
            picture = image.copy()
        except Exception as error:  # a decoder may fail in any way on a damaged file
            raise damaged(str(path), error) from error
        duration = float(image.info.get("duration") or 0)
        photo = replace(to_photo(picture), format=ANIMATIONS[image.format or ""])
        yield Frame(photo, round(start), duration)
        start += duration


def _is_clear(photo: Photo) -> bool:
    """Tells whether any of a photo is transparent."""
    return photo.alpha is not None and photo.alpha.getextrema() != (255, 255)


def _timing(key: str, frames: list[Frame]) -> dict[str, object]:
    """The milliseconds that each frame is shown; of a GIF, hundredths of a second that add up to the whole."""
    durations = [frame.duration for frame in frames]
    if key == "gif":
        ends = [0.0]
        for duration in durations:
            ends.append(ends[-1] + duration / 10)
        durations = [10 * (round(end) - round(start)) for start, end in pairwise(ends)]
    return {"duration": durations}


def _plays(key: str, loop: object) -> int:
    """The number of times that an animation is shown: a GIF says how often it is shown again, or nothing."""
    again = key == "gif"
    if not isinstance(loop, int):
        return 1 if again else 0
    return loop + 1 if again and loop else loop


def _loop(key: str, plays: int) -> dict[str, object]:
    if key != "gif":
        return {"loop": plays}
    return {} if plays == 1 else {"loop": max(plays - 1, 0)}


def _gif_ends(data: bytes) -> bool:
    """Tells whether a GIF's blocks go on until the one that says that it ends; Pillow takes what there is for all."""
    at = 13 + _table(data[10])
    try:
        while data[at] != 0x3B:
            if data[at] == 0x2C:  # a frame: where it lies, its palette, its pixels
                at += 11 + _table(data[at + 9])
            elif data[at] == 0x21:  # an extension
                at += 2
            else:
                return True  # what follows the last frame is none of it
            while data[at]:
                at += data[at] + 1
            at += 1
    except IndexError:
        return False
    return True


def _table(flags: int) -> int:
    """The bytes of a palette that the flags before it announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
