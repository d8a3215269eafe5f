"""An option, declared once: its default, its range, a line of help. Checks, flags and form fields follow from that."""

import dataclasses
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any, TypeVar

from copyart.errors import OptionError

Value = TypeVar("Value")

MANY = 10**9  # the most that any number may be

_HERE = "copyart"
_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


@dataclass(frozen=True)
class Option:
    """The declaration of an option, beside its name, its type and its default, which the field of a dataclass has.

    Attributes:
        help: What it does, in a line; the documentation of the field, too.
        least: The least that a number may be; None for what is no number.
        most: The most.
        choices: The words that there are, if only some will do.
        words: Words that may stand in the place of a number.
        wanted: What to give instead of a wrong number, if `least` and `most` alone do not say it; has their places as
            `{least}` and `{most}`.
        unset: What holds where the default is nothing.
        flags: Its names on the command line, such as `--style` and `-s`; none where it has no flag.
        metavar: What stands for the value in help; derived from the rest where it is empty.
        served: Whether the form of the API has a field that follows from it.
        was: The name that it had before, which is understood too; see `copyart.config.former`.
    """

    help: str
    least: float | None = None
    most: float = MANY
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    wanted: str = ""
    unset: str = ""
    flags: tuple[str, ...] = ()
    metavar: str = ""
    served: bool = False
    was: str = ""


@dataclass(frozen=True)
class Declared:
    """An option with the name, the type and the default of its field.

    Attributes:
        name: Of the field.
        kind: Type of the value where there is one: bool, int, float, str, tuple or Mapping.
        default: Its value where nobody says otherwise.
        option: What else is declared.
    """

    name: str
    kind: type
    default: Any
    option: Option

    @property
    def help(self) -> str:
        """Its line of help, with its choices."""
        if not self.option.choices:
            return self.option.help
        *others, last = self.option.choices
        words = f"{', '.join(others)} or {last}" if others else last
        return f"{self.option.help.rstrip('.')}: {words}."

    @property
    def metavar(self) -> str | None:
        """The word that stands for its value in help; None for a switch."""
        if self.option.metavar or self.kind is bool:
            return self.option.metavar or None
        if self.option.least is None:
            return "NAME"
        number = f"{self.option.least:g}..{self.option.most:g}" if self.option.most <= 100 else "N"
        return "|".join([number, *self.option.words])

    def check(self, value: object) -> None:
        """Refuses a value that it cannot have.

        Raises:
            OptionError: With its name, the value, and what to give instead.
        """
        option = self.option
        if value is None and self.default is None:
            return
        if option.choices:
            for word in value if isinstance(value, tuple) else (value,):
                if word not in option.choices:
                    raise OptionError(f"{self.name} is {word!r}; choose {' or '.join(option.choices)}")
        if option.least is None or (isinstance(value, str) and value in option.words):
            return
        if isinstance(value, bool) or not isinstance(value, int if self.kind is int else Real):
            raise OptionError(f"{self.name} is {value!r}; give {self._wanted(self._number)}")
        number = typing.cast(float, value)
        if option.most == MANY < number:
            raise OptionError(f"{self.name} is {value}; give at most {MANY}")
        if not option.least <= number <= option.most:
            ends = f"at least {option.least}" if option.most == MANY else f"{option.least} to {option.most}"
            raise OptionError(f"{self.name} is {value}; give {self._wanted(ends)}")

    def read(self, text: str) -> Any:  # noqa: ANN401  # of the option's own type
        """The value that a text stands for, on the command line and in forms.

        Raises:
            OptionError: If it stands for none of the option's type; ranges are not looked at.
        """
        if self.kind is tuple:
            return tuple(word.strip() for word in text.split(",") if word.strip())
        if self.kind is str or text in self.option.words:
            return text
        read: Callable[[str], object] = _SWITCH.__getitem__ if self.kind is bool else self.kind
        try:
            return read(text)
        except (ValueError, KeyError) as error:
            raise OptionError(f"{self.name} is {text!r}; give {self._wanted(self._number)}") from error

    @property
    def _number(self) -> str:
        return {bool: "true or false", int: "a whole number"}.get(self.kind, "a number")

    def _wanted(self, otherwise: str) -> str:
        return self.option.wanted.format(least=self.option.least, most=self.option.most) or otherwise


def option(
    default: Value,
    help: str,  # noqa: A002  # as everything else calls it
    *,
    least: float | None = None,
    most: float = MANY,
    choices: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
    wanted: str = "",
    unset: str = "",
    flag: str | tuple[str, ...] = (),
    metavar: str = "",
    served: bool = False,
    was: str = "",
) -> Value:
    """Declares a field of a frozen dataclass as an option; see `Option` for what can be said of it.

    Returns:
        The field, for the type checker a value of its type.
    """
    flags = (flag,) if isinstance(flag, str) else flag
    declared = Option(help, least, most, choices, words, wanted, unset, flags, metavar, served, was)
    return typing.cast(Value, _field(default, declared))


def option_of(cls: type, name: str) -> Any:  # noqa: ANN401  # the field's own type
    """Declares a field as another dataclass has it."""
    (found,) = (field for field in dataclasses.fields(cls) if field.name == name)
    return _field(found.default, found.metadata[_HERE])


def declared(cls: type) -> tuple[Declared, ...]:
    """The options of a dataclass, in their order."""
    return _declared(cls)


@cache
def _declared(cls: type) -> tuple[Declared, ...]:
    hints = typing.get_type_hints(cls)
    return tuple(
        Declared(field.name, _kind(hints[field.name]), _default(field), field.metadata[_HERE])
        for field in dataclasses.fields(cls)
        if _HERE in field.metadata
    )


def check(config: Any) -> None:  # noqa: ANN401  # any dataclass of options
    """Refuses a configuration in which an option has a value that it cannot have; for its `__post_init__`.

    Raises:
        OptionError: With the option's name, the value, and what to give instead.
    """
    cls: type = type(config)
    for each in declared(cls):
        each.check(getattr(config, each.name))


def _field(default: object, option: Option) -> Any:  # noqa: ANN401  # as `option` says
    if isinstance(default, dict):
        return dataclasses.field(default_factory=default.copy, metadata={_HERE: option})
    return dataclasses.field(default=default, metadata={_HERE: option})


def _default(field: "dataclasses.Field[Any]") -> object:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _kind(hint: Any) -> type:  # noqa: ANN401  # a type, or what typing makes of types
    """The type of a value, of several the first that is not None."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    first = next(kind for kind in kinds if kind is not types.NoneType)
    kind: type = typing.get_origin(first) or first
    return kind
