"""Recipes for training: what a run is to be, from a recipe, a file and what was said on the command line."""

import difflib
import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from copyart.config import DEFAULT_RECIPE, TASKS, RunConfig, TrainConfig, task_named
from copyart.config.former import by_todays_names, deprecated
from copyart.config.options import Declared, declared
from copyart.errors import OptionError
from copyart.files import reason

logger = logging.getLogger(__name__)

_FOLDER = Path(__file__).parent


def list_recipes() -> dict[str, str]:
    """The names of the recipes, each with what it is good for; the default comes first."""
    names = sorted((path.stem for path in _FOLDER.glob("*.toml")), key=lambda name: (name != DEFAULT_RECIPE, name))
    return {name: read_values(_FOLDER / f"{name}.toml")["about"] for name in names}


def configure(recipe: str | None = None, file: Path | None = None, **values: object) -> RunConfig:
    """Makes a configuration: the recipe's values, over them the file's, over them `values`.

    Args:
        recipe: A name from `list_recipes()`; when None the one that the file names, else the default.
        file: A TOML file with some of the fields of the task's configuration, such as a run's own `config.toml`. A
            notice tells which of them have another name now.
        values: Fields of it; those that are None count as not given.

    Raises:
        OptionError: If the recipe is unknown, the file cannot be read, or a value or a name is wrong.
    """
    told: list[str] = []
    in_file = read_values(file, told.append, recipe=recipe) if file else {}
    if told:
        logger.info("%s: %s", file, "; ".join(told))
    return resolve(recipe, in_file, values)


def resolve(recipe: str | None, in_file: Mapping[str, Any], values: Mapping[str, object]) -> RunConfig:
    """Makes a configuration as `configure` does, with the values that `read_values` found in a file."""
    given = {name: value for name, value in values.items() if value is not None}
    recipe = recipe or in_file.get("recipe") or DEFAULT_RECIPE
    path = _FOLDER / f"{recipe}.toml"
    if recipe not in list_recipes():
        known = ", ".join(list_recipes())
        raise OptionError(f"recipe {recipe!r} is unknown; choose {known}, or give a file to --config")
    resolved = read_values(path)
    kind = _kind({**resolved, **in_file, **given})
    if kind is not _kind({"recipe": recipe}):  # a style is nothing that another task could learn on from
        resolved.pop("start", None)
    given = _checked(kind, given, "you set", deprecated)
    for layer in (in_file, given):
        resolved |= _settled(layer)
        has_own_stages = layer is in_file and "schedule" in layer  # as what a run wrote down has, beside the rate
        if "learning_rate" in layer and ":" in resolved.get("schedule", "") and not has_own_stages:
            raise OptionError(
                f"learning_rate {layer['learning_rate']:g} and the stages {resolved['schedule']} exclude each other; "
                "give a schedule too"
            )
    fitting = {each.name for each in declared(kind)}
    return kind(**{name: value for name, value in {**resolved, "recipe": recipe}.items() if name in fitting})


def read_values(
    path: Path, tell: Callable[[str], object] = lambda words: None, *, recipe: str | None = None
) -> dict[str, Any]:
    """Reads the fields of a configuration that a TOML file sets.

    Args:
        path: The file.
        tell: Takes a sentence for each field that it sets under a name of before.
        recipe: What it adds to, which says the task where the file does not.

    Raises:
        OptionError: If it cannot be read, or sets what is no field or cannot be its value.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {reason(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    return _checked(_kind({"recipe": recipe, **values}), values, f"{path} sets", tell)


def to_toml(config: RunConfig) -> str:
    """The text of a file from which `configure` makes the same configuration."""
    import tomli_w  # painting does not write configurations

    values = {name: value for name, value in asdict(config).items() if value is not None}
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    flat = {name: value for name, value in values.items() if name not in tables}
    return tomli_w.dumps({**flat, **tables})


def _settled(layer: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a layer, and what they take back of those below: what goes with another generator, the length."""
    settled = dict(layer)
    if "generator" in layer:
        settled = {"generator_options": {}, "broad": 0.0, **settled}
    if "generator" in layer or "generator_options" in layer:
        settled = {"start": "", **settled}
    if "steps" in layer:
        return settled
    if "epochs" in layer:
        return settled | {"steps": None}
    stages = TrainConfig(schedule=layer["schedule"]).stages() if "schedule" in layer else []
    return settled | ({"epochs": max(1, round(sum(epochs for _, epochs in stages))), "steps": None} if stages else {})


def _kind(values: Mapping[str, object]) -> type[RunConfig]:
    """The class of the options of the task that is asked for, or that of the recipe; else, of training a style.

    Raises:
        OptionError: If there is no such task.
    """
    recipe = _FOLDER / f"{values.get('recipe')}.toml"
    of_recipe = tomllib.loads(recipe.read_text(encoding="utf-8")) if "task" not in values and recipe.is_file() else {}
    return task_named(str({**of_recipe, **values}.get("task", TrainConfig.task))).config


def _checked(
    kind: type[RunConfig], values: Mapping[str, object], where: str, tell: Callable[[str], object]
) -> dict[str, Any]:
    values = by_todays_names(kind, values, where, tell)
    options = {each.name: each for each in declared(kind)}
    for name in values:
        if name not in options:
            if any(name == each.name for task in TASKS.values() for each in declared(task.config)):
                raise OptionError(f"{where} {name!r}, which is an option of other recipes; leave it out here")
            near = difflib.get_close_matches(name, options, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(options)}"
            raise OptionError(f"{where} {name!r}, which means nothing here; {hint}")
    return {name: _cast(options[name], value, where) for name, value in values.items()}


def _cast(option: Declared, value: object, where: str) -> object:
    """The value as the field's type, where nothing is lost by it."""
    kind = option.kind
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(value)
    if (kind is Mapping and isinstance(value, dict)) or type(value) is kind:
        return value
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "text", tuple: "a list of words"}
    raise OptionError(f"{where} {option.name} to {value!r}; it has to be {words.get(kind, 'a table')}")
