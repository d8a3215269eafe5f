"""The names that options had before: they work wherever options are given, and today's are told."""

import logging
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import configured, small_run

import copyart
from copyart.config import TrainConfig
from copyart.config.former import former_names
from copyart.errors import OptionError, RunError
from copyart.recipes import configure, list_recipes, to_toml
from copyart.training import Run, train

PACKAGE = Path(copyart.__file__).parent

FORMER = {
    "critic": "discriminator",
    "critic_options": "discriminator_options",
    "clip_critics": "clip_discriminators",
    "average": "ema",
    "lattice": "checkerboard",
}
VALUES: dict[str, Any] = {
    "critic": "projected",
    "critic_options": {"channels": 8},
    "clip_critics": 0.5,
    "average": 0.25,
    "lattice": 3.0,
}
NAMES = pytest.mark.parametrize(("before", "today"), FORMER.items())

# Where words of before may stand: they are declared there, for what was saved under them.
DECLARED = {
    "config/cyclegan.py",  # options
    "models/record.py",  # scores of a style
    "training/names.py",  # figures, networks and counts of a run
}


@pytest.fixture
def notices(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Gives what was told so far."""
    caplog.set_level(logging.INFO, "copyart")
    return lambda: [record.getMessage() for record in caplog.records]


def test_these_options_had_other_names() -> None:
    assert former_names(TrainConfig) == FORMER
    assert not FORMER.keys() & {field.name for field in fields(TrainConfig)}


@NAMES
def test_a_configuration_is_made_and_asked_under_a_former_name_with_a_warning(before: str, today: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"^{before} is called {today} now$") as warned:
        config = TrainConfig(**{before: VALUES[before]})
    assert [warning.filename for warning in warned] == [__file__]
    assert config == TrainConfig(**{today: VALUES[before]})
    with pytest.warns(DeprecationWarning, match=f"^{before} is called {today} now$") as warned:
        assert getattr(config, before) == VALUES[before]
    assert [warning.filename for warning in warned] == [__file__]


@NAMES
def test_a_configuration_is_replaced_under_a_former_name_with_a_warning(before: str, today: str) -> None:
    config = TrainConfig(seed=7)
    with pytest.warns(DeprecationWarning, match=f"^{before} is called {today} now$") as warned:
        replaced = replace(config, **{before: VALUES[before]})
    assert [warning.filename for warning in warned] == [__file__]
    assert replaced == replace(config, **{today: VALUES[before]}) != config


@NAMES
def test_a_recipe_is_changed_under_a_former_name_with_a_warning(before: str, today: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"^{before} is called {today} now$") as warned:
        config = configure("paper", **{before: VALUES[before]})
    assert [warning.filename for warning in warned] == [__file__]
    assert config == configure("paper", **{today: VALUES[before]}) != configure("paper")


def test_what_is_no_name_of_an_option_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"^'TrainConfig' object has no attribute 'critics'$"):
        _ = TrainConfig().critics  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unexpected keyword argument 'critics'"):
        TrainConfig(critics=1)  # type: ignore[call-arg]


@NAMES
def test_a_file_that_sets_an_option_under_a_former_name_is_read_with_one_notice(
    tmp_path: Path, notices: Callable[[], list[str]], before: str, today: str
) -> None:
    file, now = tmp_path / "mine.toml", tmp_path / "now.toml"
    now.write_text(to_toml(TrainConfig(recipe="paper", **{today: VALUES[before]})))
    file.write_text(now.read_text().replace(f"\n{today} =", f"\n{before} =").replace(f"[{today}]", f"[{before}]"))
    assert file.read_text() != now.read_text()
    assert configure(file=file) == configure(file=now)
    assert notices() == [f"{file}: {before} is called {today} now"]


def test_a_file_with_several_former_names_gives_one_notice(tmp_path: Path, notices: Callable[[], list[str]]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('critic = "projected"\nlattice = 2\naverage = 0.5\n')
    config = configured("paper", file)
    assert (config.discriminator, config.checkerboard, config.ema) == ("projected", 2.0, 0.5)
    (notice,) = notices()
    assert notice == (
        f"{file}: critic is called discriminator now; lattice is called checkerboard now; average is called ema now"
    )


@NAMES
def test_an_option_under_both_of_its_names_is_refused_in_a_line(tmp_path: Path, before: str, today: str) -> None:
    both = {before: VALUES[before], today: VALUES[before]}
    words = f"{before} and {today}, which are one option; leave {before} out"
    with pytest.raises(OptionError, match=f"^you set {words}$"):
        TrainConfig(**both)
    with pytest.raises(OptionError, match=f"^you set {words}$"):
        configure(**both)
    if today != "discriminator_options":
        file = tmp_path / "mine.toml"
        file.write_text("".join(f"{name} = {value!r}\n" for name, value in both.items()))
        with pytest.raises(OptionError, match=f"^{file} sets {words}$"):
            configure(file=file)


def test_no_recipe_says_a_former_name() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in list_recipes():
            text = (PACKAGE / "recipes" / f"{name}.toml").read_text()
            assert not [before for before in FORMER if f"{before} =" in text]
            configure(name)


def as_before(run: Path) -> None:
    """Makes of a run one that was begun when options had their former names."""
    config = run / "config.toml"
    text = config.read_text()
    for before, today in FORMER.items():
        text = text.replace(f"\n{today} =", f"\n{before} =").replace(f"[{today}]", f"[{before}]")
    config.write_text(text)
    names = {today: before for before, today in FORMER.items()}
    for path in (run / "checkpoint").glob("*.pt"):
        record = torch.load(path, weights_only=True)
        record["config"] = {names.get(name, name): value for name, value in record["config"].items()}
        torch.save(record, path)


@pytest.mark.slow
def test_a_run_of_before_goes_on_to_the_bit_and_nothing_is_said_of_names(
    tmp_path: Path, notices: Callable[[], list[str]]
) -> None:
    config = small_run(tmp_path, 4, 4, steps=4, checkerboard=2.0, clip_discriminators=1.0, ema=0.9, save_every=2)
    list(train(replace(config, out=str(tmp_path / "whole"))))
    list(train(config, stop=iter([False, True]).__next__))
    as_before(tmp_path / "run")
    assert "lattice = 2.0" in (tmp_path / "run" / "config.toml").read_text()
    assert Run(tmp_path / "run").config() == config
    with pytest.raises(RunError, match=r"was trained with checkerboard 2\.0, not 3\.0; leave that out to go on"):
        list(train(replace(config, checkerboard=3.0), resume=True))
    assert list(train(Run(tmp_path / "run").config(), resume=True))[-1].step == 4
    assert not [notice for notice in notices() if " is called " in notice]
    one, other = (
        torch.load(tmp_path / name / "checkpoint" / "step-00000004.pt", weights_only=True)["state"]["networks"]
        for name in ("whole", "run")
    )
    assert one.keys() == other.keys() >= {"ema_b", "discriminator_b"}
    for name, network in one.items():
        assert all(torch.equal(weight, other[name][key]) for key, weight in network.items()), name


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in {".py", ".toml", ".md", ".html", ".js", ".css"}
        and str(path.relative_to(PACKAGE)) not in DECLARED
    ],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_words_of_before_stand_only_where_they_are_declared(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower().replace("critical", "")
    assert [word for word in ("critic", "lattice", "weave", "luck") if word in text] == []


@pytest.mark.parametrize("path", sorted(DECLARED))
def test_where_words_of_before_may_stand_they_do(path: str) -> None:
    assert any(word in (PACKAGE / path).read_text() for word in ("critic", "weave"))
