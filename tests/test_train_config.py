"""What training may be set to."""

import math
from dataclasses import fields
from typing import Any

import pytest

from copyart.config import _CHOICES, _RANGES, TrainConfig
from copyart.errors import OptionError

FULL = TrainConfig(steps=1, limit=2, holdout=0.05)
WHOLE = [name for name, (least, most) in _RANGES.items() if type(getattr(FULL, name)) is int]
MANY = 10**9


def refusal(**values: Any) -> str:
    with pytest.raises(OptionError) as caught:
        TrainConfig(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_number_has_a_range_and_every_range_a_number() -> None:
    assert set(_RANGES) == {f.name for f in fields(FULL) if type(getattr(FULL, f.name)) in (int, float)}


@pytest.mark.parametrize("name", _RANGES)
def test_less_than_the_range_is_refused_with_the_range(name: str) -> None:
    least, most = _RANGES[name]
    value = least - 1 if name in WHOLE else math.nextafter(least, -math.inf)
    words = f"{least} to {most}"
    assert refusal(**{name: value}) == f"{name} is {value}; give {words}"


@pytest.mark.parametrize("name", _RANGES)
def test_more_than_the_range_is_refused(name: str) -> None:
    most = _RANGES[name][1]
    value = most + 1 if name in WHOLE else math.nextafter(most, math.inf)
    assert refusal(**{name: value}).startswith(f"{name} is {value}; give ")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", sorted(set(_RANGES) - set(WHOLE)))
def test_what_is_no_finite_number_is_refused(name: str, value: float) -> None:
    assert refusal(**{name: value}).startswith(f"{name} is {value}; give ")


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("name", _RANGES)
def test_the_ends_of_the_ranges_are_allowed(name: str, end: int) -> None:
    value = _RANGES[name][end]
    room: dict[str, Any] = {"image_size": 32, "load_size": 8192, "evaluate_every": 1}
    assert getattr(TrainConfig(**{**room, name: value}), name) == value


@pytest.mark.parametrize("word", ["", "best", "RESNET", "resnet "])
@pytest.mark.parametrize("name", _CHOICES)
def test_an_unknown_word_is_refused_with_those_there_are(name: str, word: str) -> None:
    assert refusal(**{name: word}) == f"{name} is {word!r}; choose {' or '.join(_CHOICES[name])}"


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in _CHOICES.items() for word in words])
def test_every_word_there_is_can_be_chosen(name: str, word: str) -> None:
    values: dict[str, Any] = {name: (word,) if name == "augment" else word}
    assert getattr(TrainConfig(**values), name) == values[name]


def test_each_word_of_several_is_looked_at() -> None:
    assert refusal(augment=("color", "blur")).startswith("augment is 'blur'; choose color or translation or cutout")
    assert TrainConfig(augment=("cutout", "color")) != TrainConfig(augment=())


def test_pictures_are_never_scaled_to_less_than_the_crops() -> None:
    words = refusal(image_size=256, load_size=255)
    assert words.startswith("load_size is 255, less than ")
    assert "image_size 256; give at least " in words
    assert TrainConfig(image_size=256, load_size=256).load_size == 256


def test_patience_without_evaluations_is_refused() -> None:
    assert refusal(patience=3) == "patience is 3 without evaluations; give --evaluate-every too, or patience 0"


@pytest.mark.parametrize(
    "schedule",
    ["", "fast", "Linear", "2e-4", "2e-4:", ":100", "2e-4:100,", "2e-4:-1", "-2e-4:1", "2e-4:0", "2e-4:nan", "1:2:3"],
)
def test_a_schedule_that_cannot_be_read_is_refused_with_one_that_can(schedule: str) -> None:
    words = refusal(schedule=schedule)
    assert words.startswith(f"schedule is {schedule!r}; give linear, constant, or stages of ")
    assert TrainConfig(schedule=words.split()[-1]).stages() == [(2e-4, 100), (1e-4, 100)]


def test_stages_are_pairs_of_a_rate_and_epochs() -> None:
    assert TrainConfig(schedule="2e-4:400, .001 : 30,1E-5:0.5").stages() == [(2e-4, 400), (1e-3, 30), (1e-5, 0.5)]
    assert TrainConfig(schedule="linear").stages() == TrainConfig(schedule="constant").stages() == []


def test_what_is_not_said_is_as_in_the_paper() -> None:
    config = TrainConfig()
    assert (config.image_size, config.load_size, config.flip) == (256, 286, True)
    assert (config.generator, config.adversarial, config.pool) == ("resnet", "least-squares", 50)
    assert (config.cycle, config.identity) == (10, 5)
    assert (config.batch_size, config.epochs, config.steps) == (1, 200, None)
    assert (config.learning_rate, config.beta1, config.schedule) == (2e-4, 0.5, "linear")
    assert (config.augment, config.average, config.clip_critics) == ((), 0, 0)
    assert (config.start, config.lattice, config.snapshot_every) == ("", 0, 0)
    assert (config.evaluate_every, config.patience) == (0, 0)
