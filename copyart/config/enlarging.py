"""The options of enlarging pictures with what a network has learned."""

from dataclasses import dataclass

from copyart.config.options import check, option
from copyart.errors import OptionError

# So many times as high and as wide pictures can become.
SCALES = (2, 4)


@dataclass(frozen=True)
class EnlargeConfig:
    """The enlarger, and how much larger pictures become.

    Raises:
        OptionError: If the scale is neither 2 nor 4.
    """

    model: str = option(
        "paintings",
        "An enlarger: a bundled name, a folder, a .pth or .safetensors file, or owner/name on the Hugging Face Hub.",
        flag=("--model", "-m"),
        metavar="MODEL",
    )
    scale: int | None = option(
        None,
        "So many times as high and as wide: 2 or 4.",
        least=2,
        most=4,
        wanted="2 or 4",
        unset="the model's own",
        flag="--scale",
        metavar="2|4",
        served=True,
    )

    def __post_init__(self) -> None:
        check(self)
        if self.scale == 3:
            raise OptionError("scale is 3; give 2 or 4")
