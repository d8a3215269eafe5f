"""Painting what moves, animation or video: nothing is left where it fails or is stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from films import animate, film, scene
from limits import small_disk

from copyart import Translator
from copyart.config import PaintConfig, SaveConfig
from copyart.errors import DeviceError, UnwritablePictureError
from copyart.models import Style

SMALL = PaintConfig(size=48)


@pytest.fixture(scope="module")
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu")


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
@pytest.mark.parametrize("error", [DeviceError("no memory"), KeyboardInterrupt()])
def test_nothing_is_left_when_painting_fails_in_the_middle(
    translator: Translator, china: Path, tmp_path: Path, name: str, error: BaseException
) -> None:
    moving = (film if name.endswith("mp4") else animate)(tmp_path / name, scene(china))
    out = tmp_path / f"out-{name}"
    out.write_bytes(b"the old painting")

    def fail(done: int, total: int) -> None:
        if done == 3:
            raise error

    with pytest.raises(type(error)):
        translator.translate_file(moving, out, save=SaveConfig(overwrite=True), watch=fail)
    assert out.read_bytes() == b"the old painting"
    assert sorted(tmp_path.iterdir()) == [moving, out]


def test_a_request_to_stop_leaves_nothing_behind(tiny: Style, china: Path, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", scene(china, 100))
    command = [sys.executable, "-m", "copyart", "translate", "a.mp4", "-s", str(tiny.folder), "--size", "600"]
    running = subprocess.Popen([*command, "--detail", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 600
    while not list(tmp_path.glob(".copyart-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=600)
    assert (running.returncode, errors) == (128 + signal.SIGTERM, "")
    assert os.listdir(tmp_path) == ["a.mp4"]  # noqa: PTH208  # hidden files too


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_a_full_disk_leaves_nothing_of_what_moves(
    translator: Translator, china: Path, tmp_path: Path, name: str
) -> None:
    video = name.endswith("mp4")
    moving = film(tmp_path / name, scene(china, 6)) if video else animate(tmp_path / name, scene(china))
    with small_disk(1000), pytest.raises(UnwritablePictureError, match=r"b\.\w+ cannot be written: .*larger|too large"):
        translator.translate_file(moving, tmp_path / f"b{moving.suffix}", SMALL)
    assert [path.name for path in tmp_path.iterdir()] == [name]
