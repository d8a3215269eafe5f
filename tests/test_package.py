"""What `import copyart` offers, and what is published."""

import importlib.metadata
import re
import tomllib
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

import copyart
from copyart import errors

ROOT = Path(__file__).parents[1]
INFO = f"copyart-{copyart.__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    backend = pytest.importorskip("hatchling.build")
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return folder / str(backend.build_wheel(str(folder)))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as opened:
        return message_from_bytes(opened.read(f"{INFO}/METADATA"))


def test_the_public_names_are_these() -> None:
    assert copyart.__all__ == [
        "CopyartError",
        "Generator",
        "Magnifier",
        "Style",
        "Translator",
        "__version__",
        "enlarge",
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


def test_the_wheel_is_the_package_and_its_record_and_nothing_else(wheel: Path) -> None:
    package = [path for path in (ROOT / "copyart").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    record = ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/NOTICE"]
    with ZipFile(wheel) as opened:
        assert sorted(opened.namelist()) == sorted(
            [path.relative_to(ROOT).as_posix() for path in package] + [f"{INFO}/{name}" for name in record]
        )


def test_the_wheel_is_small_enough_to_be_fetched_without_a_thought(wheel: Path) -> None:
    assert wheel.stat().st_size < 45_000_000


def test_what_is_published_names_its_licences_and_begins_with_the_readme(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT AND CC-BY-2.0"
    assert metadata.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True) == (ROOT / "README.md").read_bytes()


def test_no_version_of_python_is_claimed_that_pip_refuses() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = re.findall(r"Python :: 3\.(\d+)", " ".join(project["classifiers"]))
    assert project["requires-python"] == f">=3.{min(map(int, claimed))}"


def test_the_citation_and_the_changelog_have_the_same_version_and_date() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    cited = dict(re.findall(r"^(version|date-released): (\S+)$", citation, re.MULTILINE))
    unreleased, *released = re.findall(r"^## \[([^\]]+)\](?: - (\S+))?$", changelog, re.MULTILINE)

    assert unreleased == ("Unreleased", "")
    assert cited["version"] == copyart.__version__
    if released:
        assert released[0] == (cited["version"], cited["date-released"])
    else:
        assert "date-released" not in cited
