"""The options of CycleGAN, by which two domains of pictures become a style."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from copyart.config.former import takes_former_names
from copyart.config.options import option
from copyart.config.training import RunConfig
from copyart.errors import OptionError

_WINDOWED = 32  # what pictures are multiples of whose windows are looked at


@takes_former_names
@dataclass(frozen=True)
class TrainConfig(RunConfig):
    """The options of training a style; what is not said is as in Zhu et al. (2017).

    The names that some had before are understood too, with a DeprecationWarning.

    Raises:
        OptionError: If a value is out of its range.
    """

    DOMAINS: ClassVar[Mapping[str, str]] = {"a": "photos", "b": "paintings"}

    task: str = option("cyclegan", "What is learned: a name from `TASKS`.")
    generator: str = option(
        "resnet", "The kind of network that paints.", choices=("resnet", "compact", "unet"), flag="--generator"
    )
    generator_options: Mapping[str, Any] = option({}, "What else builds the generators; see `copyart.networks`.")
    discriminator: str = option(
        "patch",
        "The kind of network that tells paintings from the artist's.",
        choices=("patch", "projected"),
        was="critic",
    )
    discriminator_options: Mapping[str, Any] = option(
        {}, "What else builds the discriminators; see `copyart.networks`.", was="critic_options"
    )
    adversarial: str = option(
        "least-squares",
        "What discriminators and generators minimise.",
        choices=("least-squares", "hinge", "bce", "two-objective"),
    )
    cycle: float = option(10.0, "Weight of the way there and back.", least=0)
    light_cycle: float = option(
        0.0, "Weight of the light that comes back, in means of 4 x 4 pixels: colours may go.", least=0
    )
    feature_cycle: float = option(
        0.0, "Weight of what a network that knows photographs finds in what comes back.", least=0
    )
    statistics: float = option(
        0.0, "Weight of brushwork like that of a painting which is near to the photo, window by window.", least=0
    )
    palette: float = option(0.0, "Weight of colours like those of that painting.", least=0)
    broad: float = option(
        0.0, "Weight of leaving broad colours to the generator's colour curves, so that strokes are strokes.", least=0
    )
    hot_spots: float = option(
        0.0, "Weight of having no specks and streaks of colour far stronger than around them.", least=0
    )
    identity: float = option(5.0, "Weight of leaving alone what is already of the kind; 0 leaves it out.", least=0)
    checkerboard: float = option(
        0.0,
        "Weight of leaving no grid of the networks' strides in what is painted; 0 leaves it out.",
        least=0,
        was="lattice",
    )
    pool: int = option(
        50, "Earlier paintings that the discriminators are shown beside new ones; 0 for none.", least=0, most=10_000
    )
    augment: tuple[str, ...] = option(
        (), "What is changed in pictures before a discriminator sees them.", choices=("color", "translation", "cutout")
    )
    clip_discriminators: float = option(
        0.0, "Longest gradient of a discriminator; 0 for any length.", least=0, was="clip_critics"
    )
    paint_size: int = option(
        640,
        "Long edge in pixels at which the style paints a photo of 3 : 2; others have the same short edge.",
        least=8,
        most=65_536,
    )
    streaks: int = option(
        0,
        "Per cent by which streaks along the forms lighten and darken photos, to become strokes; 0 for none.",
        least=0,
        most=25,
    )
    enlarger: str = option(
        "",
        "The bundled enlarger that brings its paintings to the photo's size; none for plain interpolation.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.looks and self.image_size % _WINDOWED:
            near = max(round(self.image_size / _WINDOWED), 1) * _WINDOWED
            raise OptionError(
                f"image_size is {self.image_size}; matched paintings take multiples of {_WINDOWED}, such as {near}"
            )
        if self.broad and not self.generator_options.get("color_curves"):
            raise OptionError(
                f"broad is {self.broad}, and the generator has no colour curves; "
                "set generator to compact with color_curves among its generator_options, or broad to 0"
            )

    @property
    def looks(self) -> bool:
        """True where a term looks through a network that knows photographs."""
        return any((self.feature_cycle, self.statistics, self.palette, self.broad))
