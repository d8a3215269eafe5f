"""The pictures that a run learns from, and those that it holds out."""

import itertools
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from copyart.config import RunConfig
from copyart.domains import REASONS, STDIN, Cleaned, clean, find_domain, summary
from copyart.errors import DomainError, OptionError

logger = logging.getLogger(__name__)

_NAMED = 5  # pictures that are named for each reason to leave some out


@dataclass(frozen=True)
class Pictures:
    """The pictures of one domain of a run.

    Attributes:
        name: What messages call the domain.
        origin: Where they come from and under which licence, as far as that is known.
        learned: What is learned from.
        held_out: What is not.
        cleaned: What they were chosen from, and what was left out.
    """

    name: str
    origin: str
    learned: list[Path]
    held_out: list[Path]
    cleaned: Cleaned

    def fingerprint(self) -> str:
        """The count and a hash of the pictures that are learned from, to tell them from others."""
        hashes = "".join(self.cleaned.kept[path].sha256 for path in self.learned)
        return f"{len(self.learned)} {sha256(hashes.encode()).hexdigest()[:16]}"


def find_pictures(config: RunConfig, *, kept: Path | None = None, progress: bool = False) -> list[Pictures]:
    """Finds all domains, fetches them if need be, leaves out what is of no use, and holds some out.

    What was left out is told in a table, with the names of some.

    Args:
        config: Which domains, and how to choose.
        kept: The folder of a run that is gone on with, which knows what was read from stdin.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        OptionError: If two domains are the same pictures, or both are read from stdin.
        DomainError: If one is unknown, damaged, or holds fewer than two pictures to learn from.
        DownloadError: If one cannot be fetched.
    """
    if list(config.domains.values()).count(STDIN) > 1 and not kept:
        raise OptionError("both domains cannot be read from stdin; put the paths of one into a text file")
    found = [
        _find(which, source, kept and kept / list_name(which), config, progress=progress)
        for which, source in config.domains.items()
    ]
    for one, other in itertools.combinations(found, 2):
        _refuse_same(one, other)
    for line in summary([domain.cleaned for domain in found], [len(domain.held_out) for domain in found]):
        logger.info("%s", line)
    for domain in found:
        _name_left_out(domain.cleaned)
    for domain in found:
        if len(domain.learned) < 2:
            raise DomainError(
                f"{domain.name}: of {domain.cleaned.found} pictures {len(domain.learned)} can be learned from; "
                "a domain needs two at least, and hundreds to be learned well"
            )
    return found


def list_name(which: str) -> str:
    """The file of a run that lists the pictures of one of its domains."""
    return f"domain-{which}.txt"


def _find(which: str, source: str, kept: Path | None, config: RunConfig, *, progress: bool) -> Pictures:
    listing = find_domain(str(kept) if kept and source == STDIN else source, progress=progress)
    cleaned = clean(listing, least=config.least_side)
    count = len(cleaned.kept) if config.limit is None else min(len(cleaned.kept), config.limit)
    share = config.share_held_out(which, count)
    learned, held_out = cleaned.split(config.seed, limit=config.limit, holdout=share)
    return Pictures(listing.name, listing.origin, learned, held_out, cleaned)


def _refuse_same(one: Pictures, other: Pictures) -> None:
    """Refuses domains that have most of the smaller one in common; fewer pictures in both are told."""
    hashes = {facts.sha256: path for path, facts in one.cleaned.kept.items()}
    both = [(hashes[facts.sha256], path) for path, facts in other.cleaned.kept.items() if facts.sha256 in hashes]
    if not both:
        return
    words = f"{len(both)} pictures are in both, such as {both[0][0]} and {both[0][1]}"
    if 2 * len(both) > min(len(one.cleaned.kept), len(other.cleaned.kept)):
        raise OptionError(f"domains a and b overlap: {words}; name one of photos and one of paintings")
    logger.info("%s", words)


def _name_left_out(domain: Cleaned) -> None:
    for why in REASONS:
        named = [left for left in domain.left_out if left.why == why]
        for left in named[:_NAMED]:
            logger.info("%s: %s: %s", why, left.path, left.details)
        if len(named) > _NAMED:
            logger.info("%s: %d more of %s", why, len(named) - _NAMED, domain.name)


def lists(found: Mapping[str, Pictures]) -> dict[str, str]:
    """The text files of a run that say what it learns from, what it holds out and what it left out, by file name."""
    texts = {}
    for which, domain in found.items():
        texts[list_name(which)] = _lines(list(domain.cleaned.kept))
        texts[f"held-out-{which}.txt"] = _lines(domain.held_out)
        texts[f"left-out-{which}.txt"] = "".join(
            f"{left.path}: {left.why}: {left.details}\n" for left in domain.cleaned.left_out
        )
    return texts


def _lines(paths: list[Path]) -> str:
    return "".join(f"{os.path.abspath(path)}\n" for path in paths)  # noqa: PTH100  # leaves links as they are
