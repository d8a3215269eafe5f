"""`copyart translate`, where something is refused: one line says what, unless the fault is ours."""

from pathlib import Path

import pytest
from conftest import Here
from limits import unprivileged
from PIL import Image

from copyart import Translator
from copyart.config import TilingConfig
from copyart.errors import OptionError
from copyart.models import Style


@pytest.mark.parametrize("option", ["tile", "memory"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_tile_or_a_memory_of_nothing_is_refused(here: Here, photo: Path, option: str, value: int) -> None:
    with pytest.raises(OptionError, match=f"{option} is {value}; give at least 1"):
        TilingConfig(**{option: value})
    code, _, said = here("translate", photo, f"--{option}={value}")
    assert (code, said) == (2, [f"Error: {option} is {value}; give at least 1"])


def test_it_says_how_it_computes_where_that_is_wanted(here: Here, photo: Path, tiny: Style) -> None:
    code, out, said = here("translate", photo, "-s", tiny.folder, "--verbose", "--device", "cpu")
    assert (code, len(out), len(said)) == (0, 1, 1)
    assert said[0].startswith("tiny on cpu with ")
    assert "megapixels at once, more in tiles of" in said[0]


def test_a_folder_that_may_not_be_entered_is_named_in_one_line(here: Here, photo: Path, public: Path) -> None:
    (public / "closed").mkdir(0o700)
    photo = photo.rename(public / "photo.jpg")
    with unprivileged():
        code, _, said = here("translate", photo, "-o", public / "closed" / "x.jpg")
    words = "permission denied; check who may use it and its folder"
    assert (code, said) == (1, [f"Error: {public / 'closed' / 'x.jpg'}: {words}"])


def test_where_all_memory_is_used_up_a_smaller_size_is_advised(
    here: Here, photo: Path, tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "resize", none_left)
    code, _, said = here("translate", photo, "-s", tiny.folder)
    assert (code, said) == (1, ["Error: the memory is used up; give a smaller --size"])


def test_a_fault_of_ours_is_no_line_but_a_traceback(
    here: Here, photo: Path, tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(Translator, "paint", faulty)
    monkeypatch.setattr("copyart.translator.files.make_opened", faulty)
    with pytest.raises(KeyError, match="ours"):
        here("translate", photo, "-s", tiny.folder)
