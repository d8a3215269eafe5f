"""Which pictures a run learns from, and which it holds out."""

import logging
import math
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from copyart.config import TrainConfig
from copyart.domains import REASONS, STDIN, Cleaned, clean, find_domain, summary
from copyart.errors import DomainError, OptionError
from copyart.metrics import FEWEST, LEAST

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
        """What tells the pictures that are learned from from others: how many, and what they hold."""
        hashes = "".join(self.cleaned.kept[path].sha256 for path in self.learned)
        return f"{len(self.learned)} {sha256(hashes.encode()).hexdigest()[:16]}"


def find_pictures(
    config: TrainConfig, *, kept: Path | None = None, progress: bool = False
) -> tuple[Pictures, Pictures]:
    """Finds both domains, fetches them if need be, leaves out what is of no use, and holds some out.

    What was left out is told in a table, with the names of some.

    Args:
        config: Which domains, and how to choose.
        kept: The folder of a run that is gone on with, which knows what was read from stdin.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        OptionError: If both domains are the same pictures, or both are read from stdin.
        DomainError: If one is unknown, damaged, or holds fewer than two pictures to learn from.
        DownloadError: If one cannot be fetched.
    """
    if config.domain_a == config.domain_b == STDIN and not kept:
        raise OptionError("both domains cannot be read from stdin; put the paths of one into a text file")
    a = _find("a", config.domain_a, kept and kept / list_name("a"), config, progress=progress)
    b = _find("b", config.domain_b, kept and kept / list_name("b"), config, progress=progress)
    _refuse_same(a, b)
    for line in summary([a.cleaned, b.cleaned], [len(a.held_out), len(b.held_out)]):
        logger.info("%s", line)
    for domain in (a, b):
        _name_left_out(domain.cleaned)
    for domain in (a, b):
        if len(domain.learned) < 2:
            raise DomainError(
                f"{domain.name}: of {domain.cleaned.found} pictures {len(domain.learned)} can be learned from; "
                "a domain needs two at least, and hundreds to be learned well"
            )
    logger.info("%s", outlook(a, b))
    return a, b


def outlook(a: Pictures, b: Pictures) -> str:
    """What can be judged with a run's pictures: paintings of held-out photos, by all that there are of the artist."""
    photos, paintings = len(a.held_out), len(b.held_out) + len(b.learned)
    of = f"To judge by: {photos} held-out pictures of {a.cleaned.title} and {paintings} of {b.cleaned.title}"
    if min(photos, paintings) >= LEAST:
        return f"{of}: enough for every measure"
    if min(photos, paintings) >= FEWEST:
        return f"{of}: distances with a wide interval; FID, precision and recall take {LEAST} of each"
    advice = more(a, FEWEST) if photos < FEWEST else "add pictures"
    return f"{of}: too few for scores, which take {FEWEST} of each; {advice}"


def more(a: Pictures, least: int) -> str:
    """How to have at least so many pictures of domain a held out."""
    share = math.ceil(100 * least / (len(a.held_out) + len(a.learned))) / 100
    return f"hold out more with --holdout {share}" if share <= 0.5 else "add pictures"


def list_name(which: str) -> str:
    """The file of a run that lists the pictures of its domain `a` or `b`."""
    return f"domain-{which}.txt"


def _find(which: str, source: str, kept: Path | None, config: TrainConfig, *, progress: bool) -> Pictures:
    listing = find_domain(str(kept) if kept and source == STDIN else source, progress=progress)
    cleaned = clean(listing, least=config.load_size // 2)
    count = len(cleaned.kept) if config.limit is None else min(len(cleaned.kept), config.limit)
    share = config.share_held_out(which, count)
    learned, held_out = cleaned.split(config.seed, limit=config.limit, holdout=share)
    return Pictures(listing.name, listing.origin, learned, held_out, cleaned)


def _refuse_same(a: Pictures, b: Pictures) -> None:
    """Refuses domains that have most of the smaller one in common; fewer pictures in both are told."""
    hashes = {facts.sha256: path for path, facts in a.cleaned.kept.items()}
    both = [(hashes[facts.sha256], path) for path, facts in b.cleaned.kept.items() if facts.sha256 in hashes]
    if not both:
        return
    words = f"{len(both)} pictures are in both, such as {both[0][0]} and {both[0][1]}"
    if 2 * len(both) > min(len(a.cleaned.kept), len(b.cleaned.kept)):
        raise OptionError(f"domains a and b overlap: {words}; name one of photos and one of paintings")
    logger.info("%s", words)


def _name_left_out(domain: Cleaned) -> None:
    for why in REASONS:
        named = [left for left in domain.left_out if left.why == why]
        for left in named[:_NAMED]:
            logger.info("%s: %s: %s", why, left.path, left.details)
        if len(named) > _NAMED:
            logger.info("%s: %d more of %s", why, len(named) - _NAMED, domain.name)


def lists(a: Pictures, b: Pictures) -> dict[str, str]:
    """The text files of a run that say what it learns from, what it holds out and what it left out, by name."""
    texts = {}
    for which, domain in (("a", a), ("b", b)):
        texts[list_name(which)] = _lines(list(domain.cleaned.kept))
        texts[f"held-out-{which}.txt"] = _lines(domain.held_out)
        texts[f"left-out-{which}.txt"] = "".join(
            f"{left.path}: {left.why}: {left.details}\n" for left in domain.cleaned.left_out
        )
    return texts


def _lines(paths: list[Path]) -> str:
    return "".join(f"{os.path.abspath(path)}\n" for path in paths)  # noqa: PTH100  # leaves links as they are
