"""What a run is to be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from runs import configured

from copyart import recipes
from copyart.config import TrainConfig
from copyart.errors import OptionError
from copyart.recipes import configure, list_recipes, to_toml

FILES = sorted(path.stem for path in Path(recipes.__file__).parent.glob("*.toml"))
TWO_OBJECTIVE = "2e-4:400,1e-4:300,5e-5:200,2.5e-5:200,1e-5:200"
ODD = [
    '"',
    "'",
    'it\'s "so"',
    "two\nlines\r\n",
    "tab\t",
    "C:\\new\\table",
    "été 絵 🎨",
    "\\",
    '"""',
    "'''",
    "\x00\x7f",
    "#=",
]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def refusal(recipe: str | None = None, file: Path | None = None, **values: Any) -> str:
    with pytest.raises(OptionError) as caught:
        configure(recipe, file, **values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_every_recipe_makes_a_configuration_and_says_what_it_is_good_for(name: str) -> None:
    config = configure(name)
    assert config.recipe == name
    assert config.about == list_recipes()[name]
    assert 10 < len(config.about) < 120


def test_the_default_comes_first() -> None:
    assert sorted(list_recipes()) == FILES
    assert next(iter(list_recipes())) == "bold"
    assert configured() == configure("bold")


def test_the_paper_is_followed_to_the_letter() -> None:
    config = configured("paper")
    assert config == TrainConfig(recipe="paper", about=config.about, generator_options={"blocks": 9})
    assert (config.image_size, config.load_size, config.batch_size, config.epochs) == (256, 286, 1, 200)
    assert (config.steps, config.learning_rate, config.schedule) == (None, 2e-4, "linear")
    assert (config.cycle, config.identity, config.pool) == (10, 5, 50)


def test_two_objective_learns_for_1300_epochs_in_five_stages() -> None:
    config = configured("two-objective")
    assert config.stages() == [(2e-4, 400), (1e-4, 300), (5e-5, 200), (2.5e-5, 200), (1e-5, 200)]
    assert (config.epochs, config.steps, config.adversarial) == (1300, None, "two-objective")


def test_values_come_before_the_file_and_the_file_before_the_recipe(tmp_path: Path) -> None:
    file = write(tmp_path, "cycle = 7\nidentity = 2.5\n")
    config = configured("copyart", file, identity=1.0)
    assert (config.cycle, config.identity, config.load_size) == (7.0, 1.0, 143)


def test_a_value_of_none_is_not_given(tmp_path: Path) -> None:
    file = write(tmp_path, 'title = "Mine"\nsteps = 9\n')
    assert configured("paper", file, title=None, steps=None, cycle=None) == configure("paper", file)


def test_nothing_and_false_are_given(tmp_path: Path) -> None:
    config = configured("compact", write(tmp_path, "pool = 5\n"), pool=0, flip=False, augment=(), identity=0)
    assert (config.pool, config.flip, config.augment, config.identity) == (0, False, (), 0.0)


def test_a_file_may_name_its_recipe_and_the_caller_another(tmp_path: Path) -> None:
    file = write(tmp_path, 'recipe = "paper"\ncycle = 7\n')
    assert configured(file=file) == replace(configured("paper"), cycle=7.0)
    assert configured("copyart", file) == replace(configured("copyart"), cycle=7.0)


@pytest.mark.parametrize("in_file", [True, False])
def test_epochs_take_back_the_steps_of_a_recipe(tmp_path: Path, in_file: bool) -> None:
    assert configured("compact").steps == 12000
    config = configured("compact", write(tmp_path, "epochs = 3\n")) if in_file else configure("compact", epochs=3)
    assert (config.epochs, config.steps) == (3, None)
    assert configured("compact", epochs=3, steps=40).steps == 40


def test_epochs_take_back_the_steps_of_a_file_and_steps_come_before_its_epochs(tmp_path: Path) -> None:
    assert configured("paper", write(tmp_path, "steps = 9\n"), epochs=3).steps is None
    assert configured("paper", write(tmp_path, "epochs = 3\n"), steps=9).steps == 9


@pytest.mark.parametrize(
    ("values", "epochs", "steps"),
    [
        ({"schedule": "2e-4:40,1e-4:30"}, 70, None),
        ({"schedule": "2e-4:0.1,1e-4:0.1"}, 1, None),
        ({"schedule": "2e-4:40,1e-4:30", "epochs": 7}, 7, None),
        ({"schedule": "2e-4:40,1e-4:30", "steps": 7}, 200, 7),
        ({"schedule": "constant"}, 200, 12000),
    ],
)
def test_stages_set_the_epochs_unless_a_length_is_given(values: dict[str, Any], epochs: int, steps: int | None) -> None:
    config = configured("compact", **values)
    assert (config.schedule, config.epochs, config.steps) == (values["schedule"], epochs, steps)


def test_another_generator_takes_back_what_goes_with_the_recipes_own(tmp_path: Path) -> None:
    assert (configured().start, configured().broad) == ("cezanne", 2)
    other = configured(generator="resnet")
    assert (other.start, other.broad, other.generator_options) == ("", 0, {})
    assert configured(generator_options={"color_curves": True, "blocks": 2}).start == ""
    assert configured(generator="resnet", start="runs/mine").start == "runs/mine"
    assert configured("paper").generator_options
    assert configured("paper", generator="unet").generator_options == {}
    assert configured("paper", write(tmp_path, 'generator = "unet"\n')).generator_options == {}
    options = {"blocks": 4}
    assert configured("paper", generator="unet", generator_options=options).generator_options == options


def test_a_learning_rate_beside_stages_is_refused_unless_the_stages_are_replaced() -> None:
    words = f"learning_rate 0.001 and the stages {TWO_OBJECTIVE} exclude each other; give a schedule too"
    assert refusal("two-objective", learning_rate=1e-3) == words
    assert refusal(learning_rate=1e-3, schedule="2e-4:1").startswith("learning_rate 0.001 and the stages 2e-4:1 ")
    assert configured("two-objective", learning_rate=1e-3, schedule="linear").learning_rate == 1e-3


@pytest.mark.parametrize(
    ("name", "near"), [("learning_rat", "learning_rate"), ("epoch", "epochs"), ("batchsize", "batch_size")]
)
def test_a_misspelt_name_is_met_with_the_nearest(tmp_path: Path, name: str, near: str) -> None:
    words = f"{name!r}, which means nothing here; did you mean {near!r}?"
    given: dict[str, Any] = {name: 1}
    assert refusal(**given) == f"you set {words}"
    file = write(tmp_path, f"{name} = 1\n")
    assert refusal(file=file) == f"{file} sets {words}"


def test_a_name_like_no_other_is_met_with_all_there_are() -> None:
    assert "which means nothing here; there are domain_a, domain_b, out, recipe" in refusal(zzzzzz=1)


@pytest.mark.parametrize(
    ("name", "toml", "value", "words"),
    [
        ("epochs", "1.5", 1.5, "1.5; it has to be a whole number"),
        ("epochs", "true", True, "True; it has to be a whole number"),
        ("steps", '"9"', "9", "'9'; it has to be a whole number"),
        ("cycle", '"10"', "10", "'10'; it has to be a number"),
        ("cycle", "true", True, "True; it has to be a number"),
        ("flip", "1", 1, "1; it has to be true or false"),
        ("schedule", "3", 3, "3; it has to be text"),
        ("augment", '"color"', "color", "'color'; it has to be a list of words"),
        ("augment", "[1]", [1], "[1]; it has to be a list of words"),
        ("generator_options", "9", 9, "9; it has to be a table"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_it_has_to_be(
    tmp_path: Path, name: str, toml: str, value: Any, words: str
) -> None:
    assert refusal(**{name: value}) == f"you set {name} to {words}"
    file = write(tmp_path, f"{name} = {toml}\n")
    assert refusal(file=file) == f"{file} sets {name} to {words}"


def test_a_whole_number_is_also_a_number() -> None:
    assert repr(configured(cycle=10, clip_discriminators=1).cycle) == "10.0"


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_read_back_the_same(tmp_path: Path, name: str) -> None:
    values: dict[str, Any] = {"seed": 7, "ema": 0.1 + 0.2, "augment": ["cutout"]}
    own: dict[str, dict[str, Any]] = {"enlarge": {"scale": 2, "layers": 3}}
    own |= {key: {"grey": True, "network_options": {"code": 9}, **values} for key in ("dcgan", "stylegan")}
    values = own.get(name, {"generator": "unet", **values})
    for config in (configure(name), configure(name, epochs=3), configure(name, **values)):
        assert configure(file=write(tmp_path, to_toml(config))) == config


def test_small_rates_and_nested_options_are_read_back_the_same(tmp_path: Path) -> None:
    config = configured("paper", learning_rate=1e-9, generator_options={"a": [1, 2.5], "b c": {"d": '"'}})
    assert configured(file=write(tmp_path, to_toml(config))) == config


@pytest.mark.parametrize("text", ODD)
def test_any_text_is_read_back_the_same(tmp_path: Path, text: str) -> None:
    config = configured("paper", domain_a=text, title=f"a{text}b", out=text * 2)
    assert configured(file=write(tmp_path, to_toml(config))) == config


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.toml", None, "cannot be read: there is no such file"),
        ("", None, "cannot be read: "),
        ("a.toml", b"epochs == 3", "is no TOML: "),
        ("a.toml", b"epochs = 3\nepochs = 4", "is no TOML: "),
        ("a.toml", b"\xff\xfe\x00", "is no TOML: 'utf-8' codec"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    assert refusal(file=file).startswith(f"{file} {words}")


@pytest.mark.parametrize("name", ["papers", "../recipes/paper", "paper.toml", "Paper"])
def test_an_unknown_recipe_is_met_with_those_there_are(tmp_path: Path, name: str) -> None:
    words = f"recipe {name!r} is unknown; choose {', '.join(list_recipes())}, or give a file to --config"
    assert refusal(name) == words
    assert refusal(file=write(tmp_path, f'recipe = "{name}"\n')) == words


def test_a_value_out_of_range_is_refused_wherever_it_comes_from(tmp_path: Path) -> None:
    assert refusal(epochs=0) == "epochs is 0; give at least 1"
    assert refusal("paper", write(tmp_path, "load_size = 64\n")).startswith("load_size is 64, less than ")


def test_an_option_of_another_task_is_refused_in_a_line_that_says_so(tmp_path: Path) -> None:
    words = "which is an option of other recipes; leave it out here"
    assert refusal("enlarge", generator="unet") == f"you set 'generator', {words}"
    file = write(tmp_path, "scale = 2\n")
    assert refusal("paper", file) == f"{file} sets 'scale', {words}"
    assert configure("enlarge", file).task == "enlarge"


def test_what_learns_from_one_domain_refuses_a_second() -> None:
    line = refusal("enlarge", domain_a="large", domain_b="small")
    assert line == "domain_b is small, and this learns from domain a alone; leave domain_b out"
