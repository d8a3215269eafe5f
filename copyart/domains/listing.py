"""The pictures of a domain, as a list of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listing:
    """The pictures that a domain's name, folder or address stands for.

    Attributes:
        name: What messages call it.
        paths: The picture files, each once, in an order that stays.
        repeats: Exact repeats that were left out when the pictures were unpacked.
        origin: Where the pictures come from and under which licence, as far as that is known; of what lies on this
            computer the name alone, since a style tells it to others.
    """

    name: str
    paths: list[Path]
    repeats: int = 0
    origin: str = ""


def evenly(paths: Sequence[Path], most: int) -> list[Path]:
    """Up to `most` of some files, spread evenly over all of them."""
    count = min(most, len(paths))
    return [paths[i * len(paths) // count] for i in range(count)]
