"""Folders, archives, TFRecords, parquet files and lists become pictures."""

import gzip
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from limits import unprivileged
from PIL import Image

from copyart.domains import absolute, find_domain, short_name
from copyart.domains.parquet import unpack_parquet
from copyart.domains.unpacking import Unpacking
from copyart.errors import DomainError

ARCHIVES = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".ZIP"]
PACKED = [*ARCHIVES, ".tfrec", ".tfrec.gz", ".TFRECORDS", ".parquet", ".PARQUET"]
CLIMBING = ["../x.jpg", "/abs/x.jpg", "C:\\x.jpg", "a/../../x.jpg", "..\\x.jpg", "//host/x.jpg", "\\\\host\\x.jpg"]
REAL = os.environ.get("COPYART_TEST_TFRECORDS", "")  # a folder of monet_tfrec files of Kaggle's gan-getting-started
Members = Mapping[str, bytes]


@cache
def picture(mark: int, kind: str = "JPEG") -> bytes:
    """Noise, other for each mark."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(mark).integers(0, 256, (8, 8, 3), np.uint8)).save(file, kind)
    return file.getvalue()


def some(marks: Iterable[int]) -> dict[str, bytes]:
    return {f"{mark:03d}.jpg": picture(mark) for mark in marks}


def packed(path: Path, members: Members) -> Path:
    """A file of pictures, of the kind that its name says."""
    name = path.name.lower()
    if name.endswith(".parquet"):
        return table(path, image=pa.array([{"bytes": members[key], "path": key} for key in members], STRUCT))
    if ".tfrec" in name:
        return records(path, [example(image=data, image_name=key.encode()) for key, data in members.items()])
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
            for key, data in members.items():
                zipped.writestr(key, data)
        return path
    form = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{form}") as archive:  # type: ignore[call-overload]
        for key, data in members.items():
            info = tarfile.TarInfo(key)
            info.size, info.type = len(data), tarfile.DIRTYPE if key.endswith("/") else tarfile.REGTYPE
            archive.addfile(info, io.BytesIO(data))
    return path


def pictures(source: object) -> list[bytes]:
    return [path.read_bytes() for path in find_domain(str(source)).paths]


def refusal(source: object) -> str:
    """What a domain is refused with: one line."""
    with pytest.raises(DomainError) as caught:
        find_domain(str(source))
    assert str(caught.value).isprintable()
    return str(caught.value)


def kept() -> list[Path]:
    """What lies in the cache's folder of domains."""
    return sorted(Path(os.environ["COPYART_CACHE"]).glob("domains/*"))


def heads(path: Path) -> list[int]:
    """Where the members of an archive begin."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as zipped:
            return [info.header_offset for info in zipped.infolist()]
    if path.suffix == ".tar":
        with tarfile.open(path) as archive:
            return [info.offset for info in archive]
    return []


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 16
    return bytes(changed)


def test_a_cache_that_may_only_be_read_is_used(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CACHE", str(public / "cache"))
    archive = packed(public / "a.zip", some(range(3)))
    once = find_domain(str(archive))
    with unprivileged():
        assert find_domain(str(archive)) == once
    (public / "b.zip").write_bytes(archive.read_bytes())
    with unprivileged(), pytest.raises(DomainError, match=r"b\.zip cannot be kept in \S+/domains: permission denied"):
        find_domain(str(public / "b.zip"))


def test_a_folder_is_searched_through_and_what_is_hidden_is_left_out(folder: Path) -> None:
    for name in (".hidden/x.jpg", "deep/.x.jpg", "notes.txt", "deep/notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(picture(0))
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    found = find_domain(str(folder))
    assert found.paths == sorted([*folder.glob("[0-9].jpg"), *folder.glob("deep/er/*.jpg")])
    assert (len(found.paths), len(kept())) == (12, 0)


@pytest.mark.parametrize("kind", PACKED)
def test_a_folder_of_packed_files_is_all_that_is_in_them(tmp_path: Path, kind: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    packed(tmp_path / f"0{kind}", some(range(2)))
    assert pictures(tmp_path) == [picture(0), picture(1)]
    packed(tmp_path / "deep" / f"1{kind}", some(range(1, 4)))
    packed(tmp_path / "deep" / f"2{kind}", some(range(4)))  # nothing but repeats
    assert pictures(tmp_path) == [picture(mark) for mark in range(4)]
    assert find_domain(str(tmp_path)).repeats == 5


@pytest.mark.parametrize("hidden", [".trash/x.zip", "__MACOSX/._x.zip", ".x.zip", "a/.b/x.zip"])
def test_packed_files_that_are_hidden_are_left_out(tmp_path: Path, hidden: str) -> None:
    (tmp_path / hidden).parent.mkdir(parents=True, exist_ok=True)
    packed(tmp_path / hidden, some([1]))
    packed(tmp_path / "seen.zip", some([0]))
    assert pictures(tmp_path) == [picture(0)]


@pytest.mark.parametrize("names", [[], ["notes.txt"], [".hidden.jpg", "deep/.x.jpg"], ["deep/notes.txt"]])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "deep").mkdir()
    for name in names:
        (tmp_path / name).touch()
    assert refusal(tmp_path).startswith(f"{tmp_path} holds no pictures; ")


@pytest.mark.parametrize("kind", PACKED)
def test_pictures_come_out_as_they_were_packed(tmp_path: Path, kind: str) -> None:
    names = ["a/b.jpg", "a/z.JPEG", "a1.jpg", "b.PNG", "z/b.jpg", "z/c.jpg", "Über (1).jpg"]
    data = [picture(0), picture(1), picture(2), picture(3, "PNG"), picture(4), picture(0), picture(5)]
    found = find_domain(str(packed(tmp_path / f"Zwei Bäume{kind}", dict(zip(names, data, strict=True)))))
    assert [path.read_bytes() for path in found.paths] == [*data[:5], data[6]]
    stems = [path.name.partition("-")[2] for path in found.paths]
    assert (stems, found.repeats) == (["b.jpg", "z.jpeg", "a1.jpg", "b.png", "b.jpg", "Über-1.jpg"], 1)


@pytest.mark.parametrize("kind", ARCHIVES[:3])
def test_what_is_in_an_archive_comes_in_the_order_of_names_without_what_systems_leave(
    tmp_path: Path, kind: str
) -> None:
    debris = ("__MACOSX/._a.jpg", "a/__MACOSX/b.jpg", "._a.jpg", ".DS_Store", ".git/a.jpg", "a/.b/c.jpg", "Thumbs.db")
    members = {"a/": b"", "dir.jpg/": b"", **dict.fromkeys(debris, picture(0)), "a.txt": b"?", **some([3, 1, 2])}
    assert pictures(packed(tmp_path / f"a{kind}", members)) == [picture(1), picture(2), picture(3)]


def test_links_in_archives_are_left_where_they_are(tmp_path: Path) -> None:
    tar, zip_ = packed(tmp_path / "a.tar", some([0])), packed(tmp_path / "a.zip", some([0]))
    soft, hard = tarfile.SYMTYPE, tarfile.LNKTYPE
    with tarfile.open(tar, "a") as archive:
        for name, target, kind in (
            *(("a.jpg", "000.jpg", soft), ("loop.jpg", "loop.jpg", soft), ("out.jpg", "/etc/passwd", soft)),
            *(("b.jpg", "000.jpg", hard), ("c.jpg", "../../x.jpg", hard), ("pipe.jpg", "", tarfile.FIFOTYPE)),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    with zipfile.ZipFile(zip_, "a") as zipped:
        for name in ("a.jpg", "loop.jpg"):
            link = zipfile.ZipInfo(name)
            link.create_system, link.external_attr = 3, 0o120777 << 16
            zipped.writestr(link, "loop.jpg")
    assert pictures(tar) == pictures(zip_) == [picture(0)]


@pytest.mark.parametrize("member", CLIMBING)
@pytest.mark.parametrize("kind", [".zip", ".tar"])
def test_an_archive_that_names_places_outside_itself_is_refused(tmp_path: Path, kind: str, member: str) -> None:
    path = packed(tmp_path / f"a{kind}", {**some([0]), member: picture(9), "z.jpg": picture(3)})
    words = refusal(path)
    assert str(path) in words
    assert repr(member) in words
    assert [*kept(), *tmp_path.rglob("*.jpg"), *tmp_path.parent.glob("x.jpg")] == []


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind.islower()])
@pytest.mark.parametrize("spoil", ["cut", "flip"])
def test_damage_is_found_wherever_it_is(tmp_path: Path, kind: str, spoil: str) -> None:
    path, whole, said = packed(tmp_path / f"a{kind}", some(range(4))), list(some(range(4)).values()), []
    data, (first, second, *_) = path.read_bytes(), heads(path) or [0, 0]
    places: Sequence[int] = range(10, len(data), len(data) // 20)
    if kind == ".tar":  # has no checksums but of its heads
        places = [first + 100, second + 100] if spoil == "flip" else [second, second + 100, second + 512]
    elif spoil == "flip" and kind in (".zip", ".parquet"):  # nor has the zip's table of contents, nor has parquet
        places = range(40, second, 30)
    for place in places:
        path.write_bytes(data[:place] if spoil == "cut" else flipped(data, place))
        os.utime(path, ns=(place, place))
        try:
            assert pictures(path) == whole, f"at {place} of {len(data)}"
        except DomainError as error:
            said += [str(error), refusal(path)]
    assert len(said) >= len(places) or not places
    assert [words for words in said if not words.startswith(str(path)) or "cannot be kept" in words] == []
    path.write_bytes(data)
    assert pictures(path) == whole
    assert len(kept()) == 1


@pytest.mark.parametrize("method", [8, 99])  # as `zip -e`, and as 7-Zip with AES
def test_an_encrypted_archive_is_named_as_such(tmp_path: Path, method: int) -> None:
    path = packed(tmp_path / "a.zip", some([0]))
    data = bytearray(path.read_bytes())
    for flags in (6, data.rindex(b"PK\1\2") + 8):
        data[flags], data[flags + 2] = data[flags] | 1, method
    path.write_bytes(data)
    assert refusal(path) == f"{path} is encrypted; unpack it yourself, and name the folder"


@pytest.mark.parametrize("kind", PACKED)
def test_what_holds_no_pictures_or_not_what_its_name_says_is_refused(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path / f"a{kind}", {})
    assert refusal(path) == f"{path} holds no pictures"
    for data in (b"", b"<html>not found</html>", bytes(2000), b"\x1f\x8b\x08" + bytes(99)):
        path.write_bytes(data)
        assert refusal(path).startswith(f"{path} ")
        assert kept() == []


def test_an_archive_that_would_not_fit_the_disk_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", picture(0))
        archive.infolist()[0].file_size = 1 << 60
    assert refusal(path).startswith(f"{path} unpacks to {(1 << 60) / 1e9:.1f} GB, and ")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tfrec", "a.parquet", "a.txt"])
def test_a_file_that_may_not_be_read_is_named(public: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CACHE", str(public / "cache"))
    monkeypatch.setenv("COPYART_CONFIG", str(public))
    (public / "cache").mkdir()
    (public / "cache").chmod(0o777)
    (public / name).touch(0o000)
    with unprivileged():
        assert refusal(public / name).startswith(f"{public / name} cannot be read: permission denied")


@pytest.mark.parametrize("kind", PACKED[:-1])
def test_what_was_unpacked_is_unpacked_anew_only_when_it_changed_or_is_missing(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path / f"a{kind}", some(range(4)))
    first = find_domain(str(path)).paths
    record = kept()[0] / "domain.json"
    stamp = record.stat().st_mtime_ns
    assert (find_domain(str(path)).paths, record.stat().st_mtime_ns) == (first, stamp)
    first[2].unlink()
    assert pictures(path) == list(some(range(4)).values())
    record.write_text("{")
    assert pictures(path) == list(some(range(4)).values())
    packed(path, some(range(1, 5)))
    os.utime(path, ns=(1, 1))
    assert pictures(path) == list(some(range(1, 5)).values())
    assert len(kept()) == 1


CHILD = """
import os, signal, sys, time
from pathlib import Path
from copyart.domains import find_domain

write, left = Path.write_bytes, [int(sys.argv[2])]

def write_some(path, data):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.002)
    return write(path, data)

Path.write_bytes = write_some
Path(f"{sys.argv[1]}.{os.getpid()}.ready").touch()
while not Path(f"{sys.argv[1]}.go").exists():
    time.sleep(0.005)
print(len(find_domain(sys.argv[1]).paths))
"""


def unpacking(path: Path, last: int) -> "subprocess.Popen[str]":
    """A process that unpacks, and kills itself after picture `last`."""
    return subprocess.Popen([sys.executable, "-c", CHILD, path, str(last)], stdout=subprocess.PIPE, text=True)


def test_what_a_killed_process_leaves_is_not_used_and_is_replaced(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", some(range(40)))
    (tmp_path / "a.zip.go").touch()
    with unpacking(path, 20) as process:
        assert process.wait(600) == -signal.SIGKILL
    (part,) = kept()
    assert (part.suffix, len([*part.iterdir()])) == (".part", 20)
    (part / "000000-000.jpg").write_bytes(b"half")
    assert pictures(path) == list(some(range(40)).values())
    assert kept() == [part.with_suffix("")]


def test_two_processes_that_unpack_the_same_at_once_both_get_all_of_it(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", some(range(80)))
    with unpacking(path, 1000) as one, unpacking(path, 1000) as other:
        deadline = time.monotonic() + 600
        while len([*tmp_path.glob("*.ready")]) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        (tmp_path / "a.zip.go").touch()
        assert [process.communicate(timeout=600)[0] for process in (one, other)] == ["80\n", "80\n"]
    with ThreadPoolExecutor(4) as pool:
        os.utime(path, ns=(1, 1))
        assert all(found == list(some(range(80)).values()) for found in pool.map(pictures, [path] * 4))
    assert len(kept()) == 1


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@cache
def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def records(path: Path, contents: list[bytes]) -> Path:
    """A TFRecord file, compressed if its name says so."""
    sizes = [struct.pack("<Q", len(each)) for each in contents]
    data = b"".join(n + masked(n) + each + masked(each) for n, each in zip(sizes, contents, strict=True))
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


def message(number: int, data: bytes) -> bytes:
    """A field of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def example(**features: bytes | list[int]) -> bytes:
    """A `tf.train.Example` of lists of bytes, or of whole numbers."""
    entries = b""
    for key, value in features.items():
        of_bytes, of_numbers = (
            isinstance(value, bytes),
            b"" if isinstance(value, bytes) else b"".join(map(varint, value)),
        )
        feature = message(1, message(1, bytes(value))) if of_bytes else message(3, message(1, of_numbers))
        entries += message(1, message(1, key.replace("__", "/").encode()) + message(2, feature))
    return message(1, entries)


def test_the_checksum_that_these_tests_compute_is_the_one_of_the_standard() -> None:
    assert (crc32c(b"123456789"), crc32c(bytes(32))) == (0xE3069283, 0x8A9136AA)  # RFC 3720, B.4


def test_the_pictures_of_tfrecords_may_have_targets_and_need_no_names(tmp_path: Path) -> None:
    first = example(image=picture(0), image_name=b"7a0d", target=b"monet")
    second = example(target=[3, 1 << 40], image=picture(1, "PNG"))
    third = example(image__encoded=picture(2), image__filename=b"a/b/c.jpeg")
    found = find_domain(str(records(tmp_path / "a.tfrecord", [first, second, third]))).paths
    assert [path.read_bytes() for path in found] == [picture(0), picture(1, "PNG"), picture(2)]
    assert [path.name for path in found] == ["000000-7a0d.jpg", "000001.png", "000002-c.jpeg"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(("part", "place"), [("length", 0), ("its checksum", 9), ("data", 40), ("its checksum", -1)])
def test_a_flipped_bit_in_a_tfrecord_is_found(tmp_path: Path, part: str, place: int, number: int) -> None:
    contents = [example(image=picture(mark)) for mark in range(3)]
    path = records(tmp_path / "a.tfrec", contents)
    start = sum(len(each) + 16 for each in contents[: number if place < 0 else number - 1])
    path.write_bytes(flipped(path.read_bytes(), start + place))
    assert refusal(path).startswith(f"{path} is damaged: record {number} does not have its checksum"), part


@pytest.mark.parametrize("left", [1, 11, 12, 30, -5, -1])
def test_a_tfrecord_file_that_ends_in_a_record_is_cut_short(tmp_path: Path, left: int) -> None:
    first, second = example(image=picture(0)), example(image=picture(1))
    path = records(tmp_path / "a.tfrec", [first, second])
    path.write_bytes(path.read_bytes()[: len(first) + 16 + left if left > 0 else left])
    assert refusal(path).startswith(f"{path} is cut short: it ends in the middle of record 2;")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (example(image_name=b"a", label=b"monet"), "has no picture under 'image'; there is image_name, label"),
        (example(image_name=b"a", target=[1, 2]), "has no picture under 'image'; there is image_name, target"),
        (example(), "has no picture under 'image'; there is nothing"),
        *(
            (data, "is no tf.train.Example")
            for data in (b"no example at all", b"\x0a" + b"\xff" * 20, example(a=b"b")[:-1])
        ),
    ],
    ids=range(6),
)
def test_a_record_without_a_picture_is_named_and_what_it_has(tmp_path: Path, content: bytes, words: str) -> None:
    path = records(tmp_path / "a.tfrec", [example(image=picture(0)), content])
    assert refusal(path) == f"{path}: record 2 {words}"


@pytest.mark.skipif(not REAL, reason="COPYART_TEST_TFRECORDS names no real ones")
def test_real_monets_come_out_of_their_tfrecords() -> None:
    promised = sum(int(path.stem.rpartition("-")[2]) for path in Path(REAL).glob("*.tfrec"))
    found = find_domain(REAL)
    assert len(found.paths) + found.repeats == promised > 0
    for path in found.paths:
        with Image.open(path) as image:
            image.load()
            assert (image.size, image.format) == ((256, 256), "JPEG")


STRUCT = pa.struct({"bytes": pa.binary(), "path": pa.string()})
NAMES = ["claude-monet", "vincent-van-gogh", "vincent-adolfo", "ab", "a-b"]
CLASSES = {"huggingface": json.dumps({"info": {"features": {"artist": {"names": NAMES, "_type": "ClassLabel"}}}})}
NUMBERS = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)


def table(path: Path, *, metadata: Mapping[str, str] | None = None, **columns: Any) -> Path:
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path, row_group_size=2)
    return path


@pytest.mark.parametrize("kind", [STRUCT, pa.binary(), pa.large_binary()])
def test_cells_of_parquet_that_are_empty_are_passed_over(tmp_path: Path, kind: pa.DataType) -> None:
    data = [picture(0), None, picture(1, "PNG"), picture(0), picture(2), None]
    cells = pa.array([each and {"bytes": each} for each in data] if kind == STRUCT else data, kind)
    found = find_domain(str(table(tmp_path / "a.parquet", n=range(6), text=["x"] * 6, image=cells)))
    assert [path.read_bytes() for path in found.paths] == [picture(0), picture(1, "PNG"), picture(2)]
    assert ([path.name for path in found.paths], found.repeats) == (["000000.jpg", "000001.png", "000002.jpg"], 1)


@pytest.mark.parametrize("numbers", [NUMBERS, NUMBERS[..., 0]], ids=["h w 3", "h w"])
@pytest.mark.parametrize("kind", [pa.uint8(), pa.int64()])
def test_numbers_in_parquet_become_pictures_without_loss(tmp_path: Path, numbers: Any, kind: pa.DataType) -> None:
    for _ in numbers.shape[1:]:
        kind = pa.list_(kind)
    found = find_domain(str(table(tmp_path / "a.parquet", image=pa.array(numbers.tolist(), kind), n=[1, 2])))
    assert np.array_equal([np.asarray(Image.open(path)) for path in found.paths], numbers)


@pytest.mark.parametrize("cell", [[[1, 2], [3]], [[-1]], [[256]], [[]], [], [[None]]])
def test_numbers_that_are_no_picture_are_named_by_file_and_row(tmp_path: Path, cell: list[Any]) -> None:
    path = table(tmp_path / "a.parquet", image=pa.array([[[1, 2]], cell], pa.list_(pa.list_(pa.int64()))))
    assert refusal(path).startswith(f"{path}: row 1 holds no picture: ")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": [b"1"], "b": [{"bytes": b"2"}]}, " has several columns of pictures; choose a or b"),
        ({"n": [1], "text": ["x"]}, " has no column of pictures; it has n, text"),
        ({"image": [{"bytes": None, "path": "/a/b.jpg"}]}, ": row 0 names /a/b.jpg, which is not in the file"),
        ({"image": pa.array([None], pa.binary())}, " holds no pictures"),
    ],
)
def test_parquet_without_just_one_column_of_pictures_is_refused(tmp_path: Path, columns: Any, words: str) -> None:
    path = table(tmp_path / "a.parquet", **columns)
    assert refusal(path).startswith(f"{path}{words}")


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    """Six pictures by artist, year and style."""
    columns = {"artist": [0, 1, 2, 3, 4, 0], "year": [1899, 1900] * 3, "style": list("abccde")}
    return table(tmp_path / "a.parquet", metadata=CLASSES, image=[picture(mark) for mark in range(6)], **columns)


@pytest.mark.parametrize(
    ("rows", "marks"),
    [
        *(({"artist": word}, [0, 5]) for word in ("0", "claude-monet", "Claude Monet", "CLAUDE_MONET", "monet")),
        *(({"artist": word}, [mark]) for word, mark in (("gogh", 1), ("ab", 3), ("a-b", 4))),
        *(
            ({"year": "1900"}, [1, 3, 5]),
            ({"style": "c"}, [2, 3]),
            ({"year": "1900", "artist": "monet"}, [5]),
            ({}, range(6)),
        ),
    ],
)
def test_only_the_rows_that_are_asked_for_are_taken(paintings: Path, rows: dict[str, str], marks: list[int]) -> None:
    into = Unpacking(paintings.parent)
    unpack_parquet([paintings], into, rows=rows)
    assert [(into.folder / name).read_bytes() for name in into.pictures] == [picture(mark) for mark in marks]


@pytest.mark.parametrize(
    ("column", "word", "words"),
    [
        ("artist", "picasso", r"^artist 'picasso' is none of the 5 .* claude-monet, vincent-van-gogh"),
        ("artist", "vincent", r"^artist 'vincent' is none of .* such as vincent-van-gogh, vincent-adolfo$"),
        ("artist", "5", r"^artist '5' is none of the 5"),
        ("painter", "monet", r"a\.parquet has no column 'painter'; there are image, artist, year, style$"),
        ("year", "1901", r"^no row has year '1901'$"),
        ("style", "C", r"^no row has style 'C'$"),
    ],
)
def test_rows_that_there_are_not_are_refused(paintings: Path, column: str, word: str, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        unpack_parquet([paintings], Unpacking(paintings.parent), rows={column: word})


@pytest.mark.parametrize("source", ["photos/list.txt", "-"])
def test_paths_are_relative_to_the_list_or_on_stdin_to_where_one_is(
    folder: Path, photo: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "deep"))
    monkeypatch.chdir(folder if source == "-" else folder.parent)
    lines = f"# 1.jpg\n\n{photo}\n  7.jpg \ndeep/er/1.jpg\n~/er/2.jpg\n\t\nmissing.jpg\n7.jpg\n./7.jpg"
    (folder / "list.txt").write_text(lines)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    found = find_domain(source)
    names = ("7.jpg", "deep/er/1.jpg", "deep/er/2.jpg", "missing.jpg")
    assert ([path.absolute() for path in found.paths], found.repeats) == (
        [photo, *(folder / name for name in names)],
        2,
    )


@pytest.mark.parametrize("form", ["\ufeff{}", "{}\r\n", "{}", "#\n{}\n\n"])
def test_a_list_may_be_written_by_any_editor(folder: Path, form: str) -> None:
    (folder / "list").write_bytes(form.format("0.jpg").encode())
    assert find_domain(str(folder / "list")).paths == [folder / "0.jpg"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *((data, " names no pictures; give a path on each line") for data in (b"", b"\n# 0.jpg\n  \n")),
        (b"no.jpg\nnor.jpg\nno.jpg", ": '{}/no.jpg' is no file, nor is any other of its 3 lines"),
        *((data, " is nothing that holds pictures; give a name from") for data in (picture(0), picture(0, "PNG"))),
        (b"0" * 5000, ": "),
    ],
    ids=range(6),
)
def test_a_file_or_stdin_that_lists_no_pictures_is_refused(
    folder: Path, data: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "list.bin").write_bytes(data)
    assert refusal(folder / "list.bin").startswith(f"{folder}/list.bin{words.format(folder)}")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    assert refusal("-")


def test_a_single_picture_is_refused(photo: Path) -> None:
    assert refusal(photo) == f"{photo} is one picture; name the folder that it is in"


@pytest.mark.parametrize(
    ("place", "name"),
    [("Monet.zip", "Monet"), ("a.b.tar.gz", "a"), ("photos", "photos"), ("photos/../photos/", "photos")],
)
def test_a_domain_that_is_here_is_found_from_anywhere_under_a_short_name(
    folder: Path, place: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    if place not in ("photos", "photos/../photos/"):
        packed(Path(place), some([0]))
    data, whole = pictures(place), absolute(place)
    assert whole == str(Path(place).resolve())
    monkeypatch.chdir("/")
    assert (short_name(whole), absolute(whole), pictures(whole)) == (name, whole, data)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("-", ""),
        ("hf:owner/art@main:train:image?a=b/c", "art"),
        ("kaggle:owner/art/", "art"),
        ("wikiart:monet", "monet"),
    ],
)
def test_what_is_not_here_stays_as_it_is_and_has_a_short_name_too(source: str, name: str) -> None:
    assert (absolute(source), short_name(source)) == (source, name)


def test_a_line_that_begins_with_a_hash_is_a_comment_and_that_is_told_where_it_names_a_file(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "copyart")
    for name in ("#1.jpg", "#2.jpg"):
        shutil.copy(photo, tmp_path / name)
    (tmp_path / "list.txt").write_text("# my best\n#1.jpg\nphoto.jpg\n #2.jpg\n")
    assert find_domain(str(tmp_path / "list.txt")).paths == [photo]
    (told,) = caplog.messages
    assert told.endswith("list.txt: a line that begins with # is a comment, so #1.jpg is left out, and 1 more; "
                         "write ./#1.jpg to have it")  # fmt: skip
    caplog.clear()
    monkeypatch.chdir(tmp_path)
    for lines in ("./#1.jpg\n# photo.jpg\n#photo.jpg\n", f"{tmp_path}/#1.jpg\n#\n"):
        (tmp_path / "list.txt").write_text(lines)
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        for source in ("list.txt", "-"):
            (path,) = find_domain(source).paths
            assert path.resolve() == tmp_path / "#1.jpg"
    assert caplog.messages == []
    monkeypatch.setattr(sys, "stdin", io.StringIO("#2.jpg\nphoto.jpg\n"))
    find_domain("-")
    assert caplog.messages == [
        "stdin: a line that begins with # is a comment, so #2.jpg is left out; write ./#2.jpg to have it"
    ]
