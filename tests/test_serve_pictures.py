"""Broken pictures, of which a server makes paintings, or has a line for each."""

import io
import itertools
from pathlib import Path

import pytest
from hostile import (
    OF_PICTURES,
    Victim,
    assert_answers,
    bombs,
    mutants,
    pictures,
    strangers,
    written,
    wrong,
)
from PIL import Image


@pytest.mark.slow
def test_of_a_thousand_broken_pictures_each_is_painted_or_refused_with_a_line(victim: Victim, china: Path) -> None:
    failures, sizes = [], itertools.cycle(({}, {"size": "native"}, {"size": "200", "keep_color": "true"}))
    for label, name, data in mutants(pictures(china), 1000):
        answer = victim.server.post(next(sizes), {"image": (name, data)})
        failures += wrong(label, answer, OF_PICTURES)
    assert_answers(failures)
    victim.assert_unharmed()


def test_pictures_that_claim_or_hold_too_much_are_painted_or_refused_with_a_line(victim: Victim, china: Path) -> None:
    failures = []
    for label, data in bombs(china).items():
        answer = victim.server.post({"size": "native"}, {"image": ("bomb", data)})
        failures += wrong(label, answer, {413} if label.endswith("is huge") else OF_PICTURES)
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1), (3, 30_000), (1, 1), (7, 5)])
@pytest.mark.parametrize("long_edge", ["native", "8", "", "60000"])
def test_a_photo_of_any_shape_is_painted_at_its_size(victim: Victim, size: tuple[int, int], long_edge: str) -> None:
    data = written(Image.linear_gradient("L").convert("RGB").resize(size), "PNG")
    answer = victim.server.post({"size": long_edge, "detail": 1}, {"image": ("thin.png", data)})
    assert not wrong(f"{size} at {long_edge}", answer, {200} if long_edge != "60000" else {200, 422})
    if answer.status == 200:
        with Image.open(io.BytesIO(answer.body)) as painting:
            assert painting.size == size
    victim.assert_unharmed()


def test_what_is_no_picture_is_refused_as_such(victim: Victim, china: Path) -> None:
    failures = []
    for label, data in strangers(china).items():
        for name in ("photo.jpg", "photo.svg", ""):
            failures += wrong(label, victim.server.post({}, {"image": (name, data)}), {400, 415, 422})
    assert_answers(failures)
    victim.assert_unharmed()
