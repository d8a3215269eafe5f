"""Styles: records that are checked, names that are found, downloads that are verified."""

import json
import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from local_hub import MAIN, LocalHub, Repo, files_of

from copyart.downloads import cache_folder
from copyart.errors import BrokenStyleError, DownloadError, UnknownStyleError
from copyart.models import Style, Unconverted, find_style, list_styles, read_catalogue
from copyart.models.catalogue import HUB_OWNER, CatalogueEntry
from copyart.models.hub import download_weights

OTHER = "2" * 40
BUNDLED = ("cezanne", "ink", "monet", "munch", "pissarro", "turner", "ukiyoe", "vangogh")


@pytest.fixture
def copy(tiny: Style, tmp_path: Path) -> Path:
    """A style folder to be damaged."""
    return Path(shutil.copytree(tiny.folder, tmp_path / "copy"))


@pytest.fixture
def repo(hub: LocalHub, tiny: Style) -> Repo:
    """The tiny style on the Hub, as ann/tiny."""
    hub.repos["ann/tiny"] = Repo(files_of(tiny.folder))
    return hub.repos["ann/tiny"]


def found(name: str, **options: Any) -> Style:
    style = find_style(name, **options)
    assert isinstance(style, Style)
    return style


def test_a_record_comes_back_from_its_folder(tiny: Style) -> None:
    assert Style.read(tiny.folder) == tiny


def change(**values: object) -> Callable[[dict[str, Any]], str]:
    return lambda record: json.dumps({**record, **values})


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "no JSON": (lambda _: "{", "is damaged"),
    "a list": (lambda _: "[]", "it holds no record"),
    "binary": (lambda _: "\0", "is damaged"),
    "no name": (lambda record: json.dumps({k: v for k, v in record.items() if k != "name"}), "name is missing"),
    "a word for a number": (change(paint_size="640"), "paint_size is '640'"),
    "a truth for a number": (change(paint_size=True), "paint_size is True"),
    "a list for a table": (change(sha256=[]), r"sha256 is \[\]"),
    "a size of nothing": (change(paint_size=0), "sizes must be positive"),
    "a name that is a path": (change(name="../x"), "cannot be the name of a style"),
    "a newer format": (change(format=99), "made by a newer copyart; "),
    "no format": (change(format=None), "is damaged"),
    "a foreign file": (change(sha256={"model.safetensors": "x", "../../x": "y"}), "sha256 must name model.safetensors"),
    "no weights": (change(sha256={}), "sha256 must name model.safetensors"),
    "a number for a hash": (change(sha256={"model.safetensors": 5}), "5 is neither a hash nor a source"),
    "a word for a score": (change(quality={"distance_closed": "much"}), "quality distance_closed is 'much'"),
    "a truth for a score": (change(quality={"structure_kept": True}), "quality structure_kept is True"),
    "a score that is no number": (change(quality={"checkerboard": float("nan")}), "quality checkerboard is nan"),
    "a score without end": (change(quality={"checkerboard": 10**400}), "quality checkerboard is 1000"),
    "a number for a source": (change(source={"sha256": 5}), "5 is neither a hash nor a source"),
    "a title that moves the cursor": (change(title="\x1b[2J"), r"'\\x1b\[2J' cannot be printed"),
    "half a letter": (change(license="\ud800"), "cannot be printed"),
    "a truth for a format": (change(format=True), "format is True"),
    "a depth without end": (lambda _: "[" * 100_000, "is damaged"),
    "a number without end": (lambda _: "9" * 5000, "is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_refused_in_one_line_that_says_what(copy: Path, damage: str) -> None:
    spoil, words = DAMAGES[damage]
    config = copy / "config.json"
    config.write_text(spoil(json.loads(config.read_text())))
    with pytest.raises(BrokenStyleError, match=words) as raised:
        Style.read(copy)
    assert str(copy) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_record_that_is_no_text_is_refused(copy: Path) -> None:
    (copy / "config.json").write_bytes(b"\xff")
    with pytest.raises(BrokenStyleError, match=r"config\.json is damaged: it is no text; fetch the style again"):
        Style.read(copy)
    (copy / "config.json").unlink()
    (copy / "config.json").mkdir()
    with pytest.raises(BrokenStyleError, match=r"config\.json cannot be read: it is a folder"):
        Style.read(copy)


def test_a_score_by_its_former_word_is_read_by_its_new_one(copy: Path) -> None:
    config = copy / "config.json"
    config.write_text(change(quality={"structure_kept": 0.4, "weave": 0.66})(json.loads(config.read_text())))
    style = Style.read(copy)
    assert style.quality == {"structure_kept": 0.4, "checkerboard": 0.66}
    assert json.loads(style.to_json())["quality"] == style.quality


def test_what_a_later_version_adds_to_the_record_is_ignored(copy: Path) -> None:
    config = copy / "config.json"
    config.write_text(change(mood="sunny")(json.loads(config.read_text())))
    assert Style.read(copy).name == "tiny"


def test_a_folder_without_a_record_is_no_style(tmp_path: Path) -> None:
    with pytest.raises(BrokenStyleError, match=r"is no style: there is no config\.json in it"):
        find_style(str(tmp_path))


def test_a_file_is_used_only_with_its_own_hash(copy: Path) -> None:
    style = Style.read(copy)
    assert style.verified("model.safetensors") == copy / "model.safetensors"
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "model.safetensors").write_bytes(data)
    with pytest.raises(BrokenStyleError, match="is not the file this style was saved with"):
        style.verified("model.safetensors")
    (copy / "model.safetensors").unlink()
    with pytest.raises(BrokenStyleError, match="cannot be read: there is no such file"):
        style.verified("model.safetensors")


def test_names_find_what_is_bundled_and_folders_what_lies_there(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("monet").title == "Claude Monet"
    assert found(str(copy)).folder == copy
    monkeypatch.chdir(copy.parent)
    assert found("./copy").name == found("copy").name == "tiny"


def test_an_unknown_name_lists_those_there_are_nearest_first() -> None:
    with pytest.raises(UnknownStyleError, match=r"style 'monnet' is unknown; there are monet, monet-2017, "):
        find_style("monnet")


@pytest.mark.parametrize("name", ["x" * 5000, "a/b/c", "\0", "-a/b", "ann/tiny@"])
def test_a_name_that_nothing_can_have_is_unknown(name: str) -> None:
    with pytest.raises(UnknownStyleError, match="is unknown; there are "):
        find_style(name)


@pytest.mark.parametrize("name", ["ann/ti--ny", "ann/tiny.", "ann/tiny.git", f"ann/{'x' * 97}"])
def test_an_id_that_the_hub_cannot_have_makes_no_request(hub: LocalHub, name: str) -> None:
    with pytest.raises(DownloadError, match="could not be fetched: that is no id of the Hub; ids look like owner/name"):
        find_style(name)
    assert hub.requests == []


def test_without_a_home_folder_what_is_bundled_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CACHE", "~nobody-here/styles")
    assert found("monet").name == "monet"
    with pytest.raises(DownloadError, match=r"nothing can be kept in ~nobody-here/styles: .*; set COPYART_CACHE"):
        find_style("ann/tiny")


def test_the_list_says_where_each_style_is_and_what_holds_it(hub: LocalHub, repo: Repo) -> None:
    find_style("ann/tiny")
    repo.revisions |= {"v1": OTHER, OTHER: OTHER}
    find_style("ann/tiny@v1")
    rows = {entry.name: (entry.where, entry.pinned, entry.license) for entry in list_styles()}
    assert rows == {
        **dict.fromkeys(BUNDLED, ("bundled", "package", "MIT")),
        "monet-2017": ("available", "Hub", "not stated"),
        "vangogh-2017": ("available", "Hub", "not stated"),
        "cezanne-2017": ("available", "nothing yet", "not stated"),
        "ukiyoe-2017": ("available", "nothing yet", "not stated"),
        "ann/tiny": ("downloaded", "record", "MIT"),
        f"ann/tiny@{OTHER}": ("downloaded", "record", "MIT"),
    }
    assert [entry.size is None for entry in list_styles()] == [False] * 8 + [True] * 4 + [False] * 2


def test_a_style_of_the_hub_is_fetched_once_and_then_no_request_is_made(
    hub: LocalHub, repo: Repo, tiny: Style, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "copyart")
    style = found("ann/tiny")
    assert caplog.messages == ["there is no folder ann/tiny here; asking the Hugging Face Hub for it"]
    assert style.folder.is_relative_to(cache_folder())
    assert files_of(style.folder) == files_of(tiny.folder)
    hub.requests.clear()
    caplog.clear()
    assert found("ann/tiny") == style
    assert (hub.requests, caplog.messages) == ([], [])


def test_a_revision_is_another_style(hub: LocalHub, repo: Repo, tiny: Style) -> None:
    repo.revisions |= {"v1": OTHER, OTHER: OTHER}
    assert found("ann/tiny@v1").folder.name == OTHER
    assert found("ann/tiny", revision="v1").folder.name == OTHER
    assert found("ann/tiny").folder.name == MAIN


def test_force_fetches_what_has_changed(hub: LocalHub, repo: Repo) -> None:
    assert found("ann/tiny").folder.name == MAIN
    repo.revisions = {"main": OTHER, OTHER: OTHER}
    assert found("ann/tiny").folder.name == MAIN
    assert found("ann/tiny", force=True).folder.name == OTHER


@pytest.mark.parametrize(("error", "words"), [((500, ""), "answered 500"), ((404, "RepoNotFound"), "knows no such")])
def test_force_never_passes_off_the_old_as_new(hub: LocalHub, repo: Repo, error: tuple[int, str], words: str) -> None:
    style = found("ann/tiny")
    repo.error = error
    with pytest.raises(DownloadError, match=words):
        find_style("ann/tiny", force=True)
    assert found("ann/tiny") == style


def test_a_file_with_another_hash_than_the_record_says_is_never_kept(hub: LocalHub, repo: Repo) -> None:
    good = repo.files["model.safetensors"]
    repo.files["model.safetensors"] = good[:-1] + b"x"
    with pytest.raises(DownloadError, match=r"model\.safetensors of ann/tiny does not have the sha256"):
        find_style("ann/tiny")
    assert not list(cache_folder().rglob("model.safetensors"))
    assert "ann/tiny" not in [entry.name for entry in list_styles()]
    repo.files["model.safetensors"] = good
    assert found("ann/tiny").verified("model.safetensors").read_bytes() == good


def test_a_file_that_the_record_names_and_the_repo_has_not_is_named(hub: LocalHub, repo: Repo) -> None:
    del repo.files["reverse.safetensors"]
    with pytest.raises(DownloadError, match=r"ann/tiny on the Hub has no reverse\.safetensors, which its config\.json"):
        find_style("ann/tiny")


def test_a_damaged_record_in_the_cache_is_fetched_again(hub: LocalHub, repo: Repo) -> None:
    style = found("ann/tiny")
    (style.folder / "config.json").resolve().write_text("{")
    assert "ann/tiny" not in [entry.name for entry in list_styles()]
    assert found("ann/tiny") == style


def test_a_broken_connection_is_taken_up_again(hub: LocalHub, repo: Repo) -> None:
    repo.cut = 1000
    assert found("ann/tiny").verified("model.safetensors").read_bytes() == repo.files["model.safetensors"]
    assert len([request for request in hub.requests if request.startswith("GET store/ann/tiny/")]) > 2  # files


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            (403, "GatedRepo"),
            "it is gated; accept its terms on https://huggingface.co/ann/tiny, then run",
        ),
        ((401, "RepoNotFound"), "the Hub knows no such repo; check the spelling, or run `hf auth login`"),
        ((404, "RepoNotFound"), "the Hub knows no such repo"),
        ((404, "RevisionNotFound"), "it has no revision v7"),
        ((401, "GatedRepo"), "it is gated; accept its terms"),
        ((401, ""), "the Hub asks who you are; run `hf auth login`"),
        ((403, ""), "the Hub does not allow it"),
        ((429, ""), "the Hub has had too many requests from here; try again in some minutes"),
        ((500, ""), "the Hub answered 500; try again later"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(hub: LocalHub, repo: Repo, error: tuple[int, str], words: str) -> None:
    repo.error = error
    with pytest.raises(DownloadError, match=r"ann/tiny could not be fetched: ") as raised:
        find_style("ann/tiny@v7")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_repo_that_is_no_style_is_refused(hub: LocalHub) -> None:
    hub.repos["ann/other"] = Repo({"README.md": b"hello"})
    with pytest.raises(DownloadError, match=r"ann/other on the Hub is no copyart style: it has no config\.json"):
        find_style("ann/other")


def test_without_a_network_a_cached_style_paints_and_another_says_what_is_wrong(
    copyart: Run, hub: LocalHub, repo: Repo, photo: Path
) -> None:
    assert copyart("translate", photo, "-s", "ann/tiny").returncode == 0
    dead = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = copyart("translate", photo, "-s", "ann/tiny", "--overwrite", **dead)
    assert (done.returncode, done.stderr) == (0, "")
    done = copyart("translate", photo, "-s", "bob/tiny", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "bob/tiny could not be fetched: HF_HUB_OFFLINE forbids going online" in done.stderr


@pytest.mark.slow
def test_a_dead_network_is_said_in_one_line(copyart: Run) -> None:
    done = copyart("download-weights", "bob/tiny", HF_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        "Error: bob/tiny could not be fetched: "
        "the network is down, or the server is; check the connection and try again"
    )
    assert "Traceback" not in done.stderr


DATA = bytes(range(256)) * 100


@pytest.fixture
def plain(hub: LocalHub) -> CatalogueEntry:
    """Published weights on a server that is not the Hub."""
    hub.repos["plain"] = Repo({"style.pth": DATA})
    return CatalogueEntry(name="plain-2017", title="", training_data="", url=f"{hub.address}/store/plain/style.pth")


def test_a_plain_download_is_taken_up_where_it_broke_off(hub: LocalHub, plain: CatalogueEntry, tmp_path: Path) -> None:
    hub.repos["plain"].cut = 1000
    with pytest.raises(DownloadError, match="plain-2017 could not be fetched: "):
        download_weights(plain, tmp_path)
    assert (tmp_path / "downloads/plain-2017/style.part").read_bytes() == DATA[:1000]
    hub.requests.clear()
    path, digest = download_weights(plain, tmp_path)
    assert (path.read_bytes(), digest) == (DATA, sha256(DATA).hexdigest())
    assert hub.requests == ["GET store/plain/style.pth bytes=1000-"]


@pytest.mark.parametrize(("ranges", "part"), [(False, DATA[:1000]), (True, DATA), (True, DATA + b"more")])
def test_a_plain_download_starts_again_where_it_cannot_go_on(
    hub: LocalHub, plain: CatalogueEntry, tmp_path: Path, ranges: bool, part: bytes
) -> None:
    hub.repos["plain"].ranges = ranges
    (tmp_path / "downloads/plain-2017").mkdir(parents=True)
    (tmp_path / "downloads/plain-2017/style.part").write_bytes(part)
    assert download_weights(plain, tmp_path)[0].read_bytes() == DATA


@pytest.mark.parametrize("known", ["sha256", "pinned"])
def test_a_plain_download_is_held_to_the_hash_that_is_known(plain: CatalogueEntry, tmp_path: Path, known: str) -> None:
    wrong = "0" * 64
    plain, pinned = (replace(plain, sha256=wrong), None) if known == "sha256" else (plain, wrong)
    with pytest.raises(DownloadError, match=r"what arrived has sha256 .*, not the 000000000000\.\.\."):
        download_weights(plain, tmp_path, pinned=pinned)
    assert not list(tmp_path.rglob("*.pth"))


def test_a_plain_server_that_refuses_is_quoted(hub: LocalHub, plain: CatalogueEntry, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="the server answered 404 Not Found; try again later"):
        download_weights(replace(plain, url=f"{hub.address}/store/plain/none.pth"), tmp_path)
    hub.repos["plain"].error = (500, "")
    with pytest.raises(DownloadError, match="the server answered 500 Internal Server Error; try again later"):
        download_weights(plain, tmp_path)
    with pytest.raises(DownloadError, match="the network is down, or the server is"):
        download_weights(replace(plain, url="http://127.0.0.1:9/x.pth"), tmp_path)


def test_weights_in_a_space_are_held_to_the_hash_that_the_hub_has(hub: LocalHub, tmp_path: Path) -> None:
    monet = read_catalogue()["monet-2017"]
    hub.repos[f"spaces/{monet.repo}"] = Repo({monet.file: DATA}, revisions={monet.revision: monet.revision})
    weights = find_style("monet-2017")
    assert isinstance(weights, Unconverted)
    assert weights.path.read_bytes() == DATA
    assert weights.draft.source == {"url": monet.address, "sha256": sha256(DATA).hexdigest()}
    shutil.rmtree(cache_folder())
    hub.repos[f"spaces/{monet.repo}"].etag = "0" * 64
    with pytest.raises(DownloadError, match=r"not the 000000000000\.\.\. that the Hub promised"):
        find_style("monet-2017")
    assert not list(cache_folder().rglob("*.pth"))


def test_published_weights_keep_the_licence_that_the_catalogue_says(
    plain: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {plain.name: replace(plain, license="CC-BY-4.0")}
    monkeypatch.setattr("copyart.models.finding.read_catalogue", lambda: table)
    weights = find_style(plain.name)
    assert isinstance(weights, Unconverted)
    assert weights.draft.license == "CC-BY-4.0"


LARGE = CatalogueEntry(
    name="monet@large", title="Claude Monet, large", training_data="paintings and photos", license="MIT"
)


@pytest.fixture
def large(hub: LocalHub, tiny: Style, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A style of ours in another size, in the catalogue and on the Hub."""
    table = {**read_catalogue(), LARGE.name: LARGE}
    monkeypatch.setattr("copyart.models.finding.read_catalogue", lambda: table)
    hub.repos[f"{HUB_OWNER}/monet-large"] = Repo(files_of(tiny.folder))
    return hub.repos[f"{HUB_OWNER}/monet-large"]


def test_a_style_of_ours_in_another_size_is_fetched_by_its_name_once(hub: LocalHub, large: Repo) -> None:
    assert LARGE.hub_id == f"{HUB_OWNER}/monet-large"
    assert LARGE.address == f"https://huggingface.co/{HUB_OWNER}/monet-large"
    style = found("monet@large")
    assert files_of(style.folder) == large.files
    style.verify()
    hub.requests.clear()
    assert found("monet@large") == found(f"{HUB_OWNER}/monet-large") == style
    assert hub.requests == []


def test_a_style_of_ours_is_listed_once_by_its_name_before_it_is_here_and_after(hub: LocalHub, large: Repo) -> None:
    def rows() -> dict[str, tuple[str, str, str, str]]:
        entries = list_styles()
        assert len({entry.name for entry in entries}) == len(entries)
        return {entry.name: (entry.title, entry.where, entry.pinned, entry.license) for entry in entries}

    before = rows()
    assert before["monet@large"] == ("Claude Monet, large", "available", "record", "MIT")
    assert hub.requests == []
    find_style("monet@large")
    after = rows()
    assert after == {**before, "monet@large": ("A tiny style", "downloaded", "record", "MIT")}
    entry = next(entry for entry in list_styles() if entry.name == "monet@large")
    assert entry.folder is not None
    assert entry.size == sum(map(len, large.files.values()))


def test_a_style_of_ours_that_is_not_on_the_hub_yet_is_named_in_words(hub: LocalHub, large: Repo) -> None:
    hub.repos.clear()
    with pytest.raises(DownloadError, match=rf"^{HUB_OWNER}/monet-large could not be fetched: the Hub knows no such"):
        find_style("monet@large")


def test_every_style_of_ours_in_the_catalogue_has_a_size_and_a_licence_and_all_else_an_address() -> None:
    for name, entry in read_catalogue().items():
        kind, at, size = name.partition("@")
        assert re.fullmatch(r"[a-z0-9-]+", kind)
        assert bool(re.fullmatch(r"[a-z]+", size)) is bool(at)
        if at:
            assert entry.hub_id == f"{HUB_OWNER}/{kind}-{size}"
            assert entry.license != "not stated"
            assert entry.repo == entry.url == ""
        else:
            assert entry.hub_id == ""
            assert bool(entry.repo) is not bool(entry.url)


@pytest.mark.parametrize("name", ["monet@large", "monet@", "monet@large@v1"])
def test_a_size_that_is_not_in_the_table_is_unknown_by_name_and_not_looked_for_on_the_hub(
    hub: LocalHub, large: Repo, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {name: entry for name, entry in read_catalogue().items() if not entry.hub_id}
    monkeypatch.setattr("copyart.models.finding.read_catalogue", lambda: table)
    with pytest.raises(UnknownStyleError, match=rf"^style '{name}' is unknown; there are monet, monet-2017, "):
        find_style(name)
    assert hub.requests == []
