"""`copyart publish`: what goes up to the Hub, what comes down again, and what is refused."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import TINY, Here, Run
from local_hub import LocalHub, Repo, files_of
from PIL import Image

from copyart.checkpoints import load_generator, load_style, save_style
from copyart.downloads import cache_folder
from copyart.errors import BrokenStyleError, PublishError
from copyart.models import Enlarger, Style, find_style
from copyart.models.upload import prepare, upload
from copyart.networks import Compact

FILES = [
    "config.json",
    "README.md",
    "model.safetensors",
    "reverse.safetensors",
    "golden/photo.png",
    "golden/painting.png",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """A tiny style with all that a style can have."""
    torch.manual_seed(0)
    networks = [Compact(base_channels=4, blocks=1), Compact(base_channels=4, blocks=1)]
    golden = Image.new("RGB", (32, 32), "navy"), Image.new("RGB", (32, 32), "gold")
    style = replace(TINY, folder=tmp_path_factory.mktemp("styles") / "finished")
    return save_style(style, *networks, card="---\nlicense: mit\n---\n\n# Tiny\n", golden=golden)


@pytest.fixture
def mine(finished: Style, tmp_path: Path) -> Path:
    """The folder of a style that nobody else has yet."""
    return Path(shutil.copytree(finished.folder, tmp_path / "mine"))


def relicense(folder: Path, words: str) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "license": words}))


def test_what_is_published_can_be_fetched_again(hub: LocalHub, mine: Path, finished: Style) -> None:
    assert not cache_folder().joinpath("hub").exists()
    address = upload(prepare(mine, "ann/tiny"))
    repo = hub.repos["ann/tiny"]
    assert address == f"{hub.address}/ann/tiny/commit/{repo.revisions['main']}"
    assert repo.commits == ["The style tiny: A tiny style"]
    style = find_style("ann/tiny")
    assert isinstance(style, Style)
    assert files_of(style.folder) == files_of(mine)
    assert load_style("ann/tiny") == style == replace(finished, folder=style.folder)
    style.verify()
    there, here = (load_generator(one, reverse=True).state_dict() for one in (style, finished))
    assert all(torch.equal(there[key], here[key]) for key in here)


def test_large_files_go_to_the_store_and_small_ones_into_the_commit(hub: LocalHub, mine: Path, finished: Style) -> None:
    upload(prepare(mine, "ann/tiny"))
    large = {file: digest for file, digest in finished.sha256.items() if file.endswith(".safetensors")}
    assert set(hub.repos["ann/tiny"].stored) == set(large.values())
    stored = sorted(request for request in hub.requests if request.startswith("PUT "))
    assert stored == sorted(f"PUT store/ann/tiny/{digest}" for digest in large.values())


def test_a_style_goes_up_the_same_way_where_files_are_streamed(
    hub: LocalHub, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    hub.repos["ann/tiny"] = Repo({}, inline=True)
    upload(prepare(mine, "ann/tiny"))
    assert hub.repos["ann/tiny"].files == files_of(mine)
    assert len(hub.repos["ann/tiny"].commits) == 1


def test_only_what_belongs_to_the_style_goes_up(hub: LocalHub, mine: Path) -> None:
    for stray in ("notes.txt", ".env", "golden/other.png", "style/README.md", "optimizer.safetensors"):
        (mine / stray).parent.mkdir(exist_ok=True)
        (mine / stray).write_bytes(b"mine alone")
    prepared = prepare(mine, "ann/tiny")
    assert list(prepared.files) == FILES
    upload(prepared)
    assert sorted(hub.repos["ann/tiny"].files) == sorted(FILES)


def test_a_style_without_a_way_back_or_a_golden_picture_goes_up_as_it_is(hub: LocalHub, tmp_path: Path) -> None:
    style = replace(TINY, folder=tmp_path / "plain")
    save_style(style, Compact(base_channels=4, blocks=1), card="# Tiny\n")
    upload(prepare(style.folder, "ann/tiny"))
    assert sorted(hub.repos["ann/tiny"].files) == ["README.md", "config.json", "model.safetensors"]


def test_what_has_changed_is_one_more_commit_to_the_same_repo(hub: LocalHub, mine: Path) -> None:
    first = upload(prepare(mine, "ann/tiny"))
    find_style("ann/tiny")
    (mine / "README.md").write_text("# Tiny, and better described\n")
    hub.requests.clear()
    second = upload(prepare(mine, "ann/tiny"))
    assert second != first
    assert len(hub.repos["ann/tiny"].commits) == 2
    assert not [request for request in hub.requests if request.startswith("PUT ")]
    style = find_style("ann/tiny", force=True)
    assert isinstance(style, Style)
    assert files_of(style.folder) == files_of(mine)


def test_what_has_not_changed_is_no_commit_and_no_error(hub: LocalHub, mine: Path) -> None:
    first = upload(prepare(mine, "ann/tiny"))
    assert upload(prepare(mine, "ann/tiny")) == first
    assert len(hub.repos["ann/tiny"].commits) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_what_a_style_no_longer_has_is_taken_away(
    hub: LocalHub, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", not streamed)
    hub.repos["ann/tiny"] = Repo(files_of(mine) | {"more.md": b"by hand"}, inline=streamed)
    style = replace(TINY, folder=tmp_path / "plain")
    save_style(style, Compact(base_channels=4, blocks=1), card="# Tiny\n")
    upload(prepare(style.folder, "ann/tiny"))
    assert hub.repos["ann/tiny"].files == {**files_of(style.folder), "more.md": b"by hand"}


def test_a_repo_that_was_made_by_hand_will_do(hub: LocalHub, mine: Path) -> None:
    hub.repos["ann/tiny"] = Repo({".gitattributes": b"*.safetensors filter=lfs"})
    upload(prepare(mine, "ann/tiny"))
    assert hub.repos["ann/tiny"].files == {**files_of(mine), ".gitattributes": b"*.safetensors filter=lfs"}


def test_the_folder_of_a_run_will_do(hub: LocalHub, mine: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text("{}\n")
    style = mine.rename(tmp_path / "run" / "style")
    prepared = prepare(tmp_path / "run", "ann/tiny")
    assert prepared.model.folder == style
    upload(prepared)
    assert hub.repos["ann/tiny"].files == files_of(style)


@pytest.mark.parametrize("options", [[], ["--private"]])
def test_a_style_is_published_in_one_command_and_private_only_on_demand(
    here: Here, hub: LocalHub, mine: Path, options: list[str]
) -> None:
    code, lines, errors = here("publish", mine, "ann/tiny", *options)
    assert (code, errors) == (0, [])
    repo = hub.repos["ann/tiny"]
    assert lines[0] == "tiny: A tiny style, licence MIT"
    assert lines[-2:] == [
        f"Published: {hub.address}/ann/tiny/commit/{repo.revisions['main']}",
        "Paint with it: copyart translate photo.jpg --style ann/tiny",
    ]
    assert repo.files == files_of(mine)
    assert repo.private is bool(options)


def test_an_enlarger_goes_the_same_way_and_is_fetched_where_it_is_used(
    here: Here, hub: LocalHub, enlargers: dict[int, Enlarger], photo: Path, tmp_path: Path
) -> None:
    shutil.copytree(enlargers[2].folder, tmp_path / "run" / "enlarger")
    (tmp_path / "run" / "enlarger" / "README.md").write_text("# Small\n")
    for folder in ("run", "run/enlarger"):
        code, lines, errors = here("publish", folder, "ann/small")
        assert (code, errors) == (0, [])
        assert lines[0] == "small-2x: Small, licence MIT"
        assert lines[-1] == "Enlarge with it: copyart enlarge photo.jpg --model ann/small"
    assert hub.repos["ann/small"].commits[-1] == "The enlarger small-2x: Small"
    assert here("enlarge", photo, "--model", "ann/small")[0] == 0
    with Image.open(photo.with_name("photo-2x.jpg")) as image:
        assert image.size == (192, 128)


def test_a_dry_run_shows_every_file_and_the_address_and_asks_no_network(here: Here, hub: LocalHub, mine: Path) -> None:
    code, lines, errors = here("publish", mine, "ann/tiny", "--dry-run")
    assert (code, errors, hub.requests, hub.repos) == (0, [], [], {})
    files = [line.split() for line in lines[1:-1]]
    assert [name for name, *_ in files] == FILES
    assert all(re.fullmatch(r"\d+ bytes|\d+\.\d kB", " ".join(size)) for _, *size in files)
    assert lines[-1] == "Nothing was uploaded. Without --dry-run it goes to https://huggingface.co/ann/tiny"


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"x")


UNFIT: dict[str, tuple[Callable[[Path], object], type[Exception], str]] = {
    "no licence": (lambda folder: relicense(folder, " "), PublishError, "the licence of .* is ' '; say in config.json"),
    "a licence that nobody knows": (
        lambda folder: relicense(folder, "unknown"),
        PublishError,
        r"the licence of .* is 'unknown'; say in config\.json and README\.md under which others may use it",
    ),
    "a licence that nobody stated": (
        lambda folder: relicense(folder, "Not stated"),
        PublishError,
        "the licence of .* is 'Not stated'",
    ),
    "no card": (
        lambda folder: (folder / "README.md").unlink(),
        PublishError,
        r"mine has no README\.md; say there what it learned from and how well it paints",
    ),
    "another model": (
        lambda folder: spoil(folder / "model.safetensors"),
        BrokenStyleError,
        r"model\.safetensors is not the file this style was saved with",
    ),
    "another golden picture": (
        lambda folder: spoil(folder / "golden" / "painting.png"),
        BrokenStyleError,
        r"painting\.png is not the file this style was saved with",
    ),
    "no way back though the record names one": (
        lambda folder: (folder / "reverse.safetensors").unlink(),
        BrokenStyleError,
        r"reverse\.safetensors cannot be read: there is no such file",
    ),
    "no style": (
        lambda folder: (folder / "config.json").unlink(),
        BrokenStyleError,
        r"mine is no style: there is no config\.json in it",
    ),
    "a card in another encoding": (
        lambda folder: (folder / "README.md").write_bytes(b"caf\xe9"),
        PublishError,
        r"README\.md is no text in UTF-8; save it as such",
    ),
    "no folder": (shutil.rmtree, BrokenStyleError, "mine is no style"),
}


@pytest.mark.parametrize("lack", UNFIT)
def test_a_style_that_cannot_be_shown_to_others_is_refused_before_the_network_is_asked(
    hub: LocalHub, mine: Path, lack: str
) -> None:
    take_away, kind, words = UNFIT[lack]
    take_away(mine)
    with pytest.raises(kind, match=words) as raised:
        prepare(mine, "ann/tiny")
    assert "\n" not in str(raised.value)
    assert hub.requests == []


@pytest.mark.parametrize(
    ("repo", "words"),
    [
        ("tiny", "tiny has no owner; give owner/name, where owner is you or your organisation on the Hub"),
        *(
            (repo, f"{repo} could not be published: that is no id of the Hub; ids look like owner/name")
            for repo in ["", "ann/", "/tiny", "ann/ti--ny", "ann/tiny.git", "a/b/c", "ann/ti ny", "https://hf.co/ann/t"]
        ),
    ],
)
def test_what_can_be_no_repo_is_refused_before_the_network_is_asked(
    here: Here, hub: LocalHub, mine: Path, repo: str, words: str
) -> None:
    assert here("publish", mine, repo) == (1, [], [f"Error: {words}"])
    assert hub.requests == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ((401, ""), "the Hub asks who you are; run `hf auth login`"),
        ((403, ""), "the Hub does not allow it; check the owner's name, and run `hf auth login` with a token that may"),
        ((429, ""), "the Hub has had too many requests from here; try again in some minutes"),
        ((500, ""), "the Hub answered 500; try again later"),
    ],
)
def test_what_the_hub_refuses_is_one_line(
    here: Here, hub: LocalHub, mine: Path, error: tuple[int, str], words: str
) -> None:
    hub.repos["ann/tiny"] = Repo({}, error=error)
    code, lines, errors = here("publish", mine, "ann/tiny")
    assert (code, errors) == (1, [f"Error: ann/tiny could not be published: {words}"])
    assert not [line for line in lines if line.startswith(("Published", "Paint"))]
    assert hub.repos["ann/tiny"].files == {}


def test_what_the_hub_says_of_a_card_is_passed_on(here: Here, hub: LocalHub, mine: Path) -> None:
    hub.card_error = '"license" must be one of [mit]'
    assert here("publish", mine, "ann/tiny")[2] == [
        'Error: ann/tiny could not be published: the Hub refuses it: "license" must be one of [mit]'
    ]
    assert hub.repos["ann/tiny"].files == {}


def test_a_store_that_refuses_a_file_is_no_dead_network(here: Here, hub: LocalHub, mine: Path) -> None:
    hub.repos["ann/tiny"] = Repo({}, full=True)
    code, _, (error,) = here("publish", mine, "ann/tiny")
    assert code == 1
    assert error.startswith("Error: ann/tiny could not be published: the Hub does not allow it; check the owner's name")
    assert hub.repos["ann/tiny"].files == {}


@pytest.mark.parametrize("streamed", [False, True])
def test_the_repo_of_someone_else_stays_as_it_is(
    hub: LocalHub, mine: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", not streamed)
    hub.repos["bob/tiny"] = Repo({"README.md": b"Bob's"}, error=(403, ""), listed=True)
    with pytest.raises(PublishError, match=r"^bob/tiny could not be published: the Hub does not allow it; check the"):
        upload(prepare(mine, "bob/tiny"))
    assert hub.repos["bob/tiny"].files == {"README.md": b"Bob's"}


def test_without_a_network_one_line_says_so(copyart: Run, mine: Path) -> None:
    done = copyart("publish", mine, "ann/tiny", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: ann/tiny could not be published: "
        "the network is down, or the server is; check the connection and try again"
    ]
    done = copyart("publish", mine, "ann/tiny", HF_HUB_OFFLINE="1")
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["Error: ann/tiny could not be published: HF_HUB_OFFLINE forbids going online; unset it and try again"],
    )


@pytest.mark.parametrize("arguments", [[], ["mine"], ["mine", "ann/tiny", "--secret"], ["mine", "ann/tiny", "more"]])
def test_wrong_usage_is_refused_with_2(here: Here, hub: LocalHub, mine: Path, arguments: list[str]) -> None:
    code, lines, _ = here("publish", *arguments)
    assert (code, lines, hub.requests) == (2, [], [])
