"""What may be set to what: what holds of every option that is declared, and of some in particular."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import pytest

from copyart import config
from copyart.config import (
    BatchConfig,
    GenerateConfig,
    NoiseConfig,
    PaintConfig,
    RunConfig,
    SaveConfig,
    TilingConfig,
    TrainConfig,
    UpscaleConfig,
)
from copyart.config.options import MANY, Declared, check, declared, option, option_of
from copyart.errors import OptionError

CLASSES: list[type] = [getattr(config, name) for name in config.__all__ if name.endswith("Config")]
OPTIONS = [(cls, each) for cls in CLASSES for each in declared(cls)]
NUMBERS = [(cls, each) for cls, each in OPTIONS if each.kind in (int, float)]
CHOICES = [(cls, each) for cls, each in OPTIONS if each.option.choices]

# What else has to be set, so that a value at the end of its range fits the others.
_OF_RUNS: dict[str, Any] = {"image_size": 32, "load_size": 8192, "evaluate_every": 1}
ROOM: dict[type, dict[str, Any]] = dict.fromkeys((RunConfig, TrainConfig, UpscaleConfig, NoiseConfig), _OF_RUNS)
ROOM[GenerateConfig] = {"count": 1}
ROOM[TrainConfig] = _OF_RUNS | {"generator": "compact", "generator_options": {"color_curves": True}}


def name(value: object) -> str | None:
    """What pytest calls a parameter."""
    if isinstance(value, type):
        return value.__name__
    return value.name if isinstance(value, Declared) else None


def refusal(cls: type, **values: object) -> str:
    with pytest.raises(OptionError) as caught:
        cls(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("cls", CLASSES, ids=name)
def test_every_field_is_an_option_and_its_default_can_be_read_from_the_class(cls: type) -> None:
    assert [each.name for each in declared(cls)] == [field.name for field in fields(cls)]
    defaults = {each.name: each.default for each in declared(cls)}
    assert cls() == cls(**defaults)
    assert all(getattr(cls, name) == default for name, default in defaults.items() if default != {})


@pytest.mark.parametrize(("cls", "each"), OPTIONS, ids=name)
def test_an_option_says_in_a_line_what_it_does_and_its_default_will_do(cls: type, each: Declared) -> None:
    assert each.help.endswith(".")
    assert "\n" not in each.help
    each.check(each.default)
    assert not each.option.unset or each.default in (None, "", ())


@pytest.mark.parametrize(("cls", "each"), OPTIONS, ids=name)
def test_a_flag_is_called_as_its_option(cls: type, each: Declared) -> None:
    long, *short = each.option.flags or [f"--{each.name.replace('_', '-')}"]
    assert long == f"--{each.name.replace('_', '-')}"
    assert all(len(flag) == 2 for flag in short)


@pytest.mark.parametrize(("cls", "each"), [(cls, each) for cls, each in OPTIONS if each.option.least is None], ids=name)
def test_what_has_no_range_is_no_number(cls: type, each: Declared) -> None:
    assert each.kind not in (int, float)


@pytest.mark.parametrize(("cls", "each"), NUMBERS, ids=name)
def test_a_number_beyond_an_end_of_its_range_is_refused_with_that_end(cls: type, each: Declared) -> None:
    least, most = each.option.least, each.option.most
    assert least is not None
    less, more = (
        (least - 1, most + 1)
        if each.kind is int
        else (math.nextafter(least, -math.inf), math.nextafter(most, math.inf))
    )
    assert refusal(cls, **{each.name: less}).startswith(f"{each.name} is {less}; give ")
    assert str(least) in refusal(cls, **{each.name: less})
    assert refusal(cls, **{each.name: more}).startswith(f"{each.name} is {more}; give ")
    assert each.option.wanted or str(most) in refusal(cls, **{each.name: more})


@pytest.mark.parametrize(("cls", "each"), NUMBERS, ids=name)
def test_the_ends_of_a_range_are_allowed(cls: type, each: Declared) -> None:
    for end in (each.option.least, each.option.most):
        assert getattr(cls(**{**ROOM.get(cls, {}), each.name: end}), each.name) == end


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "much", "1", None])
@pytest.mark.parametrize(("cls", "each"), NUMBERS, ids=name)
def test_what_is_no_finite_number_is_refused(cls: type, each: Declared, value: object) -> None:
    if value is not None or each.default is not None:
        assert refusal(cls, **{each.name: value}).startswith(f"{each.name} is {value!r}; give ")


@pytest.mark.parametrize("word", ["", "best", "RESNET", "resnet "])
@pytest.mark.parametrize(("cls", "each"), CHOICES, ids=name)
def test_an_unknown_word_is_refused_with_those_there_are(cls: type, each: Declared, word: str) -> None:
    words = f"{each.name} is {word!r}; choose {' or '.join(each.option.choices)}"
    assert refusal(cls, **{each.name: word}) == words


@pytest.mark.parametrize(("cls", "each"), CHOICES, ids=name)
def test_every_word_there_is_can_be_chosen_and_is_in_the_help(cls: type, each: Declared) -> None:
    for word in each.option.choices:
        value = (word,) if each.kind is tuple else word
        assert getattr(cls(**{each.name: value}), each.name) == value
        assert word in each.help


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: PaintConfig(size=7), "size is 7; give at least 8 pixels, or 'native'"),
        (lambda: PaintConfig(size=640.5), "size is 640.5; give at least 8 pixels"),  # type: ignore[arg-type]
        (lambda: PaintConfig(size="big"), "size is 'big'; give at least 8 pixels"),
        (lambda: PaintConfig(detail=2), r"detail is 2; give a number from 0 \(broad strokes only\) to 1 \(all the"),
        (lambda: PaintConfig(strength=1.1), r"strength is 1.1; give a number from 0 \(the photo\) to 1 \(the painting"),
        (lambda: SaveConfig(quality=101), "quality is 101; give 1 to 100"),
        (lambda: SaveConfig(quality=9.5), "quality is 9.5; give a whole number"),  # type: ignore[arg-type]
        (lambda: TilingConfig(tile=0), "tile is 0; give at least 1"),
        (lambda: BatchConfig(workers=MANY + 1), "workers is 1000000001; give at most 1000000000"),
    ],
)
def test_a_refusal_says_what_to_give(build: Callable[[], object], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        build()


def test_a_word_may_stand_in_the_place_of_a_number() -> None:
    assert PaintConfig(size="native") != PaintConfig(size=8)


def test_the_keyword_arguments_of_painting_are_the_fields_of_its_configuration() -> None:
    assert get_type_hints(config.PaintOptions) == get_type_hints(PaintConfig)
    assert not config.PaintOptions.__required_keys__


@dataclass(frozen=True)
class Toy:
    """What declares an option of every type."""

    glaze: float = option(0.5, "How much varnish.", least=0, most=1, flag=("--glaze", "-g"), served=True)
    coats: int | str | None = option(None, "Coats.", least=1, words=("all",), unset="one", flag="--coats", served=True)
    dry: bool = option(False, "Wait until it is dry.", flag="--dry", served=True)
    resin: str = option("dammar", "What it is made of.", choices=("dammar", "mastic"), flag="--resin", served=True)
    names: tuple[str, ...] = option((), "Who signs.", flag="--names", metavar="A,B")
    secret: int = option(1, "Nobody is told.", least=1)
    style: str = option_of(config.TranslatorConfig, "style")

    def __post_init__(self) -> None:
        check(self)


@pytest.mark.parametrize(
    ("option_name", "text", "value"),
    [
        ("glaze", "0.25", 0.25),
        ("glaze", "2", 2.0),
        ("coats", "3", 3),
        ("coats", "all", "all"),
        ("coats", "-1", -1),
        ("dry", "on", True),
        ("dry", "0", False),
        ("resin", "lead", "lead"),
        ("names", " a, b c ,,", ("a", "b c")),
    ],
)
def test_a_text_is_read_as_the_options_type_whatever_its_range(option_name: str, text: str, value: object) -> None:
    (each,) = (each for each in declared(Toy) if each.name == option_name)
    read = each.read(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("option_name", "text", "words"),
    [
        ("glaze", "much", "a number"),
        ("coats", "--5", "a whole number"),
        ("coats", "1.5", "a whole number"),
        ("dry", "perhaps", "true or false"),
    ],
)
def test_a_text_of_another_type_is_refused_with_what_it_has_to_be(option_name: str, text: str, words: str) -> None:
    (each,) = (each for each in declared(Toy) if each.name == option_name)
    with pytest.raises(OptionError, match=f"^{option_name} is {text!r}; give {words}$"):
        each.read(text)


def test_an_option_of_another_class_is_declared_as_there() -> None:
    assert declared(Toy)[-1] == declared(config.TranslatorConfig)[0]
    assert Toy.style == config.TranslatorConfig.style
