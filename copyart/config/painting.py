"""The options of painting photos, and of writing paintings."""

from dataclasses import dataclass
from typing import TypedDict

from copyart.config.options import check, option
from copyart.errors import OptionError

# At how many times a style's own size each brush paints.
BRUSHES = {"fine": 1.6, "medium": 1.0, "broad": 0.7}


@dataclass(frozen=True)
class TranslatorConfig:
    """The style that paints, and where it computes."""

    style: str = option(
        "monet",
        "A name from `copyart styles`, a folder, a .pth file, or owner/name on the Hugging Face Hub.",
        flag=("--style", "-s"),
        metavar="STYLE",
    )
    device: str = option("auto", "Where to compute: auto, cpu, cuda, cuda:N, mps or tpu.", flag="--device")
    reverse: bool = option(False, "The other way: from a painting to a photo.", flag="--reverse")


@dataclass(frozen=True)
class PaintConfig:
    """The options by which one photo becomes one painting.

    Raises:
        OptionError: If a value is out of its range, or both a brush and a size are asked for.
    """

    brush: str = option(
        "medium", "How broad the strokes are.", choices=tuple(BRUSHES), flag="--brush", metavar="BRUSH", served=True
    )
    size: int | str | None = option(
        None,
        "Long edge in pixels to paint at; smaller means broader strokes. The painting is as large as the photo.",
        least=8,
        words=("native",),
        wanted="at least {least} pixels, or 'native' for the photo's own size",
        unset="what suits style and brush",
        flag="--size",
        served=True,
    )
    detail: float | None = option(
        None,
        "How much of finer strokes to lay over the broad ones of a large photo; 0 is the fastest.",
        least=0,
        most=1,
        wanted="a number from {least} (broad strokes only) to {most} (all the fine)",
        unset="0 in a style with an enlarger, else 0.5",
        flag="--detail",
        served=True,
    )
    strength: float = option(
        1.0,
        "From 0, the photo, to 1, the painting.",
        least=0,
        most=1,
        wanted="a number from {least} (the photo) to {most} (the painting)",
        flag="--strength",
        served=True,
    )
    keep_color: bool = option(
        False,
        "Keep the photo's colours; take only light and brushwork from the painting.",
        flag="--keep-color",
        served=True,
    )
    compare: bool = option(False, "Put the photo to the left of the painting.", flag="--compare")

    def __post_init__(self) -> None:
        check(self)
        if self.size is not None and self.brush != PaintConfig.brush:
            raise OptionError(
                f"brush is {self.brush} and size is {self.size}, and both say how broad strokes are; leave one out"
            )


class PaintOptions(TypedDict, total=False):
    """The fields of `PaintConfig` as keyword arguments; a test holds that they are the same."""

    brush: str
    size: int | str | None
    detail: float | None
    strength: float
    keep_color: bool
    compare: bool


@dataclass(frozen=True)
class TilingConfig:
    """The share of a picture that is painted at once; it changes neither colours nor strokes.

    Raises:
        OptionError: If a value is not positive.
    """

    tile: int | None = option(
        None, "Paint at most N x N pixels at once.", least=1, unset="what fits --memory", flag="--tile"
    )
    memory: int | None = option(
        None,
        "Megabytes that the network may take.",
        least=1,
        unset="what is fastest",
        flag="--memory",
        metavar="MB",
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class SaveConfig:
    """The options of writing a painting.

    Raises:
        OptionError: If the quality is out of its range.
    """

    format: str | None = option(
        None,
        "jpeg, png, webp, tiff, bmp, gif, avif or heic; of a video mp4, mov, mkv or webm.",
        unset="the photo's own",
        flag="--format",
    )
    quality: int = option(92, "For JPEG, WebP, AVIF and HEIC.", least=1, most=100, flag="--quality")
    overwrite: bool = option(False, "Replace files that are there already.", flag="--overwrite")
    make_folder: bool = option(False, "Make the folder that it goes to, where that is missing.")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class BatchConfig:
    """The options of painting a folder; one picture at a time, while others are read and written.

    Raises:
        OptionError: If there are no workers.
    """

    recursive: bool = option(
        False, "Also what lies in folders of IN; OUT gets the same folders.", flag=("--recursive", "-r")
    )
    workers: int = option(4, "Pictures that are read and written at a time.", least=1, flag="--workers")

    def __post_init__(self) -> None:
        check(self)
