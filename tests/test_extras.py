"""Packages that only some need: what is said where one is missing, and that the line that is given works."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

import copyart
from copyart.extras import EXTRAS, install_line, package_name, upgrade_line
from copyart.models import Style

ROOT = Path(__file__).parents[1]

# Hides packages from Python, before copyart is begun, in the three ways in which one can be missing.
_HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
import copyart.cli
sys.argv = ["copyart", *{arguments!r}]
copyart.cli.main()
"""

# What needs each extra; {style} is a style's folder.
NEEDING = {
    "heic": [["translate", "photo.heic"], ["translate", "photo.jpg", "--format", "heic"], ["batch", "heic", "out"]],
    "video": [["translate", "film.mp4"]],
    "serve": [["serve", "--port", "0"]],
    "onnx": [["export", "{style}"]],
    "kaggle": [["domains", "kaggle:ann/art", "--download"], ["train", "--domain-a", "a", "--domain-b", "kaggle:ann/b"]],
    "evaluate": [["evaluate", "a", "a", "--inception-weights", "photo.jpg"]],
    "upscalers": [["enlarge", "photo.jpg", "--model", "other.pth"], ["enlarge", "a", "out", "-m", "other.safetensors"]],
    "tpu": [
        ["translate", "photo.jpg", "--device", "tpu"],
        ["train", "--domain-a", "a", "--domain-b", "a", "--device", "tpu"],
    ],
}


@pytest.fixture
def world(photo: Path) -> Path:
    """A folder with a photo, and files that take an extra to be read."""
    folder = photo.parent
    for name in ("a", "heic"):
        (folder / name).mkdir()
    for number in range(40):
        (folder / "a" / f"{number}.jpg").write_bytes(photo.read_bytes())
    heic, film = b"\0\0\0\x18ftypheic" + bytes(100), b"\0\0\0\x18ftypmp42" + bytes(100)
    for name in ("other.pth", "other.safetensors"):
        (folder / name).write_bytes(b"weights")
    for name, data in (("photo.heic", heic), ("heic/x.heic", heic), ("film.mp4", film)):
        (folder / name).write_bytes(data)
    return folder


def without(extra: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs copyart where none of an extra's packages can be found."""
    code = _HIDE.format(packages=set(EXTRAS[extra]), arguments=arguments)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_every_extra_of_the_package_is_known_with_what_it_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = {
        name: {line.partition(">")[0].partition("=")[0] for line in lines}
        for name, lines in project["optional-dependencies"].items()
        if name not in ("test", "docs", "dev")
    }
    assert {name: brought[name] - {"torch", "torchvision"} for name in brought} == {
        name: set(map(package_name, modules)) for name, modules in EXTRAS.items()
    }


@pytest.mark.parametrize(
    ("extra", "arguments"), [(extra, words) for extra, each in NEEDING.items() for words in each], ids=str
)
def test_without_its_extra_every_command_ends_with_1_and_the_line_that_installs_it(
    world: Path, tiny: Style, extra: str, arguments: list[str]
) -> None:
    before = sorted(world.rglob("*"))
    done = without(extra, [word.format(style=tiny.folder) for word in arguments], world)
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert f"not installed here: {install_line(extra)}" in last
    assert last.startswith(("Error: ", "Failed: "))
    assert "Traceback" not in done.stderr
    assert sorted(world.rglob("*")) == before


def test_a_run_without_tensorboard_learns_all_the_same(world: Path) -> None:
    from copyart.training.tensorboard import Board

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorboard", None)
        board = Board(world, 0)
        board.add({"step": 1, "loss": 0.5})
        board.close()
    assert not (world / "tensorboard").exists()


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("av", ["translate", "film.mp4"]), ("pillow_heif", ["translate", "photo.heic"]), ("uvicorn", ["serve"])],
)
def test_a_package_that_is_there_and_broken_is_not_taken_for_a_missing_one(
    world: Path, package: str, arguments: list[str]
) -> None:
    (world / "broken").mkdir()
    (world / "broken" / f"{package}.py").write_text("import a_module_that_is_nowhere\n")
    done = subprocess.run(
        [sys.executable, "-m", "copyart", *arguments],
        cwd=world,
        env={**os.environ, "PYTHONPATH": f"{world / 'broken'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    words = (
        "a package that copyart needs cannot be loaded: No module named 'a_module_that_is_nowhere'; install it again"
    )
    assert (done.returncode, done.stderr) == (1, f"Error: {words}\n")


FROM: dict[str, tuple[dict[str, object] | None, str, str]] = {
    "an index": (None, "pip install 'copyart[video]'", "pip install --upgrade copyart"),
    "a folder": (
        {"url": "file:///the/folder", "dir_info": {}},
        "pip install '/the/folder[video]'",
        "bring the copyart in /the/folder up to date, and pip install /the/folder",
    ),
    "a folder that stays": (
        {"url": "file:///the%20one/it%27s", "dir_info": {"editable": True}},
        """pip install -e '/the one/it'"'"'s[video]'""",
        """bring the copyart in /the one/it's up to date, and pip install -e '/the one/it'"'"'s'""",
    ),
    "a wheel": (
        {"url": "file:///a/copyart-0.1.0-py3-none-any.whl", "archive_info": {"hash": "sha256=00"}},
        "pip install 'copyart[video] @ file:///a/copyart-0.1.0-py3-none-any.whl'",
        "pip install the wheel of a newer one",
    ),
    "a repository": (
        {
            "url": "https://example.org/copyart.git",
            "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "ab12"},
        },
        "pip install 'copyart[video] @ git+https://example.org/copyart.git@ab12'",
        "pip install --upgrade 'copyart @ git+https://example.org/copyart.git@main'",
    ),
    "a folder of a repository": (
        {"url": "https://example.org/all", "vcs_info": {"vcs": "git", "commit_id": "ab12"}, "subdirectory": "copyart"},
        "pip install 'copyart[video] @ git+https://example.org/all@ab12#subdirectory=copyart'",
        "pip install --upgrade 'copyart @ git+https://example.org/all#subdirectory=copyart'",
    ),
}


def installed_from(record: Mapping[str, object] | None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets copyart be installed in `folder`, from where the record says, or from an index."""
    info = folder / "copyart-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: copyart\nVersion: 0.1.0\n")
    if record is not None:
        (info / "direct_url.json").write_text(json.dumps(record))
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize("origin", FROM)
def test_the_line_installs_from_where_copyart_itself_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    record, line, newer = FROM[origin]
    installed_from(record, tmp_path, monkeypatch)
    assert install_line("video") == line
    assert upgrade_line() == newer


def test_where_copyart_is_not_installed_the_line_installs_the_folder_that_it_runs_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", nowhere)
    folder = Path(copyart.__file__).parents[1]
    monkeypatch.chdir(folder)
    assert install_line("video") == "pip install '.[video]'"
    monkeypatch.chdir(tmp_path)
    assert install_line("video") == f"pip install '{folder}[video]'"


@pytest.mark.slow
@pytest.mark.parametrize("origin", ["a folder", "a wheel"])
def test_pip_takes_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    pytest.importorskip("pip")
    backend = pytest.importorskip("hatchling.build")
    record: dict[str, object] = {"url": ROOT.as_uri(), "dir_info": {}}
    if origin == "a wheel":
        monkeypatch.chdir(ROOT)
        record = {"url": (tmp_path / str(backend.build_wheel(str(tmp_path)))).as_uri(), "archive_info": {}}
    installed_from(record, tmp_path, monkeypatch)
    quietly = f"--dry-run --no-deps --no-index --no-build-isolation --target {tmp_path / 'nowhere'}"
    line = install_line("video").replace("pip install", f"{sys.executable} -m pip install {quietly}")
    plain = {name: value for name, value in os.environ.items() if name != "PIP_QUIET"}
    done = subprocess.run(line, shell=True, env=plain, capture_output=True, text=True, check=False)  # noqa: S602  # as users type it
    assert done.stdout.splitlines()[-1] == f"Would install copyart-{copyart.__version__}"
