"""The options of `copyart serve`, which paints strangers' photos over HTTP."""

from dataclasses import dataclass

from copyart.config.options import check, option, option_of
from copyart.config.painting import TranslatorConfig


@dataclass(frozen=True)
class ServeConfig:
    """The options of painting strangers' photos over HTTP.

    Raises:
        OptionError: If a value is out of its range.
    """

    host: str = option(
        "127.0.0.1",
        "Where to listen; 0.0.0.0 for all who reach this machine.",
        flag="--host",
        metavar="ADDRESS",
    )
    port: int = option(8000, "0 for any that is free.", least=0, most=65_535, flag="--port")
    styles: tuple[str, ...] = option(
        (),
        "What there is to paint with, the first as default.",
        unset="what is bundled",
        flag="--styles",
        metavar="A,B",
    )
    max_megapixels: float = option(
        50,
        "Of a photo, and of what is made of it.",
        least=0.01,
        most=150,  # Pillow opens no more than 178
        flag="--max-megapixels",
    )
    max_megabytes: float = option(25, "Of a photo's file.", least=0.01, most=1000, flag="--max-megabytes")
    queue: int = option(32, "Photos that may wait while others are painted.", least=0, most=10_000, flag="--queue")
    workers: int = option(1, "Photos that are painted at a time.", least=1, most=256, flag="--workers")
    time_limit: int = option(
        120,
        "Seconds in which a request is answered, and in which the server ends when it is to stop.",
        least=1,
        most=86_400,
        flag="--time-limit",
        metavar="SECONDS",
    )
    device: str = option_of(TranslatorConfig, "device")

    def __post_init__(self) -> None:
        check(self)

    @property
    def max_pixels(self) -> int:
        """Pixels of a photo, and of what is made of it."""
        return int(self.max_megapixels * 1_000_000)

    @property
    def max_bytes(self) -> int:
        """Bytes of a photo's file."""
        return int(self.max_megabytes * 1_000_000)
