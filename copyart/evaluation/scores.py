"""Scores: nearness to an artist's pictures, what is kept of the photos, and figures to compare both with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from copyart.errors import EvaluationError
from copyart.evaluation.pictures import Pictures
from copyart.metrics import (
    FEWEST,
    LEAST,
    checkerboard,
    deviations_of,
    distance_among,
    estimate,
    hot_spots,
    inception,
    palette_distance,
    sliced_wasserstein,
    strokes_added,
    structure_kept,
)


@dataclass(frozen=True)
class Measure:
    """A kind of figure, as the scores and pages show it.

    Attributes:
        key: Its name in JSON.
        title: Its name before people.
        better: `less` or `more`; "" where neither is.
        digits: After the point.
    """

    key: str
    title: str
    better: str
    digits: int

    @property
    def short_title(self) -> str:
        """The title without what is in brackets."""
        return self.title.partition(" (")[0]


MEASURES = (
    Measure("distance_closed", "Distance closed (share of the way to the paintings)", "more", 2),
    Measure("sliced_wasserstein", "Colours and textures (sliced Wasserstein)", "less", 0),
    Measure("palette", "Colours alone (in CIELAB)", "less", 1),
    Measure("fid", "FID", "less", 1),
    Measure("mifid", "MiFID", "less", 1),
    Measure("kid", "KID x 1,000", "less", 1),
    Measure("precision", "Precision", "more", 2),
    Measure("recall", "Recall", "more", 2),
    Measure("structure_kept", "Structure kept (SSIM)", "", 2),
    Measure("strokes", "Strokes added (4 to 16 pixels wide)", "", 2),
    Measure("lpips", "Looks different (LPIPS)", "", 2),
    Measure("checkerboard", "Checkerboard, dB", "less", 1),
    Measure("hot_spots", "Hot spots (specks of colour, in 1,000 pixels)", "less", 2),
)
OF_SETS = ("sliced_wasserstein", "palette")
OF_FEATURES = ("fid", "mifid", "kid", "precision", "recall")
OF_PAIRS = ("structure_kept", "strokes", "lpips")
OF_VIEWS = ("distance_closed", "sliced_wasserstein", "structure_kept", "strokes", "hot_spots")

_FAULTS = {"checkerboard": checkerboard, "hot_spots": hot_spots}
_DISTANCES = dict(zip(OF_SETS, (sliced_wasserstein, palette_distance), strict=True))


@dataclass(frozen=True)
class Figure:
    """A measured value.

    Attributes:
        value: The figure itself.
        deviation: Its deviation, where that was measured too.
        low: Between this and `high` the value of very many such pictures would lie, with 95 % confidence.
        high: The other end.
    """

    value: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Score:
    """One measure of the generated pictures, and what it is to be compared with.

    Attributes:
        measure: The kind of figure.
        generated: That of the generated pictures; None, with a reason in `missing`, where it cannot be had.
        untouched: That of the photos as they are: what doing nothing scores.
        floor: That of the paintings among themselves, one half against the other: what an artist scores; without a
            network, the mean and the deviation of four ways to part them.
        missing: The reason why there is no figure.
    """

    measure: Measure
    generated: Figure | None = None
    untouched: Figure | None = None
    floor: Figure | None = None
    missing: str = ""


@dataclass(frozen=True)
class Kinds:
    """The pictures that are compared.

    Attributes:
        paintings: The artist's.
        generated: Those to judge.
        photos: Those that the generated ones were painted from, or others of the kind; None if there are none.
        pairs: Places of a generated picture and of the photo that it was painted from.
    """

    paintings: Pictures
    generated: Pictures
    photos: Pictures | None = None
    pairs: Sequence[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Networks:
    """Pretrained networks to judge with, or in their place the reason why they are not to be had.

    Attributes:
        features: b 3 h w uint8 to b n: the Inception network.
        differences: Of pictures and their paintings, each b 3 h w uint8, the mean LPIPS.
        device: The device that the first is on.
    """

    features: nn.Module | str
    differences: Callable[[Tensor, Tensor], float] | str
    device: torch.device = torch.device("cpu")  # noqa: RUF009  # it never changes


def pair_up(generated: Pictures, photos: Pictures) -> list[tuple[int, int]]:
    """Finds the photo of each generated picture: the one of the same name, be what was added a style's name."""
    stems = {path.stem: i for i, path in enumerate(photos.paths)}
    pairs = []
    for i, path in enumerate(generated.paths):
        stem = path.stem
        while stem not in stems and "-" in stem:
            stem = stem.rpartition("-")[0]
        if stem in stems:
            pairs.append((i, stems[stem]))
    return pairs


def evaluate(kinds: Kinds, networks: Networks, watch: Callable[[int], None] = lambda _: None) -> list[Score]:
    """Measures all that can be measured.

    What cannot be is named with its reason: too few pictures of a kind (4 give distances, with an interval; FID,
    precision and recall take 50), no network, no photos.

    Args:
        kinds: The pictures, all of one size.
        networks: Those to judge with.
        watch: Told, again and again, how many pictures more a network has looked at.

    Returns:
        A score for each of `MEASURES`, in their order.

    Raises:
        EvaluationError: If the pictures are not of one size.
    """
    _check_shapes(kinds)
    sets = _score_sets(kinds)
    found = {
        "distance_closed": _score_closed(sets["sliced_wasserstein"]),
        **sets,
        **_score_features(kinds, networks, watch),
        **_score_pairs(kinds, networks),
        **{key: _score_fault(kinds, key) for key in _FAULTS},
    }
    return [found[measure.key] for measure in MEASURES]


def evaluate_view(kinds: Kinds) -> list[Score]:
    """Measures what matters where pictures are seen at one of several sizes: a score for each of `OF_VIEWS`.

    Args:
        kinds: The pictures, all of one size.

    Raises:
        EvaluationError: If the pictures are not of one size.
    """
    _check_shapes(kinds)
    sets = _score_sets(kinds, ("sliced_wasserstein",))
    found = {
        "distance_closed": _score_closed(sets["sliced_wasserstein"]),
        **sets,
        **_score_pairs(kinds, Networks("", "")),
        "hot_spots": _score_fault(kinds, "hot_spots"),
    }
    return [found[key] for key in OF_VIEWS]


def _check_shapes(kinds: Kinds) -> None:
    shapes = {each.pixels.shape[1:] for each in (kinds.paintings, kinds.generated, kinds.photos) if each is not None}
    if len(shapes) > 1:
        raise EvaluationError("the pictures to compare are of several sizes; read them all with one")


def _measure(key: str) -> Measure:
    return next(measure for measure in MEASURES if measure.key == key)


def _too_few(kinds: Kinds, least: int) -> str:
    """The reason why nothing can be said of the pictures as sets; "" where something can."""
    for words, pictures in (("generated pictures", kinds.generated), ("paintings", kinds.paintings)):
        if len(pictures) < least:
            return f"there are {len(pictures)} {words}; fewer than {least} say nothing about all of their kind"
    return ""


def _score_sets(kinds: Kinds, keys: Sequence[str] = OF_SETS) -> dict[str, Score]:
    if missing := _too_few(kinds, FEWEST):
        return {key: Score(_measure(key), missing=missing) for key in keys}
    paintings, photos = kinds.paintings.pixels, kinds.photos
    scores = {}
    for key in keys:
        distance = _DISTANCES[key]
        generated, untouched = (
            _estimated(distance, pictures.pixels, paintings) if pictures and len(pictures) >= FEWEST else None
            for pictures in (kinds.generated, photos)
        )
        floor = Figure(*distance_among(paintings, distance)) if has_floor(kinds) else None
        scores[key] = Score(_measure(key), generated, untouched, floor)
    return scores


def _score_closed(near: Score) -> Score:
    """The share of the way from the photos as they are to the paintings, by their distances from those."""
    measure = _measure("distance_closed")
    if near.missing or near.generated is None:
        return Score(measure, missing=near.missing)
    if near.untouched is None or not near.untouched.value:
        return Score(measure, missing="it takes the distance of photos as they are")
    way = near.untouched.value
    floor = Figure(1 - near.floor.value / way) if near.floor else None
    return Score(measure, Figure(1 - near.generated.value / way), Figure(0.0), floor)


def _estimated(distance: Callable[..., float], pictures: Tensor, goal: Tensor) -> Figure:
    found = estimate(distance, pictures, goal)
    return Figure(found.value, low=found.low, high=found.high)


def has_floor(kinds: Kinds) -> bool:
    """Says whether each half of the paintings is enough by itself to be compared with the other."""
    return len(kinds.paintings) >= 2 * FEWEST


def _score_features(kinds: Kinds, networks: Networks, watch: Callable[[int], None]) -> dict[str, Score]:
    missing = _too_few(kinds, FEWEST) or (networks.features if isinstance(networks.features, str) else "")
    if missing or isinstance(networks.features, str):
        return {key: Score(_measure(key), missing=missing) for key in OF_FEATURES}
    network, device = networks.features, networks.device

    def see(pictures: Pictures) -> Tensor:
        return inception.features_of(network, pictures.pixels, device, watch)

    goal = see(kinds.paintings)
    ours = _feature_figures(see(kinds.generated), goal)
    untouched = _feature_figures(see(kinds.photos), goal) if kinds.photos else {}
    floor = _feature_figures(*_halves(goal))
    missing = _too_few(kinds, LEAST)
    return {
        key: Score(_measure(key), ours[key], untouched.get(key), floor.get(key))
        if key in ours
        else Score(_measure(key), missing=missing)
        for key in OF_FEATURES
    }


def _halves(features: Tensor) -> tuple[Tensor, Tensor]:
    """One way to part them, by chance that is always the same: more would take minutes."""
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(0))
    return features[order[: len(order) // 2]], features[order[len(order) // 2 :]]


def _feature_figures(features: Tensor, goal: Tensor) -> dict[str, Figure]:
    """The figures that so many pictures give, by their keys."""
    fewest = min(len(features), len(goal))
    if fewest < FEWEST:
        return {}
    mean, deviation = inception.kid(features, goal)
    reach = deviation * deviations_of(fewest)
    kid = Figure(1000 * mean, 1000 * deviation, 1000 * (mean - reach), 1000 * (mean + reach))
    if fewest < LEAST:
        return {"kid": kid}
    distance = inception.fid(features, goal)
    precision, recall = inception.precision_and_recall(features, goal)
    return {
        "fid": Figure(distance),
        "mifid": Figure(inception.mifid(distance, inception.memorization(features, goal))),
        "kid": kid,
        "precision": Figure(precision),
        "recall": Figure(recall),
    }


def _score_pairs(kinds: Kinds, networks: Networks) -> dict[str, Score]:
    if not kinds.photos or not kinds.pairs:
        missing = (
            "no photo has the name of a generated picture" if kinds.photos else "there are no photos to compare with"
        )
        return {key: Score(_measure(key), missing=missing) for key in OF_PAIRS}
    ours, theirs = (torch.tensor(places) for places in zip(*kinds.pairs, strict=True))
    paintings, photos = kinds.generated.pixels[ours], kinds.photos.pixels[theirs]
    kept = structure_kept(photos, paintings)
    deviation = float(kept.std()) if len(kept) > 1 else None
    kept_score = Score(_measure("structure_kept"), Figure(float(kept.mean()), deviation), Figure(1.0))
    strokes = Score(_measure("strokes"), Figure(strokes_added(photos, paintings)), Figure(0.0))
    if isinstance(networks.differences, str):
        different = Score(_measure("lpips"), missing=networks.differences)
    else:
        different = Score(_measure("lpips"), Figure(networks.differences(photos, paintings)), Figure(0.0))
    return {"structure_kept": kept_score, "strokes": strokes, "lpips": different}


def _score_fault(kinds: Kinds, key: str) -> Score:
    measure = _FAULTS[key]
    untouched = Figure(measure(kinds.photos.pixels)) if kinds.photos else None
    generated, floor = (Figure(measure(each.pixels)) for each in (kinds.generated, kinds.paintings))
    return Score(_measure(key), generated, untouched, floor)
