"""`copyart styles` and `copyart download-weights`."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import Here, Run
from local_hub import LocalHub, Repo, files_of

from copyart.downloads import cache_folder
from copyart.models import Style, read_catalogue
from copyart.networks import ResNet


@pytest.fixture
def repo(hub: LocalHub, tiny: Style) -> Repo:
    """The tiny style on the Hub, as ann/tiny."""
    hub.repos["ann/tiny"] = Repo(files_of(tiny.folder))
    return hub.repos["ann/tiny"]


@pytest.mark.parametrize("command", [["styles"], ["download-weights", "--list"]])
def test_the_list_is_a_table_with_a_line_a_style(here: Here, command: list[str]) -> None:
    code, lines, errors = here(*command)
    assert (code, errors) == (0, [])
    assert re.split(r" {2,}", lines[0].strip()) == [
        *("style", "title", "where", "size", "nearer", "kept"),
        *("hash held to", "licence"),
    ]
    ours = ("cezanne", "ink", "monet", "munch", "pissarro", "turner", "ukiyoe", "vangogh")
    for line, name in zip(lines[1:9], ours, strict=True):
        assert re.fullmatch(rf"{name} +\S[^%]+ bundled +\d\.\d MB +\d\d% +\d\d% +package +MIT", line.strip())
    names = [line.split()[0] for line in lines[9:]]
    assert names == ["monet-2017", "vangogh-2017", "cezanne-2017", "ukiyoe-2017"]


@pytest.mark.parametrize(
    ("quality", "nearer", "kept"),
    [
        ({"distance_closed": 0.72, "structure_kept": 0.8, "weave": 1.5}, "72%", "80%"),
        ({"distance_closed": 0.716, "structure_kept": 1}, "72%", "100%"),
        ({"distance_closed": -0.05}, "-5%", ""),
        ({"structure_kept": 0.0}, "", "0%"),
        ({}, "", ""),
    ],
)
def test_a_style_s_scores_are_shares_in_hundredths_where_somebody_measured(
    here: Here, repo: Repo, quality: dict[str, float], nearer: str, kept: str
) -> None:
    record = json.loads(repo.files["config.json"])
    repo.files["config.json"] = json.dumps({**record, "quality": quality}).encode()
    here("download-weights", "ann/tiny")
    head, *lines = here("styles")[1]
    shown = {line.split()[0]: line for line in lines if line.strip()}
    begin, middle, end = head.index("size") + 4, head.index("nearer") + 6, head.index("kept") + 4
    assert (shown["ann/tiny"][begin:middle].strip(), shown["ann/tiny"][middle:end].strip()) == (nearer, kept)
    assert shown["monet-2017"][begin:end].strip() == ""


def test_a_title_is_printed_as_it_is(here: Here, repo: Repo) -> None:
    title = "[/] :cat: [red]Ann's 'tiny' style[/red]"
    repo.files["config.json"] = json.dumps({**json.loads(repo.files["config.json"]), "title": title}).encode()
    here("download-weights", "ann/tiny")
    assert title in here("styles")[1][-1]


def test_a_style_is_fetched_and_it_is_said_where_it_went(copyart: Run, here: Here, repo: Repo, tmp_path: Path) -> None:
    done = copyart("download-weights", "ann/tiny", "--cache-dir", tmp_path / "cache", HF_HUB_DISABLE_PROGRESS_BARS="1")
    name, size, folder = re.split(r" {2,}", done.stdout.strip())
    assert (name, size) == ("ann/tiny", "76.4 kB")
    assert files_of(Path(folder)) == repo.files
    assert done.stderr.splitlines() == [
        "there is no folder ann/tiny here; asking the Hugging Face Hub for it",
        f"To paint with it, set COPYART_CACHE={tmp_path / 'cache'}",
    ]
    assert "ann/tiny" in here("styles", "--cache-dir", tmp_path / "cache")[1][-1]
    assert "ann/tiny" not in here("styles")[1][-1]


def test_what_is_here_is_not_fetched_again(here: Here, hub: LocalHub, repo: Repo) -> None:
    first = here("download-weights", "ann/tiny")
    hub.requests.clear()
    assert here("download-weights", "ann/tiny", "monet")[:2] == (
        0,
        [*first[1], here("download-weights", "monet")[1][0]],
    )
    assert hub.requests == []


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_what_was_damaged_is_fetched_again(here: Here, repo: Repo, file: str) -> None:
    here("download-weights", "ann/tiny")
    (cached,) = cache_folder().glob(f"hub/*/snapshots/*/{file}")
    cached.resolve().write_bytes(cached.read_bytes()[:-9])
    assert here("download-weights", "ann/tiny")[0] == 0
    assert cached.read_bytes() == repo.files[file]


def test_a_damaged_style_that_is_in_no_cache_is_refused(here: Here, tiny: Style, tmp_path: Path) -> None:
    for file, data in files_of(tiny.folder).items():
        (tmp_path / file).write_bytes(data if file == "config.json" else data[:-1])
    code, out, (error,) = here("download-weights", tmp_path)
    assert (code, out) == (1, [])
    assert error.startswith(
        f"Error: {tmp_path / 'model.safetensors'} is not the file this style was saved with (sha256"
    )


def test_one_style_of_several_that_fails_does_not_stop_the_others(here: Here, repo: Repo) -> None:
    code, out, errors = here("download-weights", "bob/none", "ann/tiny", "monet")
    assert code == 1
    assert [line.split()[0] for line in out] == ["ann/tiny", "monet"]
    (error,) = [line for line in errors if line.startswith("Error: ")]
    assert error.startswith("Error: bob/none could not be fetched: the Hub knows no such repo")


def test_all_fetches_what_is_published_and_says_what_cannot_be_reached(copyart: Run, hub: LocalHub) -> None:
    file = io.BytesIO()
    torch.save(ResNet(base_channels=4, blocks=2).state_dict(), file)
    monet, cezanne = read_catalogue()["monet-2017"], read_catalogue()["cezanne-2017"]
    space = Repo({monet.file: file.getvalue()}, revisions={monet.revision: monet.revision})
    hub.repos = {f"spaces/{monet.repo}": space, "plain": Repo({cezanne.url.split("/", 3)[3]: file.getvalue()})}
    done = copyart("download-weights", "--all", http_proxy=hub.address, no_proxy="127.0.0.1,localhost")
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["monet-2017", "cezanne-2017"]
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        "Error: vangogh-2017 could not be fetched: the file is no longer there",
        "Error: ukiyoe-2017 could not be fetched: the server answered 404 Not Found; try again later",
    ]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing to fetch; name a style, or give --all, or --list to see what there is"),
        (["vangogh-1888"], 1, "style 'vangogh-1888' is unknown; there are vangogh-2017, "),
        (["ann/tiny--y"], 1, "ann/tiny--y could not be fetched: that is no id of the Hub; ids look like owner/name"),
        (["ann/tiny", "--revision", "v9"], 1, "ann/tiny could not be fetched: it has no revision v9"),
        (["ann/tiny@v9"], 1, "ann/tiny could not be fetched: it has no revision v9"),
        (["ann/tiny", "--cache-dir", "file"], 1, "ann/tiny could not be fetched: a part of its path is a file"),
        (["monet-2017", "--cache-dir", "file"], 1, "monet-2017 could not be fetched: a part of its path is a file"),
        (["ann/tiny", "--cache-dir", "~nobody-here"], 1, "nothing can be kept in ~nobody-here: there is no such"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(
    here: Here, repo: Repo, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = here("download-weights", *arguments)
    assert done[:2] == (code, [])
    assert done[2][-1].startswith(f"Error: {words}")
    assert len([line for line in done[2] if line.startswith("Error: ")]) == 1


def test_a_full_disk_is_said_and_the_download_goes_on_later(repo: Repo, here: Here) -> None:
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "from copyart.cli import main\n"
        "sys.argv = ['copyart', 'download-weights', 'ann/tiny']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 1
    assert re.search(r"Error: ann/tiny could not be fetched: the file is larger than is allowed here.*\n$", done.stderr)
    assert here("download-weights", "ann/tiny")[0] == 0
