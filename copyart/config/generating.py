"""The options of `copyart generate`, which makes pictures out of noise."""

import re
from dataclasses import dataclass

from copyart.config.options import check, option, option_of
from copyart.config.painting import TranslatorConfig
from copyart.errors import OptionError

MOST_SEED = 2**32
MOST_COUNT = 1_000_000

_COUNT, _ROWS = 24, 4  # pictures; rows of truncations
_MOST_TRUNCATION = 2


@dataclass(frozen=True)
class GenerateConfig:
    """The pictures that are made, and how near to the mean of all.

    Raises:
        OptionError: If a value is out of its range.
    """

    count: int | None = option(
        None,
        "How many pictures to make.",
        least=1,
        most=MOST_COUNT,
        unset="24; of --truncations, 4",
        flag=("--count", "-n"),
        metavar="N",
    )
    seed: int | None = option(
        None,
        "The seed of the first; the next have the next ones.",
        least=0,
        most=MOST_SEED,
        unset="0",
        flag="--seed",
        metavar="N",
    )
    seeds: tuple[str, ...] = option((), "Their seeds instead: 3,8,15-20 names eight.", flag="--seeds", metavar="A,B-C")
    truncation: float = option(
        1.0,
        "How far pictures may be from the mean of all: 0.7 makes fewer odd ones, and less variety.",
        least=0,
        most=_MOST_TRUNCATION,
        flag="--truncation",
    )
    grid: bool = option(False, "Put all into one picture, in rows, instead of a file each.", flag="--grid")
    mix: tuple[str, ...] = option(
        (),
        "Mix the pictures of two seeds: coarse, middle and fine styles of the one with all else of the other.",
        flag="--mix",
        metavar="A,B",
    )
    truncations: tuple[str, ...] = option(
        (),
        "Put each seed in a row, under truncations such as 0,0.3,0.7,1.",
        flag="--truncations",
        metavar="T,T",
    )
    out: str = option("", "The folder to write to.", unset="the model's name", flag=("--out", "-o"), metavar="DIR")
    device: str = option_of(TranslatorConfig, "device")

    def __post_init__(self) -> None:
        check(self)
        given = [name for name in ("count", "seed", "seeds") if getattr(self, name) not in (None, ())]
        if "seeds" in given and len(given) > 1:
            raise OptionError(f"seeds and {given[0]} exclude each other; leave one of them out")
        if self.mix and (given or self.truncations):
            other = given[0] if given else "truncations"
            raise OptionError(f"mix makes one picture of two seeds; leave {other} out, or mix")
        _ = self.chosen, self.rows
        if self.mix and len(self.mixed) != 2:
            raise OptionError(f"mix is {','.join(self.mix)}; give two seeds, such as 3,8")

    @property
    def chosen(self) -> list[int]:
        """The seeds of the pictures, each once.

        Raises:
            OptionError: If they cannot be read.
        """
        if self.seeds:
            return _seeds("seeds", self.seeds)
        first = self.seed or 0
        count = self.count or (_ROWS if self.truncations else _COUNT)
        if first + count - 1 > MOST_SEED:
            raise OptionError(f"seed is {first}; give at most {MOST_SEED + 1 - count} for {count} pictures")
        return list(range(first, first + count))

    @property
    def mixed(self) -> list[int]:
        """The two seeds whose pictures are mixed.

        Raises:
            OptionError: If they cannot be read.
        """
        return _seeds("mix", self.mix)

    @property
    def rows(self) -> list[float]:
        """The truncations of a row.

        Raises:
            OptionError: If they cannot be read.
        """
        try:
            found = [float(word) for word in self.truncations]
        except ValueError:
            found = [-1.0]
        if not all(0 <= truncation <= _MOST_TRUNCATION for truncation in found):
            raise OptionError(
                f"truncations is {','.join(self.truncations)}; give numbers from 0 to {_MOST_TRUNCATION}, "
                "such as 0,0.3,0.7,1"
            )
        return found

    @property
    def files(self) -> list[str]:
        """The names of the files that are written."""
        if self.mix:
            return ["mix-{}-{}.png".format(*self.mixed)]
        if self.truncations:
            return ["truncations.png"]
        return ["grid.png"] if self.grid else [f"seed-{seed:04d}.png" for seed in self.chosen]


def _seeds(name: str, words: tuple[str, ...]) -> list[int]:
    """The seeds that words such as 8 and 15-20 stand for, each once.

    Raises:
        OptionError: If one stands for none, or they are too many.
    """
    found: dict[int, None] = {}
    for word in words:
        parts = re.fullmatch(r"(\d{1,10})(?:-(\d{1,10}))?", word)
        if not parts:
            raise OptionError(f"{name} has {word!r}; give whole numbers, also ranges, such as 3,8,15-20")
        first, last = int(parts[1]), int(parts[2] or parts[1])
        if last < first or last > MOST_SEED:
            raise OptionError(f"{name} has {word!r}; give a range that goes up, to {MOST_SEED} at most")
        if len(found) + last - first >= MOST_COUNT:
            raise OptionError(f"{name} has {word!r}, which makes more than {MOST_COUNT} pictures; give fewer")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)
