"""What training may be set to."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from copyart.config import TrainConfig
from copyart.config.options import declared
from copyart.errors import OptionError
from copyart.networks import DISCRIMINATORS, GENERATORS
from copyart.training.adversarial import ADVERSARIAL
from copyart.training.augmentation import CHANGES


def refusal(**values: Any) -> str:
    with pytest.raises(OptionError) as caught:
        TrainConfig(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


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
    assert (config.augment, config.ema, config.clip_discriminators) == ((), 0, 0)
    assert (config.start, config.checkerboard, config.snapshot_every) == ("", 0, 0)
    assert (config.evaluate_every, config.patience) == (0, 0)


@pytest.mark.parametrize(("name", "value"), [("steps", 1.5), ("steps", "3"), ("cycle", "10"), ("batch_size", None)])
def test_a_value_from_python_of_another_type_is_refused_with_what_it_has_to_be(name: str, value: object) -> None:
    kind = "number" if name == "cycle" else "whole number"
    with pytest.raises(OptionError, match=f"^{name} is {re.escape(repr(value))}; give a {kind}$"):
        TrainConfig(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "registry"),
    [("generator", GENERATORS), ("discriminator", DISCRIMINATORS), ("adversarial", ADVERSARIAL), ("augment", CHANGES)],
)
def test_the_words_that_an_option_takes_are_those_that_there_is_code_for(
    name: str, registry: Mapping[str, object]
) -> None:
    (each,) = (each for each in declared(TrainConfig) if each.name == name)
    assert sorted(each.option.choices) == sorted(registry)
