"""The pictures of a domain, as a list of files."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listing:
    """What a domain's name, folder or address stands for.

    Attributes:
        name: What messages call it.
        paths: The picture files, each once, in an order that stays.
        repeats: Exact repeats that were left out when the pictures were unpacked.
        origin: Where the pictures come from and under which licence, as far as that is known.
    """

    name: str
    paths: list[Path]
    repeats: int = 0
    origin: str = ""
