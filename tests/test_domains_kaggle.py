"""Datasets of Kaggle that are broken, come in versions, or have no place here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_kaggle import Bundle, LocalKaggle, zipped
from test_domains_packed import picture, pictures

from copyart.domains import find_domain
from copyart.errors import DownloadError


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


def test_a_broken_archive_of_a_competition_is_said_in_one_line_and_not_used_again(kaggle: LocalKaggle) -> None:
    good = zipped({"monet_jpg/0.jpg": picture(0)})
    kaggle.bundles["gan"] = Bundle({1: b"x" * len(good)})
    with pytest.raises(DownloadError, match=r"^gan could not be fetched: ") as raised:
        find_domain("kaggle:competitions/gan/monet_jpg")
    assert "\n" not in str(raised.value)
    kaggle.bundles["gan"] = Bundle({1: good})
    assert pictures("kaggle:competitions/gan/monet_jpg") == [picture(0)]


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
