"""The layer table: who may import whom, and where each heavy library is at home."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "copyart"

# A module imports only from rows above its own; modules of a row do not know each other.
ROWS = [
    {"errors", "version"},
    {"config", "extras", "files"},
    {"downloads", "pages"},
    {
        "images",
        "codes",
        "tensors",
        "devices",
        "networks",
        "models",
        "recipes",
    },
    {"metrics", "moving"},
    {"checkpoints", "destinations", "data", "domains", "tiling"},
    {"translator", "training", "generation", "export", "inspection"},
    {"enlarging", "evaluation"},
    {"serving"},
    {"cli"},
    {"__main__"},
]

HOMES = {
    "torch": {
        *("codes", "tensors", "devices", "networks", "metrics"),
        *(
            "checkpoints",
            "data",
            "tiling",
            "training",
            "translator",
            "generation",
            "export",
            "inspection",
            "evaluation",
        ),
        "enlarging",
    },
    "accelerate": {"training"},
    "torch_xla": {"devices"},
    "torchvision": {"training"},
    "matplotlib": {"pages"},
    "jinja2": {"pages", "serving"},
    "starlette": {"serving"},
    "uvicorn": {"serving"},
    "prometheus_client": {"serving"},
    "torchmetrics": {"metrics", "evaluation"},
    "torch_fidelity": {"metrics"},
    "scipy": {"metrics", "evaluation"},
    "psutil": {"data", "training"},
    "numpy": {
        *("codes", "tensors", "metrics", "data", "domains", "tiling"),
        *("training", "translator", "inspection", "evaluation", "enlarging"),
    },
    "safetensors": {"checkpoints"},
    "spandrel": {"enlarging"},
    "huggingface_hub": {"downloads", "models", "domains"},
    "pyarrow": {"domains"},
    "imagehash": {"domains"},
    "google_crc32c": {"domains"},
    "kagglehub": {"domains"},
    "filelock": {"downloads"},
    "typer": {"cli"},
    "rich": {"cli"},
    "PIL": {
        *("images", "moving", "tensors", "pages", "checkpoints", "data", "domains"),
        *("training", "translator", "generation", "inspection", "evaluation", "enlarging"),
    },
    "pillow_heif": {"images"},
    "pyvips": {"images"},
    "av": {"moving"},
    "onnx": {"export"},
    "onnxruntime": {"export"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def unit(path: Path) -> str:
    """The module or subpackage of copyart that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def row(name: str) -> int:
    return next(i for i, names in enumerate(ROWS) if name in names)


def test_every_module_has_a_row() -> None:
    assert {unit(path) for path in FILES} - {"__init__"} == set.union(*ROWS)


@pytest.mark.parametrize("path", [path for path in FILES if unit(path) != "__init__"], ids=str)
def test_a_module_imports_only_from_rows_above(path: Path) -> None:
    own = unit(path)
    others = {name.split(".")[1] for name in imported(path) if name.startswith("copyart.")} - {own}
    assert {other for other in others if row(other) >= row(own)} == set()


def source(package: Path, name: str) -> Path:
    """The file that a dotted name is imported from: a module of that name, else the one that holds it."""
    path = package.parent.joinpath(*name.split("."))
    places = [
        path.with_suffix(".py"),
        path / "__init__.py",
        path.parent.with_suffix(".py"),
        path.parent / "__init__.py",
    ]
    return next(place for place in places if place.exists())


def circle(package: Path) -> list[str]:
    """Files of a package each of which imports the next, the first again at the end; none if there is no circle.

    What is imported under TYPE_CHECKING or in a function counts. A folder's `__init__` imports what is in the folder;
    what is in it does not import the `__init__`.
    """
    graph = {
        path: {source(package, name) for name in imported(path) if name.split(".")[0] == package.name}
        for path in package.rglob("*.py")
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(path.relative_to(package)) for path in reversed(error.args[1])]
    return []


def test_no_file_imports_another_that_imports_it_whatever_the_way_round() -> None:
    assert circle(PACKAGE) == []


def test_nothing_imports_the_front_of_the_package() -> None:
    front = PACKAGE / "__init__.py"
    names = {path: [name for name in imported(path) if name.split(".")[0] == "copyart"] for path in FILES}
    assert [path for path in FILES if front in {source(PACKAGE, name) for name in names[path]}] == []


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a": "from pack import b", "b": "import pack.c", "c": "import os"}, []),
        ({"a": "from pack.b import x", "b": "import pack.a"}, ["a.py", "b.py"]),
        ({"a": "from pack.b.c import x", "b/c": "def f():\n    from pack import a"}, ["a.py", "b/c.py"]),
        (
            {"a": "from pack.b import x", "b/__init__": "", "b/c": "if TYPE_CHECKING:\n    from pack.a import y"},
            [],
        ),
        (
            {"b/__init__": "from pack.b.c import x", "b/c": "if TYPE_CHECKING:\n    from pack.b import y"},
            ["b/__init__.py", "b/c.py"],
        ),
        ({"__init__": "from pack.a import x", "a": "from pack import x"}, ["__init__.py", "a.py"]),
    ],
)
def test_a_circle_is_found_and_named(tmp_path: Path, files: dict[str, str], found: list[str]) -> None:
    for name, text in files.items():
        path = tmp_path / "pack" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    named = circle(tmp_path / "pack")
    assert sorted(set(named)) == found
    assert named[:1] == named[len(found) :]


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_is_imported_only_at_home(library: str) -> None:
    users = {unit(path) for path in FILES for name in imported(path) if name.split(".")[0] == library}
    assert users == HOMES[library]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_file_outgrows_a_reader(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


QUESTIONS = {"What", "How", "Whether", "As", "Which", "If", "Is", "Does", "When", "Where", "Who", "Why"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_docstring_begins_with_a_noun_or_a_verb_and_sends_nobody_elsewhere(path: Path) -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]
    texts = [text for node in nodes if (text := ast.get_docstring(node))]
    assert [text for text in texts if text.split()[0].strip(".,:;") in QUESTIONS or "which see" in text] == []


def test_levels_become_numbers_around_nought_in_one_place_only() -> None:
    """0..255 to [-1, 1] and back: half of 255 stands in no other file."""
    assert [path for path in FILES if "127.5" in path.read_text()] == [PACKAGE / "tensors.py"]


COMMANDS = [
    *(
        "--help",
        "styles",
        "domains",
        "batch -h",
        "enlarge -h",
        "generate -h",
        "export -h",
        "train -h",
        "inspect -h",
        "serve -h",
    ),
    *("evaluate -h", "evaluate scores -h", "evaluate originality -h", "evaluate kaggle -h"),
]


@pytest.mark.parametrize(
    "code",
    [
        "import copyart; dir(copyart)",
        "import copyart.models; copyart.models.list_styles()",
        "import copyart.domains; copyart.domains.named_domains()",
        *(
            f"import runpy, sys; sys.argv = {['copyart', *words.split()]}; "
            "runpy.run_module('copyart', run_name='__main__')"
            for words in COMMANDS
        ),
    ],
)
def test_torch_is_not_loaded_where_nothing_is_painted(code: str) -> None:
    check = f"import atexit, sys; atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr)); {code}"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "False"
