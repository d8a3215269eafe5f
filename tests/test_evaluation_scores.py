"""Every measure stands beside what doing nothing and the artist score, and is left out where it would mean nothing."""

import math
from pathlib import Path

import pytest
import torch
from conftest import measure_roughly
from judged import NEITHER, Small, by_key, make_pictures

from copyart.errors import EvaluationError
from copyart.evaluation import (
    MEASURES,
    Kinds,
    Measure,
    Networks,
    Score,
    evaluate,
    notes_on,
    pair_up,
)
from copyart.evaluation.pictures import Pictures
from copyart.evaluation.scores import OF_FEATURES, OF_PAIRS, OF_SETS


@pytest.fixture(scope="module")
def painted() -> dict[str, Score]:
    """The scores of pictures that come a little nearer to paintings than the photos that they were made of."""
    kinds = Kinds(
        make_pictures(100, 1, tint=0.5),
        make_pictures(60, 2, tint=0.4),
        make_pictures(60, 3),
        [(i, i) for i in range(60)],
    )
    networks = Networks(Small(), lambda a, b: float((a - b).abs().float().mean()))
    seen: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        measure_roughly(patch)
        found = evaluate(kinds, networks, seen.append)
    assert [score.measure for score in found] == list(MEASURES)
    assert sum(seen) == 220
    return by_key(found)


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_every_figure_stands_beside_doing_nothing(painted: dict[str, Score], measure: Measure) -> None:
    score = painted[measure.key]
    assert not score.missing
    assert score.untouched
    assert score.generated
    assert math.isfinite(score.generated.value)
    if measure.better:  # or else there is none of an artist
        assert score.floor


@pytest.mark.slow
@pytest.mark.parametrize("key", [*OF_SETS, "fid", "kid"])
def test_who_comes_nearer_scores_between_doing_nothing_and_the_artist(painted: dict[str, Score], key: str) -> None:
    score = painted[key]
    assert score.untouched
    assert score.generated
    assert score.floor
    assert score.floor.value < score.generated.value < score.untouched.value


@pytest.mark.slow
def test_kid_has_a_deviation_and_of_photos_as_they_are_all_structure_is_kept(painted: dict[str, Score]) -> None:
    assert painted["kid"].generated
    assert painted["kid"].generated.deviation
    untouched = painted["structure_kept"].untouched
    assert untouched
    assert untouched.value == 1.0


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_the_same_pictures_score_the_same_again() -> None:
    kinds = Kinds(make_pictures(50, 1), make_pictures(50, 2))
    networks = Networks(Small(), "no network")
    assert evaluate(kinds, networks) == evaluate(kinds, networks)


@pytest.mark.parametrize(("paintings", "generated"), [(3, 80), (80, 3), (80, 1), (1, 1)])
def test_fewer_than_4_pictures_say_nothing_about_their_kind(paintings: int, generated: int) -> None:
    kinds = Kinds(make_pictures(paintings), make_pictures(generated, 1))
    scores = by_key(evaluate(kinds, Networks(Small(), "no network")))
    for key in (*OF_SETS, *OF_FEATURES):
        assert scores[key].generated is None
        assert f"there are {min(paintings, generated)} " in scores[key].missing
    assert scores["checkerboard"].generated is not None


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_a_floor_takes_8_paintings_and_doing_nothing_4_photos() -> None:
    found = evaluate(kinds := Kinds(make_pictures(7), make_pictures(5, 1), make_pictures(3, 2)), NEITHER)
    scores = by_key(found)
    assert scores["palette"].generated
    assert scores["palette"].floor is None
    assert scores["palette"].untouched is None
    notes = " ".join(notes_on(kinds, found))
    assert "there are 7 paintings" in notes
    assert "there are 3" in notes


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_a_network_that_is_missing_is_named_and_the_others_still_score() -> None:
    kinds = Kinds(make_pictures(50), make_pictures(50, 1), make_pictures(50, 2), [(0, 0)])
    scores = by_key(evaluate(kinds, Networks("Inception is not here", "AlexNet is not here")))
    assert {scores[key].missing for key in OF_FEATURES} == {"Inception is not here"}
    assert scores["lpips"].missing == "AlexNet is not here"
    assert scores["palette"].generated
    assert scores["structure_kept"].generated


def test_pairs_are_found_by_their_names() -> None:
    names = ["a.jpg", "b-monet.png", "old-town-monet.jpg", "c.jpg", "d-x-y.png"]
    generated = Pictures("out", [Path(name) for name in names], torch.zeros(5, 3, 1, 1), [(1, 1)] * 5)
    photos = Pictures(
        "in", [Path(f"{n}.jpeg") for n in ("d", "old-town", "b", "a")], torch.zeros(4, 3, 1, 1), [(1, 1)] * 4
    )
    assert pair_up(generated, photos) == [(0, 3), (1, 2), (2, 1), (4, 0)]
    scores = by_key(evaluate(Kinds(make_pictures(1), make_pictures(1), make_pictures(1)), NEITHER))
    assert all("no photo has the name" in scores[key].missing for key in OF_PAIRS)


@pytest.mark.usefixtures("rough")
def test_with_few_pictures_distances_have_intervals_and_what_takes_more_is_named() -> None:
    kinds = Kinds(
        make_pictures(30, 1, tint=0.5),
        make_pictures(12, 2, tint=0.2),
        make_pictures(12, 3),
        [(i, i) for i in range(12)],
    )
    found = evaluate(kinds, Networks(Small(), "no network"))
    scores = by_key(found)
    for key in (*OF_SETS, "kid"):
        for figure in (scores[key].generated, scores[key].untouched):
            assert figure
            assert figure.low is not None
            assert figure.high is not None
            assert figure.low < figure.value < figure.high
        assert scores[key].floor
    for key in ("fid", "mifid", "precision", "recall"):
        assert scores[key].missing == (
            "there are 12 generated pictures; fewer than 50 say nothing about all of their kind"
        )
    figure = scores["palette"].generated
    assert figure
    notes = notes_on(kinds, found)
    assert any(
        note.startswith("With 12 generated pictures and 30 paintings the figures are uncertain. ")
        and f"Colours alone {figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})" in note
        for note in notes
    )
    assert any("which compare halves of 15" in note for note in notes)
    enough = Kinds(make_pictures(50, 1), make_pictures(50, 2))
    notes = notes_on(enough, evaluate(enough, NEITHER))
    assert any(note.startswith("In brackets: ") for note in notes)
    assert not any("uncertain" in note for note in notes)


def test_pictures_of_several_sizes_are_not_compared() -> None:
    kinds = Kinds(make_pictures(50, 1), make_pictures(50, 2, side=32))
    with pytest.raises(EvaluationError, match="the pictures to compare are of several sizes; read them all with one"):
        evaluate(kinds, NEITHER)


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_a_network_tells_how_many_pictures_it_has_looked_at() -> None:
    kinds = Kinds(make_pictures(60, 1), make_pictures(50, 2))
    told: list[int] = []
    scores = evaluate(kinds, Networks(Small(), "no network", torch.device("cpu")), told.append)
    assert sum(told) == 110
    assert any(score.measure.key == "fid" and score.generated for score in scores)
    assert any(
        note.startswith("FID and MiFID are larger the fewer pictures there are") for note in notes_on(kinds, scores)
    )


def test_of_how_many_pictures_a_photo_is_known_is_told() -> None:
    kinds = Kinds(make_pictures(3, 1), make_pictures(8, 2), make_pictures(5, 3), [(i, i) for i in range(5)])
    assert "5 of 8 generated pictures have a photo of their name." in notes_on(kinds, evaluate(kinds, NEITHER))
