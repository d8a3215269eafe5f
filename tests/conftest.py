"""What several tests need: a tiny style, photographs, and the command line in a process of its own."""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from local_hub import LocalHub
from PIL import Image
from programs import run_copyart

from copyart.checkpoints import save_enlarger, save_style
from copyart.cli import main
from copyart.models import Enlarger, Style
from copyart.networks import Compact, Upscaler

pytest_plugins = ["browser", "hostile"]

torch.set_num_threads(1)  # networks this small gain nothing from more, and lose much where cores are busy
os.environ["OMP_NUM_THREADS"] = "1"

HUB = LocalHub()
os.environ["HF_ENDPOINT"] = HUB.address  # huggingface_hub reads it once, when a test first imports it
os.environ["HF_HUB_DISABLE_XET"] = "1"  # the store of the Hub on loopback speaks LFS only

TINY = Style(
    name="tiny",
    title="A tiny style",
    generator="compact",
    parameters={"base_channels": 4, "blocks": 1},
    size_multiple=4,
    trained_size=32,
    paint_size=64,
    license="MIT",
    training_data="none; the weights are random",
    recipe="torch.manual_seed(0)",
)


def pytest_configure() -> None:
    """Listens to Ctrl-C, which tests press: what a script starts in the background is told not to."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that open pages."""
    for item in items:
        if {"chromium", "browse"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


Run = Callable[..., subprocess.CompletedProcess[str]]
Done = tuple[int, list[str], list[str]]
Here = Callable[..., Done]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what the user has downloaded or named."""
    monkeypatch.setenv("COPYART_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def rough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures distances of pictures in a tenth of the time, and less exactly."""
    measure_roughly(monkeypatch)


def measure_roughly(patch: pytest.MonkeyPatch) -> None:
    """What `rough` does, for a fixture that several tests share."""
    from copyart.metrics import pixels

    for name, value in (("_PATCHES", 1024), ("_PIXELS", 4096), ("_DIRECTIONS", 32)):
        patch.setattr(pixels, name, value)


@pytest.fixture(autouse=True)
def _own_notices() -> Iterator[None]:
    """No test prints the notices of another that called the command line in this process."""
    yield
    logging.getLogger("copyart").handlers.clear()


@pytest.fixture(scope="session", autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    from huggingface_hub import close_session

    close_session()
    HUB.stop()


@pytest.fixture
def hub() -> LocalHub:
    """A Hub with nothing in it; `HF_ENDPOINT` is its address in all tests."""
    HUB.reset()
    return HUB


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """A style with a way back whose networks are small and random."""
    torch.manual_seed(0)
    networks = [Compact(base_channels=4, blocks=1), Compact(base_channels=4, blocks=1)]
    return save_style(replace(TINY, folder=tmp_path_factory.mktemp("styles") / "tiny"), *networks)


@pytest.fixture(scope="session")
def enlargers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Enlarger]:
    """Enlargers whose networks are small and random, by their scale."""
    folder, made = tmp_path_factory.mktemp("enlargers"), {}
    for scale in (2, 4):
        torch.manual_seed(scale)
        network = Upscaler(scale=scale, channels=8, layers=3, fold=4 // scale)
        parameters = {"channels": 8, "layers": 3, "fold": 4 // scale}
        record = Enlarger(f"small-{scale}x", "Small", parameters, "MIT", "none", "seeded", scale)
        made[scale] = save_enlarger(replace(record, folder=folder / record.name), network)
    return made


@pytest.fixture(scope="session")
def china() -> Path:
    """A photograph, 640 x 427 (by danielbuechele, CC BY 2.0, in the scikit-learn wheel)."""
    import sklearn.datasets

    return Path(sklearn.datasets.__file__).parent / "images" / "china.jpg"


@pytest.fixture
def photo(china: Path, tmp_path: Path) -> Path:
    """A small photograph in a folder of its own, 96 x 64."""
    path = tmp_path / "photo.jpg"
    with Image.open(china) as image:
        image.resize((96, 64)).save(path, quality=95)
    return path


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def folder(photo: Path) -> Path:
    """A folder of twelve photographs, four of them in folders of it."""
    photos = photo.parent / "photos"
    for name in [*(f"{i}.jpg" for i in range(8)), *(f"deep/er/{i}.jpg" for i in range(4))]:
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, photos / name)
    return photos


@pytest.fixture
def copyart(tmp_path: Path) -> Run:
    """Runs `copyart` in a process of its own, in `tmp_path`; text in and out."""

    def run(*arguments: object, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return run_copyart([*map(str, arguments)], tmp_path, {**os.environ, **environment}, stdin)

    return run


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Here]:
    """Runs the command line in this process: its exit code, and the lines of its output and its errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["copyart", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        logging.getLogger("copyart").handlers.clear()
        out, error = capfd.readouterr()
        return code, out.splitlines(), error.splitlines()

    yield run
    logging.getLogger("copyart").setLevel(logging.NOTSET)
