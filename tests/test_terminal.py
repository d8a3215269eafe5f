"""What users see who sit at a terminal, where bars are drawn and a painting is no text."""

import os
import pty
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import Here
from runs import TOML, make_domain

from copyart.cli.progress import frames_progress
from copyart.models import Style

Shown = list[str]


@contextmanager
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Output and errors go to a terminal; afterwards, what it was sent is there, without colours and movements."""
    master, slave = pty.openpty()
    sent = bytearray()
    shown: Shown = []

    def read() -> None:
        with suppress(OSError):  # once nobody has it open any more
            while block := os.read(master, 1 << 16):
                sent.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(slave, "w") as screen, monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "120")
        patch.setattr(sys, "stdout", screen)
        patch.setattr(sys, "stderr", screen)
        yield shown
    reader.join()
    os.close(master)
    shown.append(re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", sent.decode()).replace("\r\n", "\n"))


def test_a_painting_is_not_poured_into_a_terminal(here: Here, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_terminal(monkeypatch) as shown:
        assert here("translate", photo, "-o", "-")[0] == 2
    assert shown == ["Error: the picture would go to the terminal; give -o FILE, or send it on with | or >\n"]


def test_a_terminal_shows_how_much_of_a_folder_is_painted_and_what_failed(
    here: Here, folder: Path, tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "3.jpg").write_bytes(b"")
    with at_terminal(monkeypatch) as shown:
        assert here("batch", folder, "out", "-s", tiny.folder)[0] == 1
    assert f"Failed: {folder / '3.jpg'} is empty (0 bytes)" in shown[0]
    assert re.search(r"Painting .*8/8 .*pictures/s", shown[0])
    assert "Painted 7, failed 1" in shown[0]


def test_a_terminal_shows_a_run_as_it_goes_on(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_domain(tmp_path / "photos", seed=1)
    make_domain(tmp_path / "paintings", 7, seed=2)
    (tmp_path / "run.toml").write_text(f"{TOML}sample_every = 1\n")
    where = ("--domain-a", "photos", "--domain-b", "paintings", "--config", "run.toml", "--out", "run")
    with at_terminal(monkeypatch) as shown:
        code = here("train", *where, "--steps", 3, "--device", "cpu", "--precision", "fp32")[0]
    assert code == 0, shown
    for words in ("step 3 of 3", "coming back", "pictures/s", "cpu, fp32", "newest samples: run/samples/0000002.png"):
        assert words in shown[0], words
    assert "run/style is ready" in shown[0]


def test_a_terminal_shows_a_bar_of_frames_that_take_long_and_none_of_those_that_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    with at_terminal(monkeypatch) as shown:
        with frames_progress() as watch:
            watch(1, 9)
        with frames_progress() as watch:
            clock[0] = 3.0
            watch(2, 7)
            watch(7, 7)
    assert "7/7" in shown[0]
    assert "/9" not in shown[0]
