"""Domains where something is odd: what packers did, what a disk or a cache refuses, what nobody names."""

import io
import logging
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Here
from limits import small_disk
from local_hub import LocalHub, Repo
from local_kaggle import Bundle, LocalKaggle, zipped
from PIL import Image
from test_domains_packed import STRUCT, kept, masked, message, packed, picture, pictures, records, refusal, some, table

from copyart.domains import Listing, clean, find_domain
from copyart.downloads import cache_folder, explained, fetch_url
from copyart.errors import DownloadError

HUGE = 1 << 31


@pytest.fixture
def kaggle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalKaggle]:
    """Kaggle on loopback, found by kagglehub and with credentials; its data lie in `tmp_path / "kaggle"`."""
    server = LocalKaggle()
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in server.environment(tmp_path / "kaggle").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_any")
    (tmp_path / "kaggle").mkdir()
    yield server
    server.stop()


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the Hub's library."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def noise(marks: range) -> list[bytes]:
    return [picture(mark) for mark in marks]


def test_an_archive_of_a_method_that_is_not_known_here_is_said_in_one_line(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", some([0]))
    data = bytearray(path.read_bytes())
    for method in (8, data.rindex(b"PK\1\2") + 10):
        data[method] = 98  # PPMd, as 7-Zip can write
    path.write_bytes(data)
    assert refusal(path) == f"{path} cannot be unpacked: That compression method is not supported"
    assert kept() == []


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.parquet", "a.tfrec"])
def test_a_disk_that_is_full_is_not_taken_for_a_damaged_file(tmp_path: Path, name: str) -> None:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(file, "PNG")
    path = packed(tmp_path / name, {"a.png": file.getvalue()})
    with small_disk(20_000):
        words = refusal(path)
    assert words == f"{path} cannot be kept in {cache_folder() / 'domains'}: the file is larger than is allowed here"
    assert kept() == []
    assert pictures(path) == [file.getvalue()]


def test_what_was_unpacked_by_another_version_is_unpacked_anew(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", some([0, 1]))
    (first, *_) = find_domain(str(path)).paths
    record = first.parent / "domain.json"
    record.write_text(record.read_text().replace('"format": 1', '"format": 0'))
    first.write_bytes(b"of another version")
    assert pictures(path) == noise(range(2))


def test_a_picture_of_a_kind_that_its_bytes_do_not_tell_is_still_found(tmp_path: Path) -> None:
    data = picture(0, "BMP")
    path = table(tmp_path / "a.parquet", image=pa.array([{"bytes": data, "path": None}], STRUCT))
    assert pictures(path) == [data]
    assert len(clean(find_domain(str(path)), least=4).kept) == 1


def test_numbers_of_every_kind_in_a_record_are_passed_over(tmp_path: Path) -> None:
    numbers = b"\x18\x07" + b"\x21" + bytes(8) + b"\x2d" + bytes(4)  # a varint, eight bytes, four bytes
    entry = message(1, b"image") + numbers + message(2, numbers + message(1, message(1, picture(0))))
    path = records(tmp_path / "a.tfrec", [numbers + message(1, message(1, entry))])
    assert pictures(path) == noise(range(1))


def test_a_record_of_more_bytes_than_can_be_is_not_read(tmp_path: Path) -> None:
    size = struct.pack("<Q", HUGE)
    (tmp_path / "a.tfrec").write_bytes(size + masked(size))
    words = f"{tmp_path / 'a.tfrec'}: record 1 says that it has {HUGE} bytes, more than can be"
    assert refusal(tmp_path / "a.tfrec") == words


def test_a_domain_without_a_name_is_refused_with_what_it_may_be(here: Here) -> None:
    code, _, said = here("domains", "")
    assert (code, len(said)) == (1, 1)
    assert said[0].startswith("Error: the domain has no name; give a name from `copyart domains`, a folder, a zip")


def test_a_name_with_one_place_that_is_missing_says_just_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text(f'[mine]\nsource = "{tmp_path}/gone"\n')
    with pytest.raises(DownloadError) as refused:
        find_domain("mine")
    assert str(refused.value) == f"{tmp_path}/gone: there is no such file or folder"


def test_a_table_with_an_address_that_cannot_be_read_is_named_with_its_row(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text('[mine]\nsource = "hf:nobody"\n')
    code, _, said = here("domains")
    assert (code, len(said)) == (1, 1)
    assert said[0].startswith(f"Error: {tmp_path / 'domains.toml'}: mine: 'hf:nobody' cannot be read; give hf:owner/")


def test_a_name_whose_size_nobody_knows_says_so(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    (tmp_path / "domains.toml").write_text('[mine]\nsource = "hf:ann/mine"\n')
    code, out, _ = here("domains", "mine")
    assert code == 0
    assert {"pictures   not known", "to fetch   not known"} <= set(out)


def test_a_memory_of_pictures_of_another_form_is_as_good_as_none(tmp_path: Path) -> None:
    paths = [tmp_path / f"{mark}.jpg" for mark in range(3)]
    for path, data in zip(paths, noise(range(3)), strict=True):
        path.write_bytes(data)
    cache_folder().mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(cache_folder() / "pictures.sqlite") as memory:
        memory.execute("CREATE TABLE facts_1 (path TEXT)")
    memory.close()
    assert list(clean(Listing("x", paths), least=4).kept) == paths


def test_before_many_pictures_are_looked_at_it_is_said_how_many(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="copyart")
    listing = Listing("x", [tmp_path / f"{number}.png" for number in range(2001)])
    Image.new("RGB", (2, 2)).save(tmp_path / "0.png")
    for path in listing.paths[1:]:
        path.hardlink_to(tmp_path / "0.png")
    clean(listing, least=1)
    clean(listing, least=1)
    assert caplog.messages == ["x: looking at 2,001 pictures for the first time"]


def test_a_file_that_is_no_shard_in_the_cache_may_not_be_all_and_the_hub_is_asked(
    hub: LocalHub, hub_cache: Path
) -> None:
    from huggingface_hub import hf_hub_download

    files = {f"train-{n}.parquet": parquet(mark) for n, mark in (("a", 0), ("b", 1))}
    hub.repos["datasets/ann/two"] = Repo(files)
    hf_hub_download("ann/two", "train-a.parquet", repo_type="dataset")
    assert pictures("hf:ann/two") == noise(range(2))


def test_what_the_hub_keeps_as_plain_copies_is_used_as_it_is(hub: LocalHub, hub_cache: Path) -> None:
    from huggingface_hub import hf_hub_download

    name = "train-00000-of-00001.parquet"
    hub.repos["datasets/ann/one"] = Repo({name: parquet(3)})
    link = Path(hf_hub_download("ann/one", name, repo_type="dataset"))
    data = link.read_bytes()
    link.unlink()
    link.write_bytes(data)  # as on a disk that has no links
    hub.requests.clear()
    assert (pictures("hf:ann/one"), hub.requests) == ([picture(3)], [])


def test_a_dataset_that_would_not_fit_the_disk_is_not_fetched(
    hub: LocalHub, hub_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos["datasets/ann/one"] = Repo({"train.parquet": parquet(3)})
    free = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _place: free)
    words = r"ann/one has 0\.0 GB, and .* has 0\.0 GB left; free some space, or set HF_HOME to a folder elsewhere"
    with pytest.raises(DownloadError, match=words):
        find_domain("hf:ann/one")
    assert not [request for request in hub.requests if "parquet" in request]


def parquet(mark: int) -> bytes:
    file = io.BytesIO()
    array = pa.array([{"bytes": picture(mark), "path": None}], STRUCT)
    pq.write_table(pa.table({"image": array}), file)
    return file.getvalue()


def test_a_broken_archive_of_a_competition_is_said_in_one_line_and_not_used_again(kaggle: LocalKaggle) -> None:
    good = zipped({"monet_jpg/0.jpg": picture(0)})
    kaggle.bundles["gan"] = Bundle({1: b"x" * len(good)})
    with pytest.raises(DownloadError, match=r"^gan could not be fetched: ") as raised:
        find_domain("kaggle:competitions/gan/monet_jpg")
    assert "\n" not in str(raised.value)
    kaggle.bundles["gan"] = Bundle({1: good})
    assert pictures("kaggle:competitions/gan/monet_jpg") == noise(range(1))


def test_where_kaggle_s_folder_cannot_be_written_that_is_said(
    kaggle: LocalKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kaggle.bundles["ann/art"] = Bundle({1: zipped({"0.jpg": picture(0)})})
    (tmp_path / "file").touch()
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "file" / "kagglehub"))
    words = "^ann/art could not be fetched: a part of its path is a file, not a folder$"
    with pytest.raises(DownloadError, match=words):
        find_domain("kaggle:ann/art")


def test_where_no_lock_can_be_made_nothing_is_asked_of_kaggle(
    kaggle: LocalKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COPYART_CACHE", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match=r"^ann/art cannot be fetched: "):
        find_domain("kaggle:ann/art")
    assert kaggle.requests == []


def test_the_versions_of_a_dataset_on_kaggle_that_are_here_are_told_apart(kaggle: LocalKaggle, tmp_path: Path) -> None:
    kaggle.bundles["ann/art"] = Bundle({1: zipped({"0.jpg": picture(0)}), 2: zipped({"0.jpg": picture(1)})})
    assert pictures("kaggle:ann/art/versions/1") == [picture(0)]
    assert pictures("kaggle:ann/art/versions/2") == [picture(1)]
    assert pictures("kaggle:ann/art/versions/1") == [picture(0)]
    assert pictures("kaggle:ann/art") == [picture(1)]


@pytest.mark.parametrize(
    ("code", "words"),
    [(403, "the Hub does not allow it"), (429, "the Hub has had too many requests"), (507, "the Hub answered 507")],
)
def test_what_the_hub_s_store_refuses_is_said_as_what_the_hub_does(code: int, words: str) -> None:
    told = f"Data processing error: HTTP status client error ({code} Some reason) for url (https://store/x)"
    with pytest.raises(DownloadError, match=f"^ann/art could not be fetched: {words}"), explained("ann/art", None):
        raise ConnectionError(told)


def test_what_has_been_downloaded_is_not_downloaded_again(tmp_path: Path, hub: LocalHub) -> None:
    (tmp_path / "monet.pth").write_bytes(b"all of it")
    assert fetch_url(f"{hub.address}/store/plain/monet.pth", tmp_path / "monet.pth").read_bytes() == b"all of it"
    assert hub.requests == []
