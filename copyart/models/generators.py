"""Finds a generator by its name."""

import difflib
import os
from contextlib import suppress
from pathlib import Path

from copyart.errors import BrokenStyleError, UnknownStyleError
from copyart.models.enlargers import bundled_enlargers
from copyart.models.finding import bundled_styles
from copyart.models.record import NoiseGenerator


def find_generator(name: str) -> NoiseGenerator:
    """Finds a generator.

    Args:
        name: A folder, which may be that of a training run.

    Raises:
        UnknownStyleError: If there is none.
        BrokenStyleError: If its record is damaged, or that of another kind of model.
    """
    path = Path(os.path.expanduser(name))  # noqa: PTH111  # leaves ~nobody as it is, where Path raises
    if os.path.isdir(path):  # noqa: PTH112  # says no where Path.is_dir raises: to a name too long
        return NoiseGenerator.read_in(path)
    for kind, names in (("style", bundled_styles()), ("enlarger", bundled_enlargers())):
        if name in names:
            raise BrokenStyleError(f"{name} is {_AN[kind]}, not a generator; {_USE[kind]} {name}")
    if os.path.isfile(path):  # noqa: PTH113  # as isdir above
        raise UnknownStyleError(f"generator {name} is a file; give the folder of a generator, or a training run's")
    near = ""
    with suppress(OSError, ValueError):
        there = [folder.name for folder in path.parent.iterdir() if folder.is_dir()]
        if close := difflib.get_close_matches(path.name, there, n=1):
            near = f"did you mean {path.with_name(close[0])}? "
    raise UnknownStyleError(
        f"generator {name}: there is no such folder; {near}"
        "`copyart train --recipe stylegan --domain-a pictures/` makes one"
    )


_AN = {"style": "a style", "enlarger": "an enlarger"}
_USE = {
    "style": "paint with it: copyart translate photo.jpg --style",
    "enlarger": "enlarge with it: copyart enlarge photo.jpg --model",
}
