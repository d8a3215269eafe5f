"""Archives, TFRecords and parquet files where something is odd: what packers did, what a disk refuses."""

import io
import struct
from pathlib import Path

import pyarrow as pa
import pytest
from limits import small_disk
from PIL import Image
from test_domains_packed import STRUCT, kept, masked, message, packed, picture, pictures, records, refusal, some, table

from copyart.domains import clean, find_domain
from copyart.downloads import cache_folder

HUGE = 1 << 31


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
    assert pictures(path) == [picture(0), picture(1)]


def test_a_picture_of_a_kind_that_its_bytes_do_not_tell_is_still_found(tmp_path: Path) -> None:
    data = picture(0, "BMP")
    path = table(tmp_path / "a.parquet", image=pa.array([{"bytes": data, "path": None}], STRUCT))
    assert pictures(path) == [data]
    assert len(clean(find_domain(str(path)), least=4).kept) == 1


def test_numbers_of_every_kind_in_a_record_are_passed_over(tmp_path: Path) -> None:
    numbers = b"\x18\x07" + b"\x21" + bytes(8) + b"\x2d" + bytes(4)  # a varint, eight bytes, four bytes
    entry = message(1, b"image") + numbers + message(2, numbers + message(1, message(1, picture(0))))
    path = records(tmp_path / "a.tfrec", [numbers + message(1, message(1, entry))])
    assert pictures(path) == [picture(0)]


def test_a_record_of_more_bytes_than_can_be_is_not_read(tmp_path: Path) -> None:
    size = struct.pack("<Q", HUGE)
    (tmp_path / "a.tfrec").write_bytes(size + masked(size))
    words = f"{tmp_path / 'a.tfrec'}: record 1 says that it has {HUGE} bytes, more than can be"
    assert refusal(tmp_path / "a.tfrec") == words
