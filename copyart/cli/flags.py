"""The flags of declared options: a command takes a configuration ready-made, and help shows its flags in that place."""

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any

import typer

from copyart.config.options import Declared, declared


@dataclass(frozen=True)
class Without:
    """Says of a command's configuration which of its options have no flag there."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Typed:
    """Says of a dictionary that it holds the options of some dataclasses that were typed, and no others."""

    options: tuple[type, ...]

    def __init__(self, *options: type) -> None:
        object.__setattr__(self, "options", options)


def flag_of(cls: type, name: str, **more: Any) -> Any:  # noqa: ANN401  # what typer calls `OptionInfo`
    """The flag of one option, for the `Annotated` of a parameter; `more` as `typer.Option` takes it."""
    (each,) = (each for each in declared(cls) if each.name == name)
    return _flag(each, **more)


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the flags of each configuration among its parameters, in the place of that.

    A parameter is a configuration if its type is a dataclass of options, as in `paint: PaintConfig`. With
    `Annotated[SaveConfig, Without(("overwrite",))]` an option has no flag and its default; and
    `Annotated[dict[str, Any], Typed(TrainConfig)]` gets what was typed as a dictionary, to lay it over something else.
    """
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    makers: dict[str, _Maker] = {}
    for name, parameter in signature.parameters.items():
        maker = _maker(parameter.annotation)
        if maker is None:
            parameters.append(parameter)
        else:
            makers[name] = maker
            parameters += [_parameter(each, optional=maker.make is dict) for each in maker.options]

    @functools.wraps(command)
    def run(**typed: Any) -> None:  # noqa: ANN401  # of the flags' types
        made = {name: maker(typed) for name, maker in makers.items()}
        command(**typed, **made)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # what typer looks at
    return run


@dataclass(frozen=True)
class _Maker:
    """Makes a configuration, or a dictionary, of what was typed for its options."""

    make: Callable[..., Any]
    options: list[Declared]

    def __call__(self, typed: dict[str, Any]) -> Any:  # noqa: ANN401  # of the configuration's type
        """Makes it, and takes those values out of `typed`."""
        values = {}
        for each in self.options:
            if (value := typed.pop(each.name)) is not None:
                values[each.name] = each.read(value) if _is_text(each) else value
        return self.make(**values)


def _maker(annotation: Any) -> _Maker | None:  # noqa: ANN401  # a type, or what typing makes of types
    kind, *notes = typing.get_args(annotation) if typing.get_origin(annotation) is Annotated else (annotation,)
    for note in notes:
        if isinstance(note, Typed):
            every = {each.name: each for options in reversed(note.options) for each in declared(options)}
            names = dict.fromkeys(each.name for options in note.options for each in declared(options))
            return _Maker(dict, [every[name] for name in names if every[name].option.flags])
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None
    without = {name for note in notes if isinstance(note, Without) for name in note.names}
    return _Maker(kind, [each for each in declared(kind) if each.option.flags and each.name not in without])


def _parameter(each: Declared, *, optional: bool) -> inspect.Parameter:
    """The parameter of a command that typer makes a flag of."""
    default = None if optional else each.default
    if _is_text(each) and default is not None:
        default = ",".join(default) if each.kind is tuple else str(default)
    kind = str if _is_text(each) else each.kind
    annotation = Annotated[kind if default is not None else kind | None, _flag(each)]  # type: ignore[valid-type]  # a type
    return inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _flag(each: Declared, **more: Any) -> Any:  # noqa: ANN401  # as `flag_of`
    words = each.help if each.default or not each.option.unset else f"{each.help} (default: {each.option.unset})"
    return typer.Option(*each.option.flags, metavar=each.metavar, help=words, **more)


def _is_text(each: Declared) -> bool:
    """True of an option that reads what is typed as a text, since typer knows no such type."""
    return each.kind is tuple or bool(each.option.words)
