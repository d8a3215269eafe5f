"""Datasets of the Hub that are in its cache in part, as plain copies, or too large for the disk."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_hub import LocalHub, Repo
from test_domains_packed import STRUCT, picture, pictures

from copyart.domains import find_domain
from copyart.errors import DownloadError


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the Hub's library."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def parquet(mark: int) -> bytes:
    file = io.BytesIO()
    array = pa.array([{"bytes": picture(mark), "path": None}], STRUCT)
    pq.write_table(pa.table({"image": array}), file)
    return file.getvalue()


def test_a_file_that_is_no_shard_in_the_cache_may_not_be_all_and_the_hub_is_asked(
    hub: LocalHub, hub_cache: Path
) -> None:
    from huggingface_hub import hf_hub_download

    files = {f"train-{n}.parquet": parquet(mark) for n, mark in (("a", 0), ("b", 1))}
    hub.repos["datasets/ann/two"] = Repo(files)
    hf_hub_download("ann/two", "train-a.parquet", repo_type="dataset")
    assert pictures("hf:ann/two") == [picture(0), picture(1)]


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
