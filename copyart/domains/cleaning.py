"""Pictures of a domain from which there is something to learn, and those of them that are held out."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from copyart.domains.facts import Facts, look_at
from copyart.domains.listing import Listing

UNREADABLE, SMALL, BLANK = "unreadable", "too small or narrow", "nearly of one colour"
REPEATED, ALIKE = "exact repeats", "near repeats"
REASONS = (UNREADABLE, SMALL, BLANK, REPEATED, ALIKE)

_BLANK = 2.0  # standard deviation, of 255: instance norms make the rest of it explode
_NARROW = 16  # times as long as wide: of such a strip most crops would be of its enlarged pixels
_ALIKE = 6  # bits of 64: copies that were scaled, toned or compressed differ by so few, a painter's series by more


@dataclass(frozen=True)
class Left:
    """A picture that was left out: why, in a word of `REASONS`, and what exactly is wrong."""

    path: Path
    why: str
    details: str


@dataclass(frozen=True)
class Cleaned:
    """The pictures of a domain, looked through.

    Attributes:
        name: What messages call the domain.
        kept: What there is to learn from, and what is known of it.
        left_out: What was left out, in the order of the listing.
        repeats: Exact repeats that were left out before they became files.
    """

    name: str
    kept: dict[Path, Facts]
    left_out: list[Left]
    repeats: int

    @property
    def title(self) -> str:
        """A short name, for the head of a column."""
        return re.split(r"[/\\:]", self.name.rstrip("/\\"))[-1]

    @property
    def found(self) -> int:
        """The number of pictures that there were."""
        return len(self.kept) + len(self.left_out) + self.repeats

    def counts(self) -> dict[str, int]:
        """The number of those left out, for each of `REASONS`."""
        counted = Counter(left.why for left in self.left_out)
        return {why: counted[why] + (self.repeats if why == REPEATED else 0) for why in REASONS}

    def split(self, seed: int, *, limit: int | None = None, holdout: float = 0.0) -> tuple[list[Path], list[Path]]:
        """Chooses which pictures are learned from and which are held out.

        The choice follows from the seed and each picture's own content: it stays, by and large, when files are
        renamed, and when some are added.

        Args:
            seed: What chance follows from.
            limit: Use no more than so many.
            holdout: The share of them that is held out, rounded.

        Returns:
            Both lists, each in the order of the listing.
        """
        drawn = sorted(self.kept, key=lambda path: sha256(f"{seed} {self.kept[path].sha256}".encode()).digest())
        drawn = drawn[:limit]
        held_out = set(drawn[: round(holdout * len(drawn))])
        used = set(drawn)
        return (
            [path for path in self.kept if path in used and path not in held_out],
            [path for path in self.kept if path in held_out],
        )


def clean(listing: Listing, *, least: int) -> Cleaned:
    """Looks through a domain, and leaves out what nothing can be learned from or what is there already.

    Args:
        listing: The pictures.
        least: Short side in pixels that a picture needs.
    """
    kept: dict[Path, Facts] = {}
    left_out: list[Left] = []
    hashes: dict[str, Path] = {}
    alike = _Alike(len(listing.paths))
    for path, facts in look_at(listing.paths, listing.name).items():
        if found := _wrong(facts, least):
            left_out.append(Left(path, *found))
        elif facts.sha256 in hashes:
            left_out.append(Left(path, REPEATED, f"the same file as {hashes[facts.sha256]}"))
        elif (first := alike.find(facts.likeness)) is not None:
            left_out.append(Left(path, ALIKE, f"looks like {next(itertools.islice(kept, first, None))}"))
        else:
            kept[path] = facts
            hashes[facts.sha256] = path
            alike.add(facts.likeness)
    return Cleaned(listing.name, kept, left_out, listing.repeats)


def summary(domains: Sequence[Cleaned], held_out: Sequence[int] = ()) -> list[str]:
    """The numbers kept of each domain, as the lines of a table; the last tells how many are held out."""
    rows = [("", *(domain.title for domain in domains)), ("found", *(f"{domain.found:,}" for domain in domains))]
    rows += [(why, *(f"{domain.counts()[why]:,}" for domain in domains)) for why in REASONS]
    rows += [("kept", *(f"{len(domain.kept):,}" for domain in domains))]
    rows += [("held out", *(f"{count:,}" for count in held_out))] if held_out else []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


class _Alike:
    """Perceptual hashes, to be searched for one that is near."""

    def __init__(self, most: int) -> None:
        self.hashes = np.zeros(most, np.uint64)
        self.count = 0

    def add(self, likeness: str) -> None:
        self.hashes[self.count] = int(likeness, 16)
        self.count += 1

    def find(self, likeness: str) -> int | None:
        """The place of the first that is near."""
        differing = np.bitwise_count(self.hashes[: self.count] ^ np.uint64(int(likeness, 16)))
        near = np.flatnonzero(differing <= _ALIKE)
        return int(near[0]) if len(near) else None


def _wrong(facts: Facts, least: int) -> tuple[str, str] | None:
    """The reason why nothing can be learned from a picture, in a word and exactly."""
    short, long = sorted((facts.width, facts.height))
    size = f"{facts.width} x {facts.height}"
    if facts.problem:
        return UNREADABLE, facts.problem
    if short < least:
        return SMALL, f"{size}; the short side needs {least} pixels"
    if long > _NARROW * short:
        return SMALL, f"{size}, more than {_NARROW} times as long as wide"
    if facts.deviation < _BLANK:
        return BLANK, f"its colours deviate by {facts.deviation:.1f} of 255"
    return None
