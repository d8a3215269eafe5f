"""The flags of commands: each follows from an option that is declared."""

import re
from dataclasses import replace
from typing import Annotated, Any

import pytest
import typer
from test_config import OPTIONS, Toy, name
from test_docs import COMMANDS
from typer.testing import CliRunner

from copyart.cli.flags import Typed, Without, with_flags
from copyart.cli.helping import Command
from copyart.config import (
    BatchConfig,
    EnlargeConfig,
    GenerateConfig,
    InspectConfig,
    NoiseConfig,
    PaintConfig,
    RunConfig,
    SaveConfig,
    ServeConfig,
    TilingConfig,
    TrainConfig,
    UpscaleConfig,
)
from copyart.config import TranslatorConfig as Where
from copyart.config.options import Declared
from copyart.errors import OptionError

TAKERS: dict[type, list[str]] = {
    **{cls: ["translate", "batch"] for cls in (Where, PaintConfig)},
    **{TilingConfig: ["translate", "batch", "enlarge"], SaveConfig: ["translate", "batch", "enlarge"]},
    **{BatchConfig: ["batch", "enlarge"], EnlargeConfig: ["enlarge"]},
    **{InspectConfig: ["inspect"], ServeConfig: ["serve"], TrainConfig: ["train"]},
    **{RunConfig: ["train"], UpscaleConfig: ["train"], NoiseConfig: ["train"], GenerateConfig: ["generate"]},
}


def run(command: Any, *words: object) -> str:
    """What a command prints that is alone in its program."""
    program = typer.Typer(rich_markup_mode=None)
    program.command(cls=Command)(command)
    done = CliRunner().invoke(program, list(map(str, words)), env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    if isinstance(done.exception, OptionError):
        raise done.exception
    return done.output


@with_flags
def varnish(
    before: str,
    *,
    toy: Toy,
    after: Annotated[int, typer.Option(help="Comes after.")] = 3,
) -> None:
    """Varnish a painting."""
    typer.echo(f"{before} {toy == Toy()} {toy.glaze} {toy.coats} {toy.dry} {toy.resin} {toy.names} {toy.style} {after}")


@pytest.mark.parametrize(("cls", "each"), [(cls, each) for cls, each in OPTIONS if each.option.flags], ids=name)
def test_every_flag_is_in_the_help_of_the_commands_that_take_it_with_what_it_does(cls: type, each: Declared) -> None:
    for command in TAKERS[cls]:
        said = COMMANDS[command]
        lines = [
            line
            for line in said.splitlines()
            if line.startswith("* `") and each.option.flags[0] in re.findall(r"--?[\w-]+", line.partition("`:")[0])
        ]
        assert len(lines) == 1
        if not (command == "batch" and each.name == "overwrite"):  # which is --skip-existing there, and its contrary
            assert each.help in lines[0]
            assert all(flag in lines[0] for flag in each.option.flags)
            assert each.metavar is None or f" {each.metavar}`" in lines[0]


def test_a_command_has_the_flags_of_a_configuration_in_its_place() -> None:
    shown = run(varnish, "--help")
    lines = [" ".join(line.split()) for line in shown.partition("Options:\n")[2].splitlines()]
    assert lines[:5] == [
        "-g, --glaze 0..1 How much varnish. [default: 0.5]",
        "--coats N|all Coats. (default: one)",
        "--dry Wait until it is dry.",
        "--resin NAME What it is made of: dammar or mastic. [default: dammar]",
        "--names A,B Who signs.",
    ]
    assert lines[5].startswith("-s, --style STYLE A name")
    assert lines[7] == "--after <int> Comes after. [default: 3]"


def test_what_is_not_typed_is_as_declared() -> None:
    assert run(varnish, "photo").split(" ", 2) == ["photo", "True", "0.5 None False dammar () monet 3\n"]


def test_what_is_typed_is_in_the_configuration() -> None:
    words = ["-g", 1, "--coats", "all", "--dry", "--resin", "mastic", "--names", "a, b", "-s", "x", "--after", 4]
    assert run(varnish, "photo", *words) == "photo False 1.0 all True mastic ('a', 'b') x 4\n"
    assert "0.5 2 False" in run(varnish, "photo", "--coats", 2)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--glaze", 2], "glaze is 2.0; give 0 to 1"),
        (["--coats", "most"], "coats is 'most'; give a whole number"),
        (["--coats", 0], "coats is 0; give at least 1"),
        (["--resin", "lead"], "resin is 'lead'; choose dammar or mastic"),
    ],
)
def test_what_cannot_be_is_refused_before_the_command_begins(words: list[object], refusal: str) -> None:
    with pytest.raises(OptionError, match=refusal):
        run(varnish, "photo", *words)


def test_a_command_can_do_without_some_flags() -> None:
    @with_flags
    def thin(*, toy: Annotated[Toy, Without(("glaze", "style"))]) -> None:
        typer.echo(replace(toy, coats=3))

    assert "--glaze" not in run(thin, "--help")
    assert "--coats" in run(thin, "--help")
    assert run(thin) == f"{Toy(coats=3)}\n"


def test_a_command_can_ask_for_what_was_typed_and_for_nothing_else() -> None:
    @with_flags
    def lay_over(*, given: Annotated[dict[str, Any], Typed(Toy)]) -> None:
        typer.echo(given)

    assert run(lay_over) == "{}\n"
    assert run(lay_over, "--glaze", "0", "--coats", "3", "--dry") == "{'glaze': 0.0, 'coats': 3, 'dry': True}\n"
    assert "default: 0.5" not in run(lay_over, "--help")
