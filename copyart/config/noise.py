"""The options by which one domain of pictures becomes a generator, which makes such pictures out of noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from copyart.config.cyclegan import TrainConfig
from copyart.config.options import option, option_of
from copyart.config.training import RunConfig
from copyart.errors import OptionError

_SIZES = (32, 64, 128, 256)


@dataclass(frozen=True)
class NoiseConfig(RunConfig):
    """The options of training a generator; with an `image_size` above `load_size` pictures are scaled to that.

    Raises:
        OptionError: If a value is out of its range.
    """

    DOMAINS: ClassVar[Mapping[str, str]] = {"a": "pictures"}

    task: str = option("generate", "What is learned: a name from `TASKS`.")
    image_size: int = option(
        64, "Width and height in pixels of the crops to learn from.", least=32, most=256, flag="--image-size"
    )
    load_size: int = option(
        64,
        "Short side in pixels to which pictures are scaled before they are cropped, if it is more than the crops'.",
        least=32,
        most=8192,
    )
    samples: int = option(24, "Pictures of fixed codes that are shown in the sample grids.", least=2, most=64)

    network: str = option(
        "stylegan",
        "The kind of network that makes pictures out of noise.",
        choices=("dcgan", "stylegan"),
        flag="--network",
    )
    network_options: Mapping[str, Any] = option({}, "What else builds it; see `copyart.networks`.")
    grey: bool = option(False, "Learn to make grey pictures.", flag="--grey")
    discriminator: str = option(
        "own",
        "The network that tells real pictures from those made: that of the other's own paper, or one that looks "
        "through a network that knows photographs.",
        choices=("own", "projected"),
    )
    discriminator_options: Mapping[str, Any] = option({}, "What else builds the discriminator; see `copyart.networks`.")
    adversarial: str = option_of(TrainConfig, "adversarial")
    augment: tuple[str, ...] = option_of(TrainConfig, "augment")
    r1: float = option(
        0.0, "Weight of how fast the discriminator's scores change around real pictures; 0 leaves it out.", least=0
    )
    r1_every: int = option(16, "Steps from one look at that to the next, which counts for all of them.", least=1)
    path_length: float = option(
        0.0, "Weight of styles changing pictures evenly, of a style-based network; 0 leaves it out.", least=0
    )
    path_length_every: int = option(
        4, "Steps from one look at that to the next, which counts for all of them.", least=1
    )
    style_mixing: float = option(
        0.9, "Share of the pictures that are made of two codes, of a style-based network.", least=0, most=1
    )

    def __post_init__(self) -> None:
        if isinstance(self.load_size, int) and isinstance(self.image_size, int) and self.load_size >= 32:
            object.__setattr__(self, "load_size", max(self.load_size, self.image_size))
        super().__post_init__()
        if self.image_size not in _SIZES:
            raise OptionError(f"image_size is {self.image_size}; give 32, 64, 128 or 256")
        if self.path_length and self.network != "stylegan":
            raise OptionError(
                f"path_length is {self.path_length}, and a {self.network} has no styles; "
                "set network to stylegan, or path_length to 0"
            )
