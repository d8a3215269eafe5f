"""The README and docs/: what they name is there, and what the commands take is what they say."""

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer
import typer.cli
from typer.testing import CliRunner

import copyart
from copyart.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").rglob("*.md")} - {ROOT / "docs/cli.md"})]  # that is built
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
REFERENCE = CliRunner().invoke(typer.cli.app, ["copyart.cli", "utils", "docs", "--name", "copyart"]).output
COMMANDS = dict(re.findall(r"^#+ `copyart ?(.*?)`\n(.*?)(?=^#+ |\Z)", REFERENCE, re.M | re.S))  # as the page says


def commands_below(program: typer.Typer, name: str = "") -> list[str]:
    """The words of a program, of its commands and of theirs, as they are registered."""
    found = [name]
    for command in program.registered_commands:
        word = command.name or (command.callback.__name__.replace("_", "-") if command.callback else "")
        found.append(f"{name} {word}".strip())
    for group in program.registered_groups:
        if group.typer_instance:
            found += commands_below(group.typer_instance, f"{name} {group.name}".strip())
    return found


def test_every_command_has_its_section_in_the_page_of_commands() -> None:
    assert set(COMMANDS) == set(commands_below(app))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_flags_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"copyart [a-z-]+[^`\n|;&]*", text):
        words = line.split(" #")[0].split()[1:]
        command = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in COMMANDS), None)
        if command is None:
            continue  # prose: "copyart is ..."
        usual = {"--help", "--version"} | (
            set(FLAG.findall(COMMANDS["evaluate scores"])) if command == "evaluate" else set()
        )
        unknown = set(FLAG.findall(line.split(" #")[0])) - set(FLAG.findall(COMMANDS[command])) - usual
        assert not unknown, f"{page.name}: copyart {command} has no {unknown}"


def test_every_page_with_commands_is_on_the_walk_through_them() -> None:
    walked = set(re.findall(r'^    "([\w/-]+)",$', (ROOT / "docs/walk.py").read_text(encoding="utf-8"), re.M))
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix(): page.read_text("utf-8") for page in PAGES[1:]}
    assert walked == {name for name, text in pages.items() if re.search("```(sh|python)\n", text)}


def test_the_readme_lists_what_is_in_the_package() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = text.partition("```\ncopyart/\n")[2].partition("```")[0]
    named = set(re.findall(r"^  ([\w.]+?)/? ", tree, re.M))
    package = Path(copyart.__file__).parent
    there = {path.name for path in package.iterdir() if path.name not in ("__pycache__", "py.typed")}
    assert named == there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_promises_an_install_that_does_not_work(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if page.name == "releasing.md":  # what is to be done on the day when copyart is published
        text = text.partition("## The steps")[0].replace("`pip install copyart`", "").replace("'copyart[x]'", "")
    from_an_index = r"(?:pipx? (?:install|download)|uv tool install|uvx)[^`\n#&]*(?<![\w/.])copyart\b(?!/)"
    assert not re.findall(from_an_index, text)


def test_the_readme_begins_with_two_lines_that_set_everything_up_by_themselves() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[:2]
    for block, last in zip(blocks, ("copyart translate docs/gallery/china.jpg -o painting.jpg", "pytest"), strict=True):
        assert block.count("\n") == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert block.endswith(f"&& .venv/bin/{last}\n")


def paintings_of(text: str) -> list[str]:
    """Where the commands of a page put their paintings, of all lines that neither replace nor send them on."""
    found = []
    for line in re.findall(r"^copyart translate (.*)$", text, re.M):
        words = shlex.split(line, comments=True)
        options = dict(pairwise(words))
        style = options.get("-s", options.get("--style", "monet"))
        path = Path(words[0])
        suffix = f".{options['--format']}" if "--format" in options else path.suffix
        if not {"--overwrite", "-", "--help"} & set(words):
            found.append(options.get("-o", f"{path.stem}-{style.rpartition('/')[2]}{suffix}"))
    return found


@pytest.mark.parametrize(
    "pages", [[page] for page in PAGES] + [[ROOT / "README.md", ROOT / "docs/quickstart.md"]], ids=str
)
def test_no_example_is_refused_because_one_before_it_painted_that_photo(pages: list[Path]) -> None:
    paintings = paintings_of("\n".join(page.read_text(encoding="utf-8") for page in pages))
    assert len(paintings) == len(set(paintings)), paintings


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning_so_every_link_leads_somewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "-q",
            "--keep-going",
            "-d",
            tmp_path / "trees",
            ROOT / "docs",
            tmp_path / "site",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "painting.jpg" in index
    assert "translate_many" in (tmp_path / "site/python.html").read_text(encoding="utf-8")
