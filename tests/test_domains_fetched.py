"""Domains from the Hugging Face Hub and Kaggle: fetched once, verified, and used from then on without a network."""

import io
import json
import logging
import re
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Run
from local_hub import MAIN, LocalHub, Repo
from local_kaggle import Bundle, LocalKaggle, zipped
from PIL import Image
from runs import TOML, make_domain

from copyart.domains import clean, find_domain
from copyart.downloads import cache_folder
from copyart.errors import CopyartError, DomainError, DownloadError, MissingExtraError

OLD = "2" * 40
MONET = "hf:ann/monet2photo"
PINNED = f"{MONET}@{MAIN}"
TEST, TRAIN = "data/test-00000-of-00001.parquet", [f"data/train-0000{i}-of-00002.parquet" for i in range(2)]
Notices = Callable[[], list[str]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Twenty small pictures, as PNG files."""
    folder = make_domain(tmp_path_factory.mktemp("made") / "pictures", 20)
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the Hub's library, which reads HF_HOME once."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def notices(caplog: pytest.LogCaptureFixture) -> Notices:
    """What has been told until now."""
    caplog.set_level(logging.INFO, logger="copyart")
    return lambda: [record.getMessage() for record in caplog.records]


def parquet(artists: Sequence[int] = (), **columns: Sequence[bytes]) -> bytes:
    """A parquet file of pictures as the Hub has them, and which of two artists each is by."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({n: pa.array([{"bytes": d, "path": None} for d in c], kind) for n, c in columns.items()})
    features: dict[str, object] = {name: {"_type": "Image"} for name in columns}
    if artists:
        table = table.append_column("artist", pa.array(artists, pa.int64()))
        features["artist"] = {"names": ["boris-kustodiev", "claude-monet"], "_type": "ClassLabel"}
    file = io.BytesIO()
    metadata = json.dumps({"info": {"features": features}})
    pq.write_table(table.replace_schema_metadata({"huggingface": metadata}), file)
    return file.getvalue()


@pytest.fixture
def monet(hub: LocalHub, pictures: list[bytes]) -> Repo:
    """As huggan/monet2photo: four paintings again and again beside twelve photos, and two of each to test."""
    files = {"README.md": b"monet", TEST: parquet(imageA=pictures[16:18], imageB=pictures[18:20])}
    for name, photos in zip(TRAIN, (pictures[4:10], pictures[10:16]), strict=True):
        files[name] = parquet(imageA=(pictures[:4] * 2)[:6], imageB=photos)
    hub.repos["datasets/ann/monet2photo"] = Repo(files, card={"license": "cc0-1.0"})
    return hub.repos["datasets/ann/monet2photo"]


def held(source: str) -> list[bytes]:
    """The pictures of a domain."""
    return [path.read_bytes() for path in find_domain(source).paths]


def files_asked(hub: LocalHub) -> set[str]:
    """Which files were fetched."""
    return {request.split("/", 4)[4].split()[0] for request in hub.requests if request.startswith("GET store/")}


def test_a_painting_that_repeats_from_row_to_row_comes_once(monet: Repo, pictures: list[bytes]) -> None:
    found = find_domain(f"{MONET}:train:imageA")
    assert [path.read_bytes() for path in found.paths] == pictures[:4]
    assert (found.repeats, {path.suffix for path in found.paths}) == (8, {".png"})
    photos = find_domain(f"{MONET}:train:imageB")
    assert [path.read_bytes() for path in photos.paths] == pictures[4:16]
    assert photos.repeats == 0


@pytest.mark.parametrize(
    ("split", "expected", "files"),
    [
        ("train", range(4), {*TRAIN}),
        ("test", (16, 17), {TEST}),
        ("all", (16, 17, 0, 1, 2, 3), {TEST, *TRAIN}),
        ("", range(4), {*TRAIN}),
    ],
)
def test_of_the_splits_that_is_fetched_which_is_asked_for(
    hub: LocalHub, monet: Repo, pictures: list[bytes], split: str, expected: Sequence[int], files: set[str]
) -> None:
    assert held(f"{MONET}:{split}:imageA") == [pictures[i] for i in expected]
    assert files_asked(hub) == files


def test_without_a_split_and_a_train_split_all_is_taken(hub: LocalHub, pictures: list[bytes]) -> None:
    hub.repos["datasets/ann/art"] = Repo({"data/full-00000-of-00001.parquet": parquet(image=pictures)})
    assert held("hf:ann/art") == held("hf:ann/art::image") == pictures


@pytest.mark.parametrize("revision", ["old", OLD, "refs/convert/parquet"])
def test_a_revision_is_another_domain(monet: Repo, pictures: list[bytes], revision: str) -> None:
    monet.revisions |= {revision: OLD, OLD: OLD}
    found = find_domain(f"{MONET}@{revision}:train:imageA")
    assert f"https://huggingface.co/datasets/ann/monet2photo at {OLD}, licence: cc0-1.0" in found.origin
    assert find_domain(f"{MONET}:train:imageA").origin.count(MAIN) == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{MONET}:dev:imageA", "ann/monet2photo has no pictures of 'dev' that copyart can read; see https://hugg"),
        (f"{MONET}:train:imageC", "no column 'imageC' of pictures; choose imageA or imageB, after the split"),
        (
            f"{MONET}:train",
            "several columns of pictures; choose imageA or imageB, after the split, as in :train:imageA",
        ),
        (f"{MONET}:train:imageA?year=1", "has no column 'year'; there are imageA, imageB"),
        (f"{MONET}:train:imageA?&", "'&' cannot be read; give ?column=value"),
        ("hf:ann", "'hf:ann' cannot be read; give hf:owner/dataset"),
        ("hf:ann/none:train:image", "ann/none could not be fetched: the Hub knows no such repo; check the spelling"),
        (f"{MONET}@v7:train:imageA", "it has no revision v7; see https://huggingface.co/datasets/ann/monet2photo/com"),
        ("hf:ann/ti--ny", "that is no id of the Hub; ids look like owner/name"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(monet: Repo, source: str, words: str) -> None:
    with pytest.raises(CopyartError) as raised:
        find_domain(source)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not list((cache_folder() / "domains").glob("*"))


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_dataset_names_the_page_with_its_terms(monet: Repo, status: int, listed: bool) -> None:
    monet.error, monet.listed = (status, "GatedRepo"), listed
    with pytest.raises(DownloadError, match=r"accept its terms on https://huggingface.co/datasets/ann/monet2photo, "):
        find_domain(f"{MONET}:train:imageA")


@pytest.mark.parametrize("source", ["hf:ann/art:train:image", "hf:ann/art:train", "hf:ann/art"])
@pytest.mark.parametrize("artist", ["claude-monet", "Claude Monet", "monet", "1"])
def test_rows_are_chosen_by_name_or_number_of_a_class(
    hub: LocalHub, pictures: list[bytes], source: str, artist: str
) -> None:
    artists = [i % 2 for i in range(len(pictures))]
    hub.repos["datasets/ann/art"] = Repo({"data/train.parquet": parquet(artists, image=pictures)})
    assert held(f"{source}?artist={artist}") == pictures[1::2]


def test_a_value_that_no_class_has_names_those_there_are(hub: LocalHub, pictures: list[bytes]) -> None:
    hub.repos["datasets/ann/art"] = Repo({"data/train.parquet": parquet([0] * 20, image=pictures)})
    with pytest.raises(
        DomainError, match="artist 'manet' is none of the 2 that there are, such as boris-kustodiev, cl"
    ):
        find_domain("hf:ann/art?artist=manet")
    with pytest.raises(DomainError, match="no row has artist 'claude-monet'"):
        find_domain("hf:ann/art?artist=claude-monet")


@pytest.fixture
def sharded(hub: LocalHub, pictures: list[bytes]) -> Repo:
    """Three shards; of the second artist there are pictures in the middle one only."""
    artists = [[0] * 5, [0, 1, 1, 0, 1], [0] * 5]
    shards = [parquet(of, image=pictures[5 * i : 5 * i + 5]) for i, of in enumerate(artists)]
    hub.repos["datasets/ann/art"] = Repo({f"data/train-0000{i}-of-00003.parquet": shards[i] for i in range(3)})
    return hub.repos["datasets/ann/art"]


def fetched_whole(hub: LocalHub) -> set[str]:
    """The shards that were asked for without a range."""
    return {found[1] for line in hub.requests if (found := re.fullmatch(r"GET store/\S+/train-0000(\d)\S+", line))}


def test_only_shards_that_hold_rows_that_are_wanted_are_fetched(
    hub: LocalHub, sharded: Repo, pictures: list[bytes]
) -> None:
    assert held("hf:ann/art:train:image?artist=monet") == [pictures[i] for i in (6, 7, 9)]
    assert fetched_whole(hub) == {"1"}


@pytest.mark.parametrize(("rows", "words"), [("artist=manet", "is none of the 2"), ("year=1872", "no column 'year'")])
def test_rows_that_no_shard_has_are_refused_before_any_is_fetched(
    hub: LocalHub, sharded: Repo, rows: str, words: str
) -> None:
    with pytest.raises(DomainError, match=words):
        find_domain(f"hf:ann/art?{rows}")
    sharded.files = {name: parquet([0] * 5, image=[b""] * 5) for name in sharded.files}
    with pytest.raises(DomainError, match="ann/art: no row has artist 'monet'"):
        find_domain("hf:ann/art?artist=monet")
    assert fetched_whole(hub) == set()


def test_where_shards_cannot_be_looked_into_all_are_fetched(
    hub: LocalHub, sharded: Repo, pictures: list[bytes]
) -> None:
    sharded.ranges = False
    assert held("hf:ann/art:train:image?artist=monet") == [pictures[i] for i in (6, 7, 9)]
    assert fetched_whole(hub) == {"0", "1", "2"}


@pytest.fixture
def folders(hub: LocalHub, pictures: list[bytes]) -> Repo:
    """Pictures as they are, in folders; enough of them in one that they are asked for together."""
    names = (
        [f"train/monet/{i}.png" for i in range(3)] + [f"train/manet/{i}.jpg" for i in range(3)] + ["test/monet/0.png"]
    )
    files = {name: pictures[i] for i, name in enumerate(names)} | {"README.md": b"art"}
    many = {f"many/a [b] *#%20é/{i}.png": b"%d" % i for i in range(100)}
    hub.repos["datasets/ann/art"] = Repo(files | many | {"many/a [b] *#%20é.png": b"a", "many/ab/0.png": b"b"})
    return hub.repos["datasets/ann/art"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hf:ann/art:train:monet", (0, 1, 2)),
        ("hf:ann/art:train:train/monet/", (0, 1, 2)),
        ("hf:ann/art:all:monet", (6, 0, 1, 2)),
        ("hf:ann/art:train", (3, 4, 5, 0, 1, 2)),
        ("hf:ann/art", (3, 4, 5, 0, 1, 2)),
    ],
)
def test_a_dataset_that_is_a_folder_of_pictures_is_taken_by_its_folders(
    hub: LocalHub, folders: Repo, pictures: list[bytes], hub_cache: Path, source: str, expected: Sequence[int]
) -> None:
    found = find_domain(source)
    assert [path.read_bytes() for path in found.paths] == [pictures[i] for i in expected]
    assert all(path.is_relative_to(hub_cache) for path in found.paths)
    hub.requests.clear()
    assert (find_domain(source), hub.requests) == (found, [])


def test_many_pictures_come_with_few_patterns(folders: Repo) -> None:
    assert sorted(held("hf:ann/art:all:many/a [b] *#%20é"), key=int) == [b"%d" % i for i in range(100)]


def test_pictures_that_the_hubs_library_has_dropped_are_fetched_again(
    folders: Repo, pictures: list[bytes], hub_cache: Path
) -> None:
    assert held("hf:ann/art:train:monet") == pictures[:3]
    shutil.rmtree(hub_cache)
    assert held("hf:ann/art:train:monet") == pictures[:3]


def test_a_dataset_of_archives_is_unpacked_by_its_folders(hub: LocalHub, pictures: list[bytes]) -> None:
    train = {f"train/{name}/{i}.png": pictures[at + i] for name, at in (("monet", 0), ("photo", 3)) for i in range(3)}
    test = {"monet/0.png": pictures[9], "photo/0.png": pictures[10]}
    archives = {"data/train.zip": zipped(train), "data/test.zip": zipped(test)}
    hub.repos["datasets/ann/art"] = Repo(archives)
    assert held("hf:ann/art:train:monet") == pictures[:3]
    assert held("hf:ann/art:test:photo") == pictures[10:11]
    assert held("hf:ann/art") == pictures[:6]
    with pytest.raises(DomainError, match="hf:ann/art:train:manet holds no pictures"):
        find_domain("hf:ann/art:train:manet")
    with pytest.raises(DomainError, match="ann/art has no columns to choose rows by: it holds no parquet files"):
        find_domain("hf:ann/art:train:monet?artist=1")


def test_what_was_fetched_once_is_found_without_a_request(hub: LocalHub, monet: Repo) -> None:
    found = find_domain(f"{MONET}:train:imageA")
    hub.requests.clear()
    assert (find_domain(f"{MONET}:train:imageA"), hub.requests) == (found, [])


@pytest.mark.slow
def test_of_two_that_want_the_same_at_the_same_time_one_fetches(copyart: Run, hub: LocalHub, monet: Repo) -> None:
    with ThreadPoolExecutor() as both:
        done = list(both.map(lambda _: copyart("domains", f"{MONET}:train:imageA", "--download"), range(2)))
    assert [one.returncode for one in done] == [0, 0]
    assert [one.stderr.count("fetching") for one in done].count(1) == 1
    assert len([request for request in hub.requests if request.startswith("GET store/")]) == len(TRAIN)


def test_a_commit_in_the_cache_of_the_hubs_library_is_unpacked_without_a_request(
    hub: LocalHub, monet: Repo, pictures: list[bytes]
) -> None:
    assert held(f"{PINNED}:train:imageA") == pictures[:4]
    shutil.rmtree(cache_folder())
    hub.requests.clear()
    assert (held(f"{PINNED}:train:imageA"), hub.requests) == (pictures[:4], [])
    assert (held(f"{PINNED}:train:imageB"), hub.requests) == (pictures[4:16], [])


def put_into_cache(*names: str) -> list[Path]:
    """Fetches files as other programs do."""
    from huggingface_hub import hf_hub_download

    return [Path(hf_hub_download("ann/monet2photo", name, repo_type="dataset", revision=MAIN)) for name in names]


def test_what_other_programs_fetched_is_used_if_all_of_it_is_there(
    hub: LocalHub, monet: Repo, pictures: list[bytes]
) -> None:
    put_into_cache(*TRAIN)
    hub.requests.clear()
    assert (held(f"{PINNED}:train:imageA"), hub.requests) == (pictures[:4], [])


def test_of_a_set_of_shards_what_is_missing_is_fetched(hub: LocalHub, monet: Repo, pictures: list[bytes]) -> None:
    put_into_cache(TRAIN[0])
    hub.requests.clear()
    assert held(f"{PINNED}:train:imageB") == pictures[4:16]
    assert files_asked(hub) == {TRAIN[1]}


@pytest.mark.parametrize(("there", "split", "expected"), [([TEST], "", range(4)), (TRAIN, "all", (16, 17, 0, 1, 2, 3))])
def test_one_split_in_the_cache_does_not_stand_for_others(
    monet: Repo, pictures: list[bytes], there: list[str], split: str, expected: Sequence[int]
) -> None:
    put_into_cache(*there)
    assert held(f"{PINNED}:{split}:imageA") == [pictures[i] for i in expected]


def test_a_file_that_was_damaged_in_the_cache_is_never_used(monet: Repo, pictures: list[bytes]) -> None:
    shard = put_into_cache(*TRAIN)[1].resolve()
    shard.write_bytes(shard.read_bytes()[:-100] + bytes(100))
    with pytest.raises(
        DownloadError, match=r"train-00001-of-00002\.parquet is not what the Hub promised; it was remov"
    ):
        find_domain(f"{PINNED}:train:imageA")
    assert held(f"{PINNED}:train:imageA") == pictures[:4]


@pytest.mark.parametrize("license_", ["cc0-1.0", ["cc0-1.0"]])
def test_before_it_fetches_it_says_how_much_where_from_where_to_and_which_licence(
    monet: Repo, hub_cache: Path, notices: Notices, license_: object
) -> None:
    monet.card = {"license": license_}
    monet.files[TRAIN[0]] += bytes(2_000_000)
    with pytest.raises(DomainError, match="cut short or damaged"):
        find_domain(f"{MONET}:train:imageA")
    (notice,) = notices()
    what, _, where = notice.partition(", from ")
    assert re.fullmatch(r"ann/monet2photo: fetching 2(\.\d)? MB in 2 files, licence: cc0-1\.0", what)
    assert where == f"https://huggingface.co/datasets/ann/monet2photo into {hub_cache}"


def test_what_is_in_the_cache_is_not_announced(monet: Repo, notices: Notices) -> None:
    put_into_cache(TRAIN[0])
    find_domain(f"{PINNED}:train:imageB")
    assert "in 1 files" in notices()[0]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries keep what arrived in chunks of some megabytes; here in smaller ones."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 500)
    monkeypatch.setattr("kagglehub.clients.CHUNK_SIZE", 500)


@pytest.mark.usefixtures("small_chunks")
def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: LocalHub, monet: Repo, pictures: list[bytes]) -> None:
    monet.cut = 1000
    assert held(f"{MONET}:test:imageA") == pictures[16:18]
    assert f"GET store/datasets/ann/monet2photo/{TEST} bytes=1000-" in hub.requests


def test_a_download_that_failed_leaves_nothing_that_the_next_try_would_use(
    monet: Repo, pictures: list[bytes], hub_cache: Path
) -> None:
    monet.cut, monet.cut_error = 1000, (503, "")
    with pytest.raises(
        DownloadError, match="ann/monet2photo could not be fetched: the Hub answered 503; try again lat"
    ):
        find_domain(f"{MONET}:test:imageA")
    assert not list(hub_cache.rglob("*.parquet"))
    monet.error = None
    assert held(f"{MONET}:test:imageA") == pictures[16:18]


def test_a_file_with_another_hash_than_the_hub_promised_is_removed(
    monet: Repo, pictures: list[bytes], hub_cache: Path
) -> None:
    monet.etag = "0" * 64
    with pytest.raises(DownloadError, match=rf"what arrived of {TEST} is not what the Hub promised; it was removed"):
        find_domain(f"{MONET}:test:imageA")
    assert not list(hub_cache.rglob("*.parquet"))
    assert not list((cache_folder() / "domains").glob("*"))
    monet.etag = ""
    assert held(f"{MONET}:test:imageA") == pictures[16:18]


def test_a_parquet_file_that_is_cut_short_on_the_hub_is_named(monet: Repo) -> None:
    monet.files[TEST] = monet.files[TEST][:-1000]
    with pytest.raises(DomainError, match=r"test-00000-of-00001\.parquet is cut short or damaged: ") as raised:
        find_domain(f"{MONET}:test:imageA")
    assert "\n" not in str(raised.value)
    assert not list((cache_folder() / "domains").glob("*"))


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Writes the user's table of domains."""
    monkeypatch.setenv("COPYART_CONFIG", str(tmp_path))
    return (tmp_path / "domains.toml").write_text


def test_a_name_of_ones_own_finds_its_source(
    monet: Repo, pictures: list[bytes], mine: Callable[[str], object], notices: Notices
) -> None:
    monet.card = {}
    mine(f'[mine]\nsource = "{MONET}:train:imageA"\ntitle = "My Monets"\nlicense = "CC0"\n')
    found = find_domain("mine")
    assert [path.read_bytes() for path in found.paths] == pictures[:4]
    assert found.name == "mine"
    assert found.origin == f"My Monets; https://huggingface.co/datasets/ann/monet2photo at {MAIN}, licence: CC0"
    assert "licence: CC0, from " in notices()[0]


def test_a_licence_is_known_of_what_was_in_the_cache_of_the_hubs_library(
    monet: Repo, mine: Callable[[str], object]
) -> None:
    put_into_cache(*TRAIN)
    mine(f'[mine]\nsource = "{PINNED}:train:imageA"\nlicense = "CC0"\n')
    assert find_domain("mine").origin.endswith("licence: CC0")
    assert find_domain(f"{PINNED}:train:imageB").origin.endswith("licence: not stated")


@pytest.mark.parametrize("first", ["hf:ann/none:train:image", "none"])
def test_the_sources_of_a_name_are_tried_in_turn(
    monet: Repo, pictures: list[bytes], mine: Callable[[str], object], first: str
) -> None:
    mine(f'[mine]\nsources = ["{first}", "{MONET}:test:imageA"]\n')
    assert held("mine") == pictures[16:18]


def test_of_the_sources_of_a_name_the_one_that_is_here_is_preferred(
    hub: LocalHub, monet: Repo, pictures: list[bytes], mine: Callable[[str], object]
) -> None:
    find_domain(f"{MONET}:test:imageA")
    hub.requests.clear()
    mine(f'[mine]\nsources = ["{MONET}:train:imageA", "{MONET}:test:imageA"]\n')
    assert (held("mine"), hub.requests) == (pictures[16:18], [])


def test_a_name_without_a_source_to_be_had_says_what_is_wrong_with_the_first(
    hub: LocalHub, mine: Callable[[str], object], notices: Notices
) -> None:
    mine('[mine]\nsources = ["hf:ann/one:train:image", "hf:ann/two:train:image"]\n')
    with pytest.raises(DownloadError, match="ann/one could not be fetched: the Hub knows no such repo"):
        find_domain("mine")
    assert notices()[0].endswith("; trying hf:ann/two:train:image")


def test_the_word_after_a_name_goes_into_its_source(
    hub: LocalHub, pictures: list[bytes], mine: Callable[[str], object]
) -> None:
    artists = [i % 2 for i in range(len(pictures))]
    hub.repos["datasets/ann/art"] = Repo({"data/train.parquet": parquet(artists, image=pictures)})
    mine('[paint]\nsource = "hf:ann/art:train:image?artist={}"\n')
    assert held("paint:claude-monet") == pictures[1::2]
    assert held("paint:boris-kustodiev") == pictures[::2]
    with pytest.raises(DomainError, match="paint: say which, as in paint:NAME"):
        find_domain("paint")


@pytest.mark.slow
def test_without_a_network_what_was_fetched_is_used_and_else_one_line_says_what_is_wrong(
    copyart: Run, monet: Repo
) -> None:
    wanted = ("domains", f"{MONET}:train:imageA", "--download")
    first = copyart(*wanted)
    assert first.returncode == 0, first.stderr
    for without, words in (
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids going online; unset it and try again"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "the network is down, or the server is; check the connection and try"),
    ):
        again = copyart(*wanted, **without)
        assert (again.returncode, again.stdout) == (0, first.stdout.replace("to go to", "kept in "))
        other = copyart("domains", f"{MONET}:test:imageA", "--download", **without)
        assert other.returncode == 1
        assert f"Error: ann/monet2photo could not be fetched: {words}" in other.stderr.splitlines()[-1]
        assert "Traceback" not in other.stderr


@pytest.mark.slow
def test_the_command_fetches_shows_and_draws_a_domain(copyart: Run, hub: LocalHub, tmp_path: Path) -> None:
    paintings = [path.read_bytes() for path in make_domain(tmp_path / "made", 5, size=(340, 300)).iterdir()]
    hub.repos["datasets/ann/art"] = Repo({"data/train-00000-of-00001.parquet": parquet(image=paintings * 2)})
    done = copyart("domains", "hf:ann/art:train:image")
    assert (done.returncode, hub.requests) == (0, [])
    assert "It is not here yet; --download fetches it" in done.stdout
    done = copyart("domains", "hf:ann/art:train:image", "--download")
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines() if line.startswith(("found", "exact", "kept  "))] == [
        *("10", "5", "5")
    ]
    assert re.match(r"ann/art: fetching .* MB in 1 files, licence: not stated, from https://hugg", done.stderr)
    hub.requests.clear()
    done = copyart("domains", "hf:ann/art:train:image", "--sheet", "sheet.png")
    assert (done.returncode, done.stderr, hub.requests) == (0, "", [])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 5 * 160
        assert len(sheet.getcolors(1 << 20) or []) > 1000


@pytest.mark.slow
def test_a_run_learns_from_the_hub_and_its_style_names_page_and_licence(
    copyart: Run, monet: Repo, tmp_path: Path
) -> None:
    (tmp_path / "run.toml").write_text(TOML)
    domains = ["--domain-a", make_domain(tmp_path / "photos", seed=1), "--domain-b", f"{MONET}:train:imageA"]
    done = copyart("train", *domains, "--steps", 2, "--config", "run.toml", "--device", "cpu", "--precision", "fp32")
    assert done.returncode == 0, done.stderr
    readme = (tmp_path / "runs" / "monet2photo" / "style" / "README.md").read_text()
    assert f"https://huggingface.co/datasets/ann/monet2photo at {MAIN}, licence: cc0-1.0" in readme


@pytest.fixture(scope="module")
def server() -> Iterator[LocalKaggle]:
    """Kaggle, on loopback."""
    started = LocalKaggle()
    yield started
    started.stop()


@pytest.fixture
def kaggle(server: LocalKaggle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalKaggle:
    """The same, empty, and found by kagglehub."""
    server.bundles.clear()
    server.requests.clear()
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in server.environment(tmp_path / "kaggle").items():
        monkeypatch.setenv(name, value)
    (tmp_path / "kaggle").mkdir()
    return server


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials."""
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_any")


@pytest.fixture
def art(kaggle: LocalKaggle, pictures: list[bytes]) -> Bundle:
    """A dataset in two versions: pictures of Monet, and of Dürer, twice."""
    names = ("Images/Claude_Monet", "Images/Albrecht_Dürer", "Images/Albrecht_Du╠êrer")
    files = {f"{name}/{i}.png": pictures[i + 3 * bool(at)] for at, name in enumerate(names) for i in range(3)}
    old = {"Images/Claude_Monet/0.png": pictures[9]}
    kaggle.bundles["ann/art"] = Bundle({1: zipped(old), 2: zipped(files | {"artists.csv": b"Monet"})})
    return kaggle.bundles["ann/art"]


def record(picture: bytes) -> bytes:
    """A record of a TFRecord file: a `tf.train.Example` that has a picture under `image`."""

    def message(tag: int, data: bytes) -> bytes:  # one field of a protocol buffer, shorter than 2 to the 21
        size = len(data)
        return bytes([tag << 3 | 2, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + data

    def checked(data: bytes) -> bytes:
        crc = google_crc32c.value(data)
        return data + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    entry = message(1, b"image") + message(2, message(1, message(1, picture)))
    example = message(1, message(1, entry))
    return checked(struct.pack("<Q", len(example))) + checked(example)


@pytest.fixture
def competition(kaggle: LocalKaggle, token: None, pictures: list[bytes]) -> Bundle:
    """A competition: pictures as files, and in TFRecords."""
    files = {f"monet_jpg/{i}.jpg": pictures[i] for i in range(4)}
    files |= {f"monet_tfrec/monet0{i}-2.tfrec": b"".join(map(record, pictures[i : i + 2])) for i in (0, 2)}
    kaggle.bundles["gan"] = Bundle({1: zipped(files)})
    return kaggle.bundles["gan"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("kaggle:ann/art/Images/Claude_Monet", [0, 1, 2]),
        ("kaggle:ann/art/Images/Claude_Monet/", [0, 1, 2]),
        ("kaggle:ann/art//Images/Claude_Monet//", [0, 1, 2]),
        ("kaggle:ann/art", [0, 1, 2, 3, 4, 5]),
        ("kaggle:ann/art/versions/2/Images", [0, 1, 2, 3, 4, 5]),
        ("kaggle:ann/art/versions/1", [9]),
        ("kaggle:ann/art/versions/1/Images/*", [9]),
    ],
)
def test_a_dataset_of_kaggle_is_taken_by_version_and_folder(
    kaggle: LocalKaggle, art: Bundle, pictures: list[bytes], source: str, expected: list[int]
) -> None:
    found = find_domain(source)
    assert {path.read_bytes() for path in found.paths} == {pictures[i] for i in expected}
    assert found.origin == "https://www.kaggle.com/datasets/ann/art, licence: not stated"
    kaggle.requests.clear()
    assert (find_domain(source), kaggle.requests) == (found, [])


def test_a_folder_that_is_there_under_two_spellings_is_found_by_both_and_counted_once(
    art: Bundle, pictures: list[bytes]
) -> None:
    found = find_domain("kaggle:ann/art/Images/Albrecht_D*rer")
    assert [path.read_bytes() for path in found.paths] == pictures[3:6] * 2
    assert clean(found, least=20).counts()["exact repeats"] == 3


@pytest.mark.parametrize("folder", ["monet_jpg", "monet_tfrec"])
def test_the_data_of_a_competition_come_as_files_or_as_tfrecords(
    kaggle: LocalKaggle, competition: Bundle, pictures: list[bytes], folder: str
) -> None:
    assert held(f"kaggle:competitions/gan/{folder}") == pictures[:4]
    assert kaggle.requests == ["DownloadDataFiles gan", "GET gan"]
    kaggle.requests.clear()
    assert (held("kaggle:competitions/gan/monet_jpg"), kaggle.requests) == (pictures[:4], [])


def test_what_is_here_of_kaggle_needs_neither_its_library_nor_credentials(
    kaggle: LocalKaggle, competition: Bundle, monkeypatch: pytest.MonkeyPatch, pictures: list[bytes]
) -> None:
    find_domain("kaggle:competitions/gan/monet_jpg")
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert held("kaggle:competitions/gan/monet_jpg") == pictures[:4]


def test_without_its_library_kaggle_says_how_to_install_it(art: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(MissingExtraError, match="art, from Kaggle, needs kagglehub, not installed here: pip install"):
        find_domain("kaggle:ann/art/Images")


def test_a_folder_that_is_not_there_names_those_at_the_top(art: Bundle) -> None:
    with pytest.raises(DomainError, match=r"datasets/ann/art has no folder 'images'; at its top there is Images, art"):
        find_domain("kaggle:ann/art/images")


@pytest.mark.parametrize("folder", ["**Monet", "Images/**Monet", "\0"])
def test_a_folder_that_nothing_can_have_is_refused_in_one_line(art: Bundle, folder: str) -> None:
    with pytest.raises(DomainError) as raised:
        find_domain(f"kaggle:ann/art/{folder}")
    assert repr(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("source", ["kaggle:art", "kaggle:", "kaggle:ann/a.rt"])
def test_what_is_no_address_on_kaggle_is_refused_without_a_request(kaggle: LocalKaggle, source: str) -> None:
    with pytest.raises(
        DomainError, match=r"cannot be read; give kaggle:owner/dataset\[/folder\] or kaggle:competition"
    ):
        find_domain(source)
    assert kaggle.requests == []


def test_before_kaggle_is_asked_it_is_said_what_and_where(art: Bundle, tmp_path: Path, notices: Notices) -> None:
    find_domain("kaggle:ann/art/Images")
    find_domain("kaggle:ann/art/Images")
    assert notices() == [
        "ann/art: fetching, size and licence not known, from https://www.kaggle.com/datasets/ann/art into "
        f"{tmp_path}/kaggle/kagglehub"
    ]


def test_a_name_for_a_folder_on_kaggle_knows_its_size_and_licence(
    art: Bundle, pictures: list[bytes], mine: Callable[[str], object], notices: Notices
) -> None:
    mine('[mine]\nsource = "kaggle:ann/art/Images/Claude_Monet"\nlicense = "CC0"\nmegabytes = 2300\n')
    assert held("mine") == pictures[:3]
    assert notices()[0].startswith("ann/art: fetching, 2,300 MB, licence: CC0, from ")
    assert find_domain("mine").origin == "mine; https://www.kaggle.com/datasets/ann/art, licence: CC0"


def test_a_competition_wants_credentials(
    kaggle: LocalKaggle, competition: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    with pytest.raises(
        DownloadError, match=r"make a token on https://www.kaggle.com/settings/api, and set KAGGLE_API_TOK"
    ):
        find_domain("kaggle:competitions/gan/monet_jpg")
    assert kaggle.requests == []


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("ann/art/Images", 401, "Kaggle asks who you are; make a token on https://www.kaggle.com/settings/api, and"),
        ("ann/art/Images", 403, "you may not have it; see https://www.kaggle.com/datasets/ann/art, where it may ask"),
        ("ann/art/Images", 404, "Kaggle knows no https://www.kaggle.com/datasets/ann/art; check the spelling"),
        ("ann/art/Images", 429, "Kaggle has had too many requests from here; try again in some minutes"),
        ("ann/art/Images", 503, "Kaggle answered 503; try again later"),
        ("ann/art/versions/7/Images", 0, "Kaggle knows no https://www.kaggle.com/datasets/ann/art; check the spelling"),
        ("competitions/gan/monet_jpg", 401, "make a token on https://www.kaggle.com/settings/api"),
        (
            "competitions/gan/monet_jpg",
            403,
            "rules of the competition on https://www.kaggle.com/competitions/gan/rules",
        ),
        ("competitions/gan/monet_jpg", 404, "Kaggle knows no https://www.kaggle.com/competitions/gan; check the spe"),
    ],
)
def test_what_kaggle_refuses_is_said_in_words(
    art: Bundle, competition: Bundle, source: str, status: int, words: str
) -> None:
    art.error = competition.error = status
    with pytest.raises(DownloadError) as raised:
        find_domain(f"kaggle:{source}")
    assert "could not be fetched: " in str(raised.value)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_archive_with_another_hash_than_kaggle_promised_is_removed(
    art: Bundle, pictures: list[bytes], tmp_path: Path
) -> None:
    art.md5 = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(
        DownloadError, match=r"ann/art could not be fetched: what arrived is damaged; it was removed\. T"
    ):
        find_domain("kaggle:ann/art/Images/Claude_Monet")
    assert not [path for path in (tmp_path / "kaggle").rglob("*") if path.is_file()]
    art.md5 = ""
    assert held("kaggle:ann/art/Images/Claude_Monet") == pictures[:3]


def test_a_broken_archive_is_said_in_one_line_and_not_used_again(art: Bundle, pictures: list[bytes]) -> None:
    good = art.archives[2]
    art.archives[2] = b"x" * len(good)
    with pytest.raises(DownloadError, match="ann/art could not be fetched: ") as raised:
        find_domain("kaggle:ann/art/Images/Claude_Monet")
    assert "\n" not in str(raised.value)
    art.archives[2] = good
    assert held("kaggle:ann/art/Images/Claude_Monet") == pictures[:3]


@pytest.mark.usefixtures("small_chunks")
def test_a_download_from_kaggle_that_broke_off_goes_on_with_the_next_try(
    kaggle: LocalKaggle, art: Bundle, pictures: list[bytes]
) -> None:
    art.cut = 1000
    with pytest.raises(DownloadError, match="ann/art could not be fetched: the network is down, or Kaggle is; check"):
        find_domain("kaggle:ann/art/Images/Claude_Monet")
    assert held("kaggle:ann/art/Images/Claude_Monet") == pictures[:3]
    assert kaggle.requests[-1] == "GET ann/art bytes=1000-"


def test_kaggle_that_is_down_is_said_in_one_line(art: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="the network is down, or Kaggle is; check the connection and try again"):
        find_domain("kaggle:ann/art/Images")


@pytest.mark.parametrize("shown", [True, False])
def test_bars_are_drawn_where_they_are_wanted_and_else_nothing(
    monet: Repo, art: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: bool
) -> None:
    find_domain("kaggle:ann/art/Images", progress=shown)
    kaggle = capsys.readouterr()
    monkeypatch.delenv("http_proxy")
    find_domain(f"{MONET}:test:imageA", progress=shown)
    hub = capsys.readouterr()
    assert (kaggle.out, hub.out) == ("", "")
    assert ["%" in kaggle.err, "%" in hub.err] == [shown, shown]
    assert shown or (kaggle.err, hub.err) == ("", "")


@pytest.mark.slow
def test_the_command_says_of_kaggle_what_it_says_of_others_and_no_more(copyart: Run, art: Bundle, token: None) -> None:
    done = copyart("domains", "kaggle:ann/art/Images", "--download")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("to go to   ")
    assert "found" in done.stdout
    assert "kagglehub`" not in done.stdout
    assert done.stderr.splitlines()[0].startswith("ann/art: fetching, size and licence not known, from https://www.kag")
    assert not [line for line in done.stderr.splitlines()[1:] if not line.startswith("too small")]
