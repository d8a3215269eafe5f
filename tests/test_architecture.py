"""The layer table: who may import whom, and where each heavy library is at home."""

import ast
import subprocess
import sys
from collections.abc import Iterator
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
        "tensors",
        "tiling",
        "devices",
        "networks",
        "styles",
        "recipes",
        "losses",
        "augmentation",
        "pool",
        "measures",
    },
    {"moving"},
    {"checkpoints", "destinations", "data", "domains"},
    {"translator", "training", "export", "inspection"},
    {"evaluation", "serving"},
    {"cli"},
    {"__main__"},
]

HOMES = {
    "torch": {
        *("tensors", "devices", "networks", "losses", "augmentation", "pool", "measures"),
        *("checkpoints", "data", "training", "translator", "export", "inspection", "evaluation"),
    },
    "accelerate": {"training"},
    "torch_xla": {"devices"},
    "torchvision": {"training"},
    "matplotlib": {"pages"},
    "jinja2": {"pages", "serving"},
    "starlette": {"serving"},
    "uvicorn": {"serving"},
    "prometheus_client": {"serving"},
    "torchmetrics": {"measures", "evaluation"},
    "torch_fidelity": {"evaluation"},
    "scipy": {"measures", "evaluation"},
    "psutil": {"data", "training"},
    "numpy": {"tensors", "measures", "data", "domains", "training", "translator", "inspection", "evaluation"},
    "safetensors": {"checkpoints"},
    "huggingface_hub": {"downloads", "styles", "domains"},
    "pyarrow": {"domains"},
    "imagehash": {"domains"},
    "google_crc32c": {"domains"},
    "kagglehub": {"domains"},
    "filelock": {"downloads"},
    "typer": {"cli"},
    "rich": {"cli"},
    "PIL": {
        *("images", "moving", "tensors", "pages", "checkpoints", "data", "domains"),
        *("training", "translator", "inspection", "evaluation"),
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


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_is_imported_only_at_home(library: str) -> None:
    users = {unit(path) for path in FILES for name in imported(path) if name.split(".")[0] == library}
    assert users == HOMES[library]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_file_outgrows_a_reader(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


COMMANDS = [
    *("--help", "styles", "domains", "batch -h", "export -h", "train -h", "inspect -h", "serve -h"),
    *("evaluate -h", "evaluate scores -h", "evaluate originality -h", "evaluate kaggle -h"),
]


@pytest.mark.parametrize(
    "code",
    [
        "import copyart; dir(copyart)",
        "import copyart.styles; copyart.styles.list_styles()",
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
