"""One still picture a request: what moves or has several pages is a problem, and is not done in part."""

from shlex import quote

from copyart.images import count_frames
from copyart.moving import ANIMATIONS, holds_video
from copyart.serving.problems import Problem


def check_still(data: bytes, name: str, *, enlarges: bool = False) -> None:
    """Checks that a file is one still picture.

    Args:
        data: What a file holds.
        name: What it is called.
        enlarges: Whether it is to be enlarged, not painted.

    Raises:
        Problem: If it is an animation, a video or a document of several pages.
        UnreadablePictureError: If it is no picture, or damaged early.
    """
    command, does, done = ("enlarge", "enlarges", "enlarged") if enlarges else ("translate", "paints", "painted")
    all_of_it = f"`copyart {command} {quote(name)}` {does} all of its frames, or send one"
    if holds_video(data):
        raise Problem("moving", f"{name} is a video, and only still pictures are {done} here; {all_of_it}")
    kind, frames = count_frames(data, name)
    if frames > 1 and kind == "tiff":
        why = f"{name} has {frames} pages, and one picture at a time is {done} here; send a page as a file of its own"
        raise Problem("several-pages", why)
    if frames > 1:
        next_step = all_of_it if kind in ANIMATIONS.values() else "send one of them as a picture"
        raise Problem("moving", f"{name} has {frames} frames, and only still pictures are {done} here; {next_step}")
