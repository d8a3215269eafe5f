"""Recipes for training: what a run is to be, from a recipe, a file and what was said on the command line."""

import difflib
import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from copyart.config import DEFAULT_RECIPE, TrainConfig
from copyart.config.former import by_todays_names, deprecated
from copyart.config.options import declared
from copyart.errors import OptionError
from copyart.files import reason

logger = logging.getLogger(__name__)

_FOLDER = Path(__file__).parent
_OPTIONS = {each.name: each for each in declared(TrainConfig)}


def list_recipes() -> dict[str, str]:
    """The names of the recipes, each with what it is good for; the default comes first."""
    names = sorted((path.stem for path in _FOLDER.glob("*.toml")), key=lambda name: (name != DEFAULT_RECIPE, name))
    return {name: read_values(_FOLDER / f"{name}.toml")["about"] for name in names}


def configure(recipe: str | None = None, file: Path | None = None, **values: object) -> TrainConfig:
    """Makes a configuration: the recipe's values, over them the file's, over them `values`.

    Args:
        recipe: A name from `list_recipes()`; when None the one that the file names, else the default.
        file: A TOML file with some of the fields of `TrainConfig`, such as a run's own `config.toml`. A notice tells
            which of them have another name now.
        values: Fields of `TrainConfig`; those that are None count as not given.

    Raises:
        OptionError: If the recipe is unknown, the file cannot be read, or a value or a name is wrong.
    """
    told: list[str] = []
    in_file = read_values(file, told.append) if file else {}
    if told:
        logger.info("%s: %s", file, "; ".join(told))
    return resolve(recipe, in_file, values)


def resolve(recipe: str | None, in_file: Mapping[str, Any], values: Mapping[str, object]) -> TrainConfig:
    """Makes a configuration as `configure` does, with the values that `read_values` found in a file."""
    given = {name: value for name, value in values.items() if value is not None}
    recipe = recipe or in_file.get("recipe") or DEFAULT_RECIPE
    path = _FOLDER / f"{recipe}.toml"
    if recipe not in list_recipes():
        known = ", ".join(list_recipes())
        raise OptionError(f"recipe {recipe!r} is unknown; choose {known}, or give a file to --config")
    resolved = read_values(path)
    given = _checked(given, "you set", deprecated)
    for layer in (in_file, given):
        resolved |= _settled(layer)
        has_own_stages = layer is in_file and "schedule" in layer  # as what a run wrote down has, beside the rate
        if "learning_rate" in layer and ":" in resolved.get("schedule", "") and not has_own_stages:
            raise OptionError(
                f"learning_rate {layer['learning_rate']:g} and the stages {resolved['schedule']} exclude each other; "
                "give a schedule too"
            )
    return TrainConfig(**{**resolved, "recipe": recipe})


def read_values(path: Path, tell: Callable[[str], object] = lambda words: None) -> dict[str, Any]:
    """Reads the fields of `TrainConfig` that a TOML file sets.

    Args:
        path: The file.
        tell: Takes a sentence for each field that it sets under a name of before.

    Raises:
        OptionError: If it cannot be read, or sets what is no field or cannot be its value.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {reason(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    return _checked(values, f"{path} sets", tell)


def to_toml(config: TrainConfig) -> str:
    """The text of a file from which `configure` makes the same configuration."""
    import tomli_w  # painting does not write configurations

    values = {name: value for name, value in asdict(config).items() if value is not None}
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    flat = {name: value for name, value in values.items() if name not in tables}
    return tomli_w.dumps({**flat, **tables})


def _settled(layer: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a layer, and what they take back of those below: another generator's options, the run's length."""
    settled = {"generator_options": {}, **layer} if "generator" in layer else dict(layer)
    if "steps" in layer:
        return settled
    if "epochs" in layer:
        return settled | {"steps": None}
    stages = TrainConfig(schedule=layer["schedule"]).stages() if "schedule" in layer else []
    return settled | ({"epochs": max(1, round(sum(epochs for _, epochs in stages))), "steps": None} if stages else {})


def _checked(values: Mapping[str, object], where: str, tell: Callable[[str], object]) -> dict[str, Any]:
    values = by_todays_names(TrainConfig, values, where, tell)
    for name in values:
        if name not in _OPTIONS:
            near = difflib.get_close_matches(name, _OPTIONS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_OPTIONS)}"
            raise OptionError(f"{where} {name!r}, which means nothing here; {hint}")
    return {name: _cast(name, value, where) for name, value in values.items()}


def _cast(name: str, value: object, where: str) -> object:
    """The value as the field's type, where nothing is lost by it."""
    kind = _OPTIONS[name].kind
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(value)
    if (kind is Mapping and isinstance(value, dict)) or type(value) is kind:
        return value
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "text", tuple: "a list of words"}
    raise OptionError(f"{where} {name} to {value!r}; it has to be {words.get(kind, 'a table')}")
