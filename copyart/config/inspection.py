"""The options of `copyart inspect`, which shows a style at work."""

from dataclasses import dataclass

from copyart.config.options import check, option


@dataclass(frozen=True)
class InspectConfig:
    """The options of looking at a style at work.

    Raises:
        OptionError: If a value is out of its range.
    """

    size: int = option(384, "Long edge in pixels to paint at.", least=8, most=2048, flag="--size")
    channels: int = option(8, "How many channels of each layer to show.", least=1, flag="--channels")

    def __post_init__(self) -> None:
        check(self)
