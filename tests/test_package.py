"""What `import copyart` offers."""

import importlib.metadata
import re
from pathlib import Path

import pytest

import copyart
from copyart import errors


def test_the_public_names_are_these() -> None:
    assert copyart.__all__ == [
        "CopyartError",
        "Style",
        "Translator",
        "__version__",
        "list_styles",
        "load_style",
        "train",
        "translate",
    ]


@pytest.mark.parametrize("name", copyart.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    value = getattr(copyart, name)
    assert value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        copyart.paint  # noqa: B018  # the access is what raises


def test_the_version_is_the_installed_one() -> None:
    assert copyart.__version__ == importlib.metadata.version("copyart")


def test_type_checkers_are_told_that_it_is_typed() -> None:
    assert Path(copyart.__file__).with_name("py.typed").exists()


@pytest.mark.parametrize("error", [value for value in vars(errors).values() if isinstance(value, type)])
def test_every_error_is_a_copyart_error_and_drawn_in_the_tree(error: type[Exception]) -> None:
    assert issubclass(error, copyart.CopyartError)
    assert errors.__doc__
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__)
