"""The names that options had before: values are still taken by them, and whoever gives some is told today's."""

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

from copyart.config.options import declared
from copyart.errors import OptionError

Config = TypeVar("Config")
Value = TypeVar("Value")


def former_names(cls: type) -> dict[str, str]:
    """The names that options of a dataclass had before, each with today's."""
    return {each.option.was: each.name for each in declared(cls) if each.option.was}


def by_todays_names(
    cls: type,
    values: Mapping[str, Value],
    where: str = "you set",
    tell: Callable[[str], object] = lambda words: None,
) -> dict[str, Value]:
    """Gives values the names that their options have today.

    Args:
        cls: The dataclass of the options.
        values: Some of its fields, under today's names or those before.
        where: The beginning of a sentence on what is wrong with them.
        tell: Takes a sentence for each option that has another name now.

    Raises:
        OptionError: If an option is given under both of its names.
    """
    today = former_names(cls)
    for before in [name for name in values if name in today]:
        if today[before] in values:
            raise OptionError(f"{where} {before} and {today[before]}, which are one option; leave {before} out")
        tell(f"{before} is called {today[before]} now")
    return {today.get(name, name): value for name, value in values.items()}


def deprecated(words: str) -> None:
    """Gives a DeprecationWarning at the line outside of copyart that led here."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").partition(".")[0] in ("copyart", "dataclasses"):
        level += 1
    warnings.warn(words, DeprecationWarning, stacklevel=level + 1)


def takes_former_names(cls: type[Config]) -> type[Config]:
    """Lets a dataclass be made, replaced and asked under the names that its options had before, with a warning."""
    today = former_names(cls)
    every = {field.name for field in fields(cls)}  # type: ignore[arg-type]  # it is a dataclass
    init = cls.__init__

    @wraps(init)
    def take(self: Config, *args: Any, **values: Any) -> None:  # noqa: ANN401  # each of its field's type
        if values.keys() >= every:  # `dataclasses.replace` gives today's names beside what it is given
            values = {name: value for name, value in values.items() if name not in map(today.get, values)}
        init(self, *args, **by_todays_names(cls, values, tell=deprecated))

    def ask(self: Config, name: str) -> Any:  # noqa: ANN401  # of its field's type
        if name not in today:
            raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
        deprecated(f"{name} is called {today[name]} now")
        return getattr(self, today[name])

    cls.__init__, cls.__getattr__ = take, ask  # type: ignore[method-assign, assignment, attr-defined]
    return cls
