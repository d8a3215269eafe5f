"""Files are whole or not there."""

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from limits import small_disk

from copyart.files import reason, remove_leftovers, sha256_of, whole_file, write_whole


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    for data in (b"first", b"second"):
        write_whole(tmp_path / "x", data)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": data}


def test_a_file_that_does_not_fit_leaves_the_old_one_and_no_rest(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(OSError, match="File too large"), small_disk():
        write_whole(tmp_path / "x", bytes(2000))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"old"}


def test_a_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "x", b"data")
    assert [path.name for path in tmp_path.rglob("*")] == ["x"]


def test_a_link_is_replaced_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "original").write_bytes(b"original")
    (tmp_path / "link").symlink_to(tmp_path / "original")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "original").read_bytes() == b"original"
    assert (tmp_path / "link").read_bytes() == b"new"


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_file_has_the_rights_that_the_user_wants(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    write_whole(tmp_path / "x", b"")
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o666 & ~umask


def test_only_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    for name in (".copyart-old.part", ".copyart-new.part", "x.part", ".copyart-x"):
        (tmp_path / name).write_bytes(b"")
        if "new" not in name:
            os.utime(tmp_path / name, (0, 0))
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".copyart-new.part", "x.part", ".copyart-x"}


def test_where_nothing_can_be_removed_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / ".copyart-x.part").mkdir()
    os.utime(tmp_path / ".copyart-x.part", (0, 0))
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / ("x" * 300)):
        remove_leftovers(folder)
    assert [path.name for path in tmp_path.iterdir()] == [".copyart-x.part"]


def test_the_hash_is_sha256(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "x").write_bytes(data)
    assert sha256_of(tmp_path / "x") == sha256(data).hexdigest()


def test_reasons_are_words() -> None:
    assert reason(FileNotFoundError(2, "ENOENT")) == "there is no such file or folder"
    assert reason(OSError(28, "ENOSPC")) == "the disk is full; free some space and try again"
    assert reason(OSError(5, "Input/output error")) == "Input/output error"
    assert reason(OSError("something else")) == "something else"


def test_what_fails_does_not_take_the_folder_from_what_is_written_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "out"
    failing = whole_file(folder / "a")
    failing.__enter__()
    with whole_file(folder / "b") as part:
        failing.__exit__(OSError, OSError(), None)
        part.write_bytes(b"b")
    assert [path.name for path in folder.iterdir()] == ["b"]


def test_a_folder_that_was_made_is_gone_once_all_that_was_to_go_there_has_failed(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "out"
    first, second = whole_file(folder / "a"), whole_file(folder / "b")
    for each in (first, second):
        each.__enter__().write_bytes(b"half")
    for each in (first, second):
        assert folder.is_dir()
        each.__exit__(OSError, OSError(), None)
    assert list(tmp_path.iterdir()) == []
