"""What is remembered of pictures that were looked at, and what is said before many are."""

import logging
import sqlite3
from pathlib import Path

import pytest
from PIL import Image
from test_domains_packed import picture

from copyart.domains import Listing, clean
from copyart.downloads import cache_folder


def test_a_memory_of_pictures_of_another_form_is_as_good_as_none(tmp_path: Path) -> None:
    paths = [tmp_path / f"{mark}.jpg" for mark in range(3)]
    for path, data in zip(paths, map(picture, range(3)), strict=True):
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
