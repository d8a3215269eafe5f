"""`copyart styles` and `copyart download-weights`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from local_hub import LocalHub, Repo, files_of

from copyart.styles import Style


@pytest.fixture
def repo(hub: LocalHub, tiny: Style) -> Repo:
    """The tiny style on the Hub, as ann/tiny."""
    hub.repos["ann/tiny"] = Repo(files_of(tiny.folder))
    return hub.repos["ann/tiny"]


@pytest.mark.parametrize("command", [["styles"], ["download-weights", "--list"]])
def test_the_list_is_a_table_with_a_line_a_style(copyart: Run, command: list[str]) -> None:
    lines = copyart(*command).stdout.splitlines()
    assert re.split(r" {2,}", lines[0].strip()) == ["style", "title", "where", "size", "hash held to", "licence"]
    assert re.fullmatch(r"monet +Claude Monet +bundled +\d\.\d MB +package +MIT", lines[1].strip())
    names = [line.split()[0] for line in lines[1:]]
    assert names == ["monet", "monet-2017", "vangogh-2017", "cezanne-2017", "ukiyoe-2017"]


def test_a_style_is_fetched_and_it_is_said_where_it_went(copyart: Run, repo: Repo, tmp_path: Path) -> None:
    done = copyart("download-weights", "ann/tiny", "--cache-dir", tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    name, size, folder = re.split(r" {2,}", done.stdout.strip())
    assert (name, size) == ("ann/tiny", "0.1 MB")
    assert files_of(Path(folder)) == repo.files
    assert f"To paint with it, set COPYART_CACHE={tmp_path / 'cache'}" in done.stderr
    assert "ann/tiny" in copyart("styles", "--cache-dir", tmp_path / "cache").stdout


def test_one_style_of_several_that_fails_does_not_stop_the_others(copyart: Run, repo: Repo) -> None:
    done = copyart("download-weights", "bob/none", "ann/tiny", "monet")
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ann/tiny", "monet"]
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert error.startswith("Error: bob/none could not be fetched: the Hub knows no such repo")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing to fetch; name a style, or give --all, or --list to see what there is"),
        (["vangogh-1888"], 1, "style 'vangogh-1888' is unknown; there are vangogh-2017, "),
        (["ann/tiny", "--revision", "v9"], 1, "ann/tiny could not be fetched: it has no revision v9"),
        (["ann/tiny", "--cache-dir", "file"], 1, "ann/tiny could not be fetched: "),
    ],
)
def test_what_cannot_be_fetched_is_one_line(
    copyart: Run, repo: Repo, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = copyart("download-weights", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert f"Error: {words}" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_said_and_the_download_goes_on_later(repo: Repo, copyart: Run) -> None:
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "from copyart.cli import main\n"
        "sys.argv = ['copyart', 'download-weights', 'ann/tiny']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "ann/tiny could not be fetched: the file is larger than is allowed here"
    )
    assert copyart("download-weights", "ann/tiny").returncode == 0
