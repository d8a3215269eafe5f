"""The options by which one domain of large pictures becomes an enlarger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from copyart.config.options import option
from copyart.config.training import RunConfig
from copyart.errors import OptionError


@dataclass(frozen=True)
class UpscaleConfig(RunConfig):
    """The options of training an enlarger.

    Raises:
        OptionError: If a value is out of its range.
    """

    DOMAINS: ClassVar[Mapping[str, str]] = {"a": "large pictures"}
    ENLARGES: ClassVar[bool] = False

    task: str = option("enlarge", "What is learned: a name from `TASKS`.")
    scale: int = option(
        4, "How many times as high and as wide it is to make pictures: 2 or 4.", least=2, most=4, flag="--scale"
    )
    channels: int = option(32, "Channels of each convolution.", least=3, most=1024)
    layers: int = option(8, "Convolutions, the first and the last among them.", least=3, most=256)
    fold: int = option(1, "2 makes channels of every 2 x 2 pixels first, to compute at half the size.", least=1, most=2)

    pixels: float = option(1.0, "Weight of giving back the pixels of the picture before it was shrunk.", least=0)
    features: float = option(0.3, "Weight of what a network that knows photographs finds different in it.", least=0)
    adversarial_weight: float = option(0.02, "Weight of passing for a real picture before a discriminator.", least=0)
    checkerboard: float = option(3.0, "Weight of leaving no grid of the network's pixels in it.", least=0)
    pixels_only: int = option(1000, "Steps at the beginning in which pixels alone count.", least=0)

    blur: float = option(
        0.6,
        "The most by which pictures are blurred before they are shrunk: a deviation in pixels.",
        least=0,
        most=16,
    )
    soft: float = option(0.35, "Share of the pictures that were soft before they were shrunk.", least=0, most=1)
    jpeg: float = option(0.15, "Share of the shrunk pictures that went through JPEG.", least=0, most=1)
    painters: tuple[str, ...] = option((), "Styles, some of whose paintings are enlarged too.")
    painted: float = option(0.15, "Share of the shrunk pictures that a painter has painted over.", least=0, most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale == 3:
            raise OptionError("scale is 3; give 2 or 4")
        if self.image_size % (self.scale * self.fold):
            multiple = self.scale * self.fold
            near = max(round(self.image_size / multiple), 1) * multiple
            raise OptionError(f"image_size is {self.image_size}; give a multiple of {multiple}, such as {near}")
