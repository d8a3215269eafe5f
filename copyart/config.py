"""What can be set, what it is when nobody sets it, and what it may be: the only home of defaults."""

from dataclasses import dataclass

from copyart.errors import OptionError


@dataclass(frozen=True)
class TranslatorConfig:
    """Which style paints, and where."""

    style: str = "monet"
    device: str = "auto"
    reverse: bool = False


@dataclass(frozen=True)
class PaintConfig:
    """How one photo becomes one painting.

    Attributes:
        size: Long edge in pixels at which the network paints, `"native"` for the photo's own, None for
            the style's `paint_size`. It sets how broad the strokes are, whatever the photo's size. At least 8.
        strength: 0 leaves the photo as it is, 1 is the painting.
        keep_color: Keep the photo's colours and take only light and brushwork from the painting.
        compare: Put the photo to the left of the painting.

    Raises:
        OptionError: If a value is out of its range.
    """

    size: int | str | None = None
    strength: float = 1.0
    keep_color: bool = False
    compare: bool = False

    def __post_init__(self) -> None:
        if not (self.size is None or self.size == "native" or isinstance(self.size, int)):
            raise OptionError(f"size is {self.size!r}; give a number of pixels, or 'native' for the photo's own size")
        if isinstance(self.size, int) and self.size < 8:
            raise OptionError(f"size is {self.size}; give at least 8 pixels, 512 to 768 look best")
        if not 0 <= self.strength <= 1:
            raise OptionError(f"strength is {self.strength}; give a number from 0 (the photo) to 1 (the painting)")


@dataclass(frozen=True)
class SaveConfig:
    """How a painting is written.

    Attributes:
        format: jpeg, png, webp, tiff, bmp, gif, avif or heic; None for the one that the file's name says.
        quality: 1 to 100, for the formats that lose something.
        overwrite: Replace a file that is there already.

    Raises:
        OptionError: If the quality is out of its range.
    """

    format: str | None = None
    quality: int = 92
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality}; give a number from 1 to 100")


@dataclass(frozen=True)
class BatchConfig:
    """How a folder is painted.

    Attributes:
        recursive: Also paint what lies in folders of the folder.
        workers: Pictures that are read and written at the same time; one of them is painted at a time.
            At least 1.

    Raises:
        OptionError: If there are no workers.
    """

    recursive: bool = False
    workers: int = 4

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise OptionError(f"workers is {self.workers}; give at least 1")
