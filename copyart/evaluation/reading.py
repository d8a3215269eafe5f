"""Reads what is compared from what was typed: pictures, networks, and what to say of both."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

from copyart.devices import pick_device
from copyart.errors import CopyartError
from copyart.evaluation.page import show
from copyart.evaluation.painting import paint
from copyart.evaluation.pictures import Pictures, common_side, find_pictures, read_squares
from copyart.evaluation.scores import Kinds, Networks, Score, has_floor, pair_up
from copyart.metrics import (
    ALEXNET,
    FEWEST,
    INCEPTION,
    LEAST,
    check_installed,
    find_weights,
    load_inception,
    mean_lpips,
)
from copyart.translator import Translator

Loaded = TypeVar("Loaded")

_SKIPPED = "it needs a pretrained network, and --no-pretrained was given"


def read_kinds(
    paintings: str,
    generated: str | None = None,
    photos: str | None = None,
    *,
    translator: Translator | None = None,
    size: int | None = None,
    limit: int | None = None,
    progress: bool = False,
) -> Kinds:
    """Reads, and if need be paints, what is to be compared.

    Args:
        paintings: The artist's pictures: any domain.
        generated: The pictures to judge; None for those that `translator` makes of the photos.
        photos: The pictures that they were, or are, painted from.
        translator: The style that paints, where nothing is painted yet.
        size: Width in pixels of the squares that are compared; None for 256, or less where a picture has less.
        limit: Take no more than so many of each.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        DomainError: If a domain is unknown, damaged or empty.
        DownloadError: If one cannot be fetched.
        EvaluationError: If pictures are too small, or none can be read.
        DeviceError: If the device runs out of memory.
    """
    named = {"paintings": paintings, "generated": generated, "photos": photos}
    paths = {name: find_pictures(source, limit=limit, progress=progress) for name, source in named.items() if source}
    side = common_side({str(named[name]): found for name, found in paths.items()}, size)
    if translator:
        side -= side % translator.style.size_multiple
    read = {name: read_squares(str(named[name]), found, side) for name, found in paths.items()}
    photographs: Pictures | None = read.get("photos")
    if translator and photographs:
        painted = paint(translator, photographs)
        return Kinds(read["paintings"], painted, photographs, [(i, i) for i in range(len(photographs))])
    pairs = pair_up(read["generated"], photographs) if photographs else []
    return Kinds(read["paintings"], read["generated"], photographs, pairs)


def find_networks(
    device: str = "auto", inception_weights: Path | None = None, *, pretrained: bool = True, progress: bool = False
) -> Networks:
    """Finds and loads what judges; a network that cannot be had is named with its reason in its place.

    Args:
        device: The word for the device that computes.
        inception_weights: The user's own copy of the Inception network.
        pretrained: Use such networks at all.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        EvaluationError: If the user's copy is another file, or cannot be read.
    """
    place = pick_device(device)
    own = find_weights(INCEPTION, inception_weights) if inception_weights else None

    def inception() -> nn.Module:
        check_installed()
        return load_inception(own or find_weights(INCEPTION, progress=progress), place)

    def differences() -> Callable[[Tensor, Tensor], float]:
        weights = find_weights(ALEXNET, progress=progress)
        return lambda photos, paintings: mean_lpips(weights, photos, paintings, place)

    return Networks(
        _SKIPPED if not (pretrained or own) else _or_why_not(inception),
        _SKIPPED if not pretrained else _or_why_not(differences),
        place,
    )


def _or_why_not(load: Callable[[], Loaded]) -> Loaded | str:
    try:
        return load()
    except CopyartError as error:
        return str(error)


def notes_on(kinds: Kinds, scores: Sequence[Score]) -> list[str]:
    """Sentences that a reader of the scores has to know: which are missing and why, and how far to trust the others."""
    missing: dict[str, list[str]] = {}
    for score in scores:
        if score.missing:
            missing.setdefault(score.missing, []).append(score.measure.short_title)
    notes = [f"No figure for {', '.join(titles)}: {reason}" for reason, titles in missing.items()]
    paintings, photos = len(kinds.paintings), kinds.photos
    notes += _uncertain(kinds, scores)
    if not has_floor(kinds):
        notes.append(
            f"Nothing among paintings: that compares halves of {FEWEST} or more, and there are {paintings} paintings."
        )
    if photos and len(photos) < FEWEST:
        notes.append(f"Nothing for photos as they are: there are {len(photos)}, fewer than {FEWEST}.")
    if photos and 0 < len(kinds.pairs) < len(kinds.generated):
        notes.append(f"{len(kinds.pairs)} of {len(kinds.generated)} generated pictures have a photo of their name.")
    if any(score.measure.key == "fid" and score.generated for score in scores):
        notes.append(
            "FID and MiFID are larger the fewer pictures there are: compare only what was measured with as many. "
            "Among paintings is one half of them against the other."
        )
    return notes


def _uncertain(kinds: Kinds, scores: Sequence[Score]) -> list[str]:
    """Sentences on how uncertain the figures are, where they have intervals; of few pictures, in so many words."""
    known = [(score, score.generated) for score in scores if score.generated and score.generated.low is not None]
    if not known:
        return []
    how = "with 95 % confidence, by random halves of the pictures"
    generated, paintings = len(kinds.generated), len(kinds.paintings)
    if min(generated, paintings) >= LEAST:
        return [f"In brackets: between what the figure of very many such pictures would lie, {how}."]
    spans = [f"{score.measure.short_title} {show(figure, score.measure.digits)}" for score, figure in known]
    return [
        f"With {generated} generated pictures and {paintings} paintings the figures are uncertain. Those of very many "
        f"such pictures would lie between the ones in brackets, {how}: {', '.join(spans)}.",
        "Distances are larger the fewer pictures there are, those among paintings too, which compare halves of "
        f"{paintings // 2}: compare only what was measured with as many.",
    ]
