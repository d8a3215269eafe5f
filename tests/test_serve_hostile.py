"""What a server bears: broken pictures, broken forms, broken HTTP, and clients that are slow, many or gone."""

import io
import itertools
import json
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path

import numpy as np
import psutil
import pytest
import pyvips
from conftest import Run
from PIL import Image
from served import BOUNDARY, PATIENCE, Answer, Served, form, served

from copyart.images.formats import register_formats
from copyart.styles import Style

DOCUMENTED = {200, 400, 403, 404, 405, 408, 411, 413, 414, 415, 422, 431}
OF_PICTURES = {200, 413, 415, 422}
HASTE = 2  # seconds

Files = dict[str, tuple[str, bytes]]


@dataclass
class Victim:
    """A server, what it made of a good photo before anything happened to it, and its memory then."""

    server: Served
    photo: bytes
    painting: bytes
    memory: int

    def paint(self) -> Answer:
        return self.server.post({}, {"image": ("good.jpg", self.photo)})

    def assert_unharmed(self) -> None:
        assert self.server.process.poll() is None
        assert self.server.get("/readyz").status == 200
        assert self.paint().body == self.painting
        assert memory(self.server) - self.memory < 150e6
        assert "Traceback" not in self.server.stderr
        assert self.server.left == []


def memory(server: Served) -> int:
    return int(psutil.Process(server.process.pid).memory_info().rss)


def tried(server: Served, china: Path) -> Victim:
    """A server that has painted a photo of every kind, after which it needs little more memory."""
    for i, (name, picture) in enumerate(pictures(china).items()):
        answer = server.post({"size": "native"} if i % 2 else {}, {"image": (name, picture)})
        assert answer.status == 200, (name, answer.body)
    good = encoded(china, "JPEG", size=(96, 64), quality=95)
    return Victim(server, good, server.post({}, {"image": ("good.jpg", good)}).body, memory(server))


@pytest.fixture(scope="module")
def victim(tiny: Style, china: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("victim")
    with served("--styles", tiny.folder, "--max-megapixels", 2, "--max-megabytes", 5, folder=folder) as server:
        yield tried(server, china)


@pytest.fixture(scope="module")
def hasty(tiny: Style, china: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """A server that gives everybody little time."""
    with served("--styles", tiny.folder, "--time-limit", HASTE, folder=tmp_path_factory.mktemp("hasty")) as server:
        yield tried(server, china)


@pytest.fixture(scope="module")
def narrow(tiny: Style, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with two seats for one painter, where two more can wait."""
    with served("--styles", tiny.folder, "--queue", 2, folder=tmp_path_factory.mktemp("narrow")) as server:
        yield server


def encoded(china: Path, kind: str, *, size: tuple[int, int] = (48, 32), mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    with Image.open(china) as image:
        image.resize(size).convert(mode).save(file, kind, **options)
    return file.getvalue()


def large(width: int, height: int) -> Files:
    """A photo of so many pixels whose file is small."""
    return {"image": ("large.jpg", written(Image.new("RGB", (width, height), "olive"), "JPEG"))}


def pictures(china: Path) -> dict[str, bytes]:
    """A small picture of every kind."""
    register_formats()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a garden"
    with Image.open(china) as photo:
        small = photo.resize((48, 32))
    frames = [small.rotate(angle) for angle in (90, 180)]
    deep = np.asarray(small.convert("I")).astype(np.uint16) * 257
    lines = pyvips.Image.new_from_memory(small.tobytes(), 48, 32, 3, "uchar")
    profile = small_profile()
    made = {
        "plain.jpg": encoded(china, "JPEG"),
        "progressive.jpg": encoded(china, "JPEG", progressive=True),
        "turned.jpg": encoded(china, "JPEG", exif=exif),
        "print.jpg": encoded(china, "JPEG", mode="CMYK"),
        "profiled.jpg": encoded(china, "JPEG", icc_profile=profile),
        "plain.png": encoded(china, "PNG"),
        "clear.png": encoded(china, "PNG", mode="RGBA", exif=exif, icc_profile=profile),
        "palette.png": encoded(china, "PNG", mode="P", transparency=3),
        "bits.png": encoded(china, "PNG", mode="1"),
        "deep.png": written(Image.fromarray(deep), "PNG"),
        "interlaced.png": bytes(lines.pngsave_buffer(interlace=True)),
        "moving.png": written(small, "PNG", save_all=True, append_images=frames),
        "plain.webp": encoded(china, "WEBP"),
        "lossless.webp": encoded(china, "WEBP", lossless=True, exif=exif),
        "moving.webp": written(small, "WEBP", save_all=True, append_images=frames),
        "plain.tif": encoded(china, "TIFF"),
        "lzw.tif": encoded(china, "TIFF", compression="tiff_lzw", exif=exif),
        "deflate.tif": encoded(china, "TIFF", mode="RGBA", compression="tiff_adobe_deflate"),
        "fax.tif": encoded(china, "TIFF", mode="1", compression="group4"),
        "pages.tif": written(small, "TIFF", save_all=True, append_images=frames),
        "plain.bmp": encoded(china, "BMP"),
        "palette.bmp": encoded(china, "BMP", mode="P"),
        "moving.gif": written(small, "GIF", save_all=True, append_images=frames),
        "plain.avif": encoded(china, "AVIF"),
        "moving.avif": written(small, "AVIF", save_all=True, append_images=frames),
        "two.mpo": written(small, "MPO", save_all=True, append_images=frames),
    }
    return made | ({"plain.heic": encoded(china, "HEIF")} if "HEIF" in Image.SAVE else {})


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def small_profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def mutants(seeds: dict[str, bytes], count: int) -> Iterator[tuple[str, str, bytes]]:
    """How each was made, a name, and what it holds; the same every time."""
    chance = random.Random(0)  # noqa: S311
    ways = [truncated, flipped, spliced, resized, repeated]
    names = list(seeds)
    for i in range(count):
        name = names[i % len(names)]
        way = ways[i // len(names) % len(ways)]
        other = seeds[chance.choice(names)]
        yield f"{i}: {way.__name__} {name}", name, way(seeds[name], other, chance)


def truncated(data: bytes, _: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, _: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _time in range(chance.choice((1, 3, 30))):
        broken[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def spliced(data: bytes, other: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def resized(data: bytes, _: bytes, chance: random.Random) -> bytes:
    """With other numbers in its header, which are sizes and offsets."""
    broken = bytearray(data)
    for _time in range(chance.choice((1, 2, 4))):
        at = chance.randrange(2, min(len(data), 200) - 4)
        value = chance.choice((0, 1, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data)))
        broken[at : at + 4] = value.to_bytes(4, chance.choice(("little", "big")))
    return bytes(broken)


def repeated(data: bytes, _: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data)) for _time in range(2))
    return data[:end] + data[start:end] * chance.choice((1, 50)) + data[end:]


def png(width: int, height: int, *chunks: bytes, depth: int = 8, color: int = 0, data: bytes | None = None) -> bytes:
    pixels = zlib.compress(bytes((width * depth + 7) // 8 + 1) * height) if data is None else data
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join([header, *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif(width: int, height: int, frames: int = 1, frame: tuple[int, int] = (1, 1)) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    return head + (b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00") * frames + b"\x3b"


def tiff(width: int, height: int, *, pages: int = 1, loop: bool = False) -> bytes:
    """Grey; all pages are of the same byte, and the last is followed by the first if it loops."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    tags += [(278, 4, height), (279, 4, 1)]
    body = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags
    )
    step, first = len(body) + 4, 10
    offsets = [first + step * i for i in range(1, pages)] + [first if loop else 0]
    return (
        b"II*\x00" + struct.pack("<I", first) + b"\x00\x00" + b"".join(body + struct.pack("<I", at) for at in offsets)
    )


def many_scans(size: tuple[int, int], scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: a few bytes, and all blocks are visited for each."""
    data = written(Image.new("L", size, 128), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def claims(data: bytes, before: bytes, after: bytes) -> bytes:
    assert before in data
    return data.replace(before, after)


def bombs(china: Path) -> dict[str, bytes]:
    size = struct.pack(">II", 48, 32)
    exif = Image.Exif()
    exif[0x010E] = "a garden"
    jpeg = encoded(china, "JPEG")
    grid = png(96, 64)
    plenty = zlib.compress(bytes(100_000_000))
    made = {
        "a PNG that says it is huge": png(60_000, 60_000, data=b""),
        "a PNG that says it is as large as can be": png(2**31 - 1, 2**31 - 1, data=b""),
        "a PNG of no pixels": png(0, 0, data=b""),
        "a PNG of very many zeros": png(12_000, 12_000, depth=1),
        "a PNG with more pixels than it says": png(96, 64, data=plenty),
        "a PNG with a long text": png(96, 64, chunk(b"zTXt", b"Comment\x00\x00" + plenty)),
        "a PNG with long texts": png(96, 64, *[chunk(b"zTXt", b"C\x00\x00" + zlib.compress(bytes(1_000_000)))] * 100),
        "a PNG with a long international text": png(96, 64, chunk(b"iTXt", b"C\x00\x01\x00\x00\x00" + plenty)),
        "a PNG with a large profile": png(96, 64, chunk(b"iCCP", b"icc\x00\x00" + plenty)),
        "a PNG with a large EXIF": png(96, 64, chunk(b"eXIf", b"II*\x00\x08\x00\x00\x00" + b"\xff" * 1_000_000)),
        "a PNG with a wrong sum": grid[:30] + b"\x00" + grid[31:],
        "a GIF with a huge canvas": gif(65_535, 65_535),
        "a GIF with a huge frame": gif(10, 10, 1, (65_535, 65_535)),
        "a GIF with a huge second frame": gif(10, 10)[:-1] + gif(10, 10, 1, (65_535, 65_535))[19:],
        "a GIF with many frames": gif(10, 10, 20_000),
        "a TIFF that says it is huge": tiff(2**31, 2**31),
        "a TIFF that says it has very many rows": tiff(1, 2**32 - 1),
        "a TIFF that goes round": tiff(10, 10, loop=True),
        "a TIFF of three pages that go round": tiff(10, 10, pages=3, loop=True),
        "a TIFF of many pages": tiff(10, 10, pages=5_000),
        "a JPEG that says it is huge": claims(jpeg, struct.pack(">HH", 32, 48), struct.pack(">HH", 65_500, 65_500)),
        "a JPEG that says it has no rows": claims(jpeg, struct.pack(">HH", 32, 48), struct.pack(">HH", 0, 48)),
        "a WebP that says it is huge": claims(
            encoded(china, "WEBP"), b"\x9d\x01\x2a" + struct.pack("<HH", 48, 32), b"\x9d\x01\x2a\xff\x3f\xff\x3f"
        ),
        "a WebP with a canvas of other size": claims(
            encoded(china, "WEBP", exif=exif), bytes([47, 0, 0, 31, 0, 0]), b"\xff" * 6
        ),
        "an AVIF of a huge size": claims(encoded(china, "AVIF"), size, struct.pack(">II", 65_535, 65_535)),
        "a BMP that says it is huge": claims(
            encoded(china, "BMP"), struct.pack("<ii", 48, 32), struct.pack("<ii", 2**31 - 1, 2**31 - 1)
        ),
        "a BMP of negative size": claims(
            encoded(china, "BMP"), struct.pack("<ii", 48, 32), struct.pack("<ii", -48, -(2**31))
        ),
    }
    if "HEIF" in Image.SAVE:
        heic = encoded(china, "HEIF", size=(64, 64))
        made["a HEIC that says it is huge"] = claims(
            heic, struct.pack(">II", 64, 64), struct.pack(">II", 65_535, 65_535)
        )
    return made


def strangers(china: Path) -> dict[str, bytes]:
    """What is no picture that can be read."""
    return {
        "text": b"a photo of a garden\n" * 100,
        "HTML": b"<!doctype html><img src=x onerror=alert(1)>",
        "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>',
        "PDF": written(Image.new("RGB", (9, 9)), "PDF"),
        "EPS": written(Image.new("RGB", (9, 9)), "EPS"),
        "ICO": written(Image.new("RGB", (9, 9)), "ICO"),
        "zip": b"PK\x03\x04" + bytes(100),
        "ELF": b"\x7fELF" + bytes(100),
        "empty": b"",
        "one byte": b"\xff",
        "one zero": b"\x00",
        "a PNG's first bytes": b"\x89PNG\r\n\x1a\n",
        "a JPEG's first bytes": b"\xff\xd8\xff",
        "zeros": bytes(1_000_000),
        "a photo after a byte": b"\x00" + encoded(china, "JPEG"),
    }


def assert_answers(failures: list[str]) -> None:
    assert not failures, f"{len(failures)}:\n" + "\n".join(failures[:40])


def wrong(label: str, answer: Answer, allowed: set[int]) -> list[str]:
    """What is wrong with an answer: a line, or none."""
    said = answer.body[:300]
    if answer.status not in allowed:
        return [f"{label}: {answer.status} {said!r}"]
    if answer.status < 400 or answer.body == b"Invalid HTTP request received.":
        return []
    if answer.status == 405 and not answer.headers["Allow"]:
        return [f"{label}: 405 without Allow"]
    if answer.headers.get_content_type() != "application/problem+json":
        return [f"{label}: {answer.status} is of type {answer.headers['content-type']}: {said!r}"]
    problem = answer.json
    detail = problem["detail"]
    machine = [sys.prefix, str(Path.cwd()), str(Path(__file__).parents[1]), "site-packages", "Traceback", "/tmp/"]  # noqa: S108
    if problem["status"] != answer.status or len(detail.splitlines()) != 1 or any(word in detail for word in machine):
        return [f"{label}: {said!r}"]
    return []


@pytest.mark.slow
def test_of_a_thousand_broken_pictures_each_is_painted_or_refused_with_a_line(victim: Victim, china: Path) -> None:
    failures, sizes = [], itertools.cycle(({}, {"size": "native"}, {"size": "200", "keep_color": "true"}))
    for label, name, data in mutants(pictures(china), 1000):
        answer = victim.server.post(next(sizes), {"image": (name, data)})
        failures += wrong(label, answer, OF_PICTURES)
    assert_answers(failures)
    victim.assert_unharmed()


def test_pictures_that_claim_or_hold_too_much_are_painted_or_refused_with_a_line(victim: Victim, china: Path) -> None:
    failures = []
    for label, data in bombs(china).items():
        answer = victim.server.post({"size": "native"}, {"image": ("bomb", data)})
        failures += wrong(label, answer, {413} if label.endswith("is huge") else OF_PICTURES)
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1), (3, 30_000), (1, 1), (7, 5)])
@pytest.mark.parametrize("long_edge", ["native", "8", "", "60000"])
def test_a_photo_of_any_shape_is_painted_at_its_size(victim: Victim, size: tuple[int, int], long_edge: str) -> None:
    data = written(Image.linear_gradient("L").convert("RGB").resize(size), "PNG")
    answer = victim.server.post({"size": long_edge, "detail": 1}, {"image": ("thin.png", data)})
    assert not wrong(f"{size} at {long_edge}", answer, {200} if long_edge != "60000" else {200, 422})
    if answer.status == 200:
        with Image.open(io.BytesIO(answer.body)) as painting:
            assert painting.size == size
    victim.assert_unharmed()


def test_what_is_no_picture_is_refused_as_such(victim: Victim, china: Path) -> None:
    failures = []
    for label, data in strangers(china).items():
        for name in ("photo.jpg", "photo.svg", ""):
            failures += wrong(label, victim.server.post({}, {"image": (name, data)}), {400, 415, 422})
    assert_answers(failures)
    victim.assert_unharmed()


class _Tape(io.BytesIO):
    """Answers that came one after the other; `HTTPResponse` closes what it reads."""

    def makefile(self, _: str) -> "_Tape":
        return self

    def close(self) -> None:
        pass


def exchange(
    server: Served, *pieces: bytes, pause: float = 0, method: str = "GET", patience: float = 20
) -> list[Answer]:
    """Sends bytes as they are, and reads answers until the server hangs up; none came where it did so at once."""
    said = b""
    with server.connect() as connection:
        connection.settimeout(patience)
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 16):
                said += part
    tape, answers = _Tape(said), []
    while tape.tell() < len(said):
        answer = HTTPResponse(tape, method=method)  # type: ignore[arg-type]  # it asks for no more than `makefile`
        answer.begin()
        answers.append(Answer(answer.status, answer.headers, answer.read()))
    return answers


def request(*headers: str, body: bytes = b"", line: str = "POST /api/paint HTTP/1.1") -> bytes:
    """A request after whose answer the server hangs up."""
    return "\r\n".join([line, "Host: here", "Connection: close", *headers, "", ""]).encode("latin-1") + body


def posted(body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}", *headers: str) -> bytes:
    return request(f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, body=body)


def part(data: bytes, disposition: str | bytes = 'form-data; name="image"; filename="a.jpg"', *more: bytes) -> bytes:
    words = disposition if isinstance(disposition, bytes) else disposition.encode("latin-1")
    lines = [f"--{BOUNDARY}".encode(), b"Content-Disposition: " + words, *more, b"", data, b""]
    return b"\r\n".join(lines)


END = f"--{BOUNDARY}--\r\n".encode()


def odd_forms(photo: bytes) -> dict[str, bytes]:
    """Well-formed requests whose body is an odd form, or none."""
    good = part(photo) + END
    named = {
        f"a name {name[:60]!r}": posted(part(photo, b'form-data; name="image"; filename="' + name + b'"') + END)
        for name in (
            b"../../etc/passwd",
            b"..\\..\\windows\\win.ini",
            b"/etc/passwd",
            b"a\x00b.jpg",
            b"a" * 10_000 + b".jpg",
            b"a" * 4_000 + b".jpg",
            b"a\rb.jpg",
            b"a%0d%0aSet-Cookie: x=1.jpg",
            b"\xff\xfe\xfd.jpg",
            "\u202egpj.\u3042\U0001f600\u2028.jpg".encode(),
            b"%2e%2e%2fphoto.jpg",
            b"CON",
            b".",
            b"..",
            b"...jpg",
            b" ",
            b"'; drop table photos; --.jpg",
            b'a\\"b.jpg',
            b"<script>.jpg",
            b"-rf",
            b"photo.heic",
        )
    }
    spelled = {
        f"a form that is {kind[:100]!r}": posted(good, kind)
        for kind in (
            "multipart/form-data",
            "multipart/form-data; boundary=",
            'multipart/form-data; boundary=""',
            "multipart/form-data; boundary=another",
            "multipart/form-data; boundary=" + "b" * 300,
            f'Multipart/Form-Data; charset=utf-8; BOUNDARY="{BOUNDARY}"',
            f"multipart/form-data; boundary={BOUNDARY}; boundary=another",
            "multipart/form-data; boundary*=utf-8''a; boundary*0=b",
            "multipart/form-data; boundary*" + "9" * 5000 + "=b",
            'multipart/form-data; boundary="',
            "multipart/form-data;" + ";" * 5000,
            "multipart/form-data;" + '"' * 5000,
            "multipart/mixed; boundary=x",
            "application/x-www-form-urlencoded",
            "application/json",
            "image/jpeg",
            "",
            "\xff\xfe",
            *(
                f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"
                for charset in ("utf-16", "utf-7", "idna", "punycode", "undefined", "unicode_escape", "base64", "rot13")
            ),
            f"multipart/form-data; boundary={BOUNDARY}; charset=" + "x" * 5000,
        )
    }
    many = b"".join(part(b"x", f'form-data; name="f{i}"') for i in range(3_000))
    files = b"".join(part(b"x", f'form-data; name="f{i}"; filename="f"') for i in range(3_000))
    inner = b"--inner\r\nContent-Disposition: file; filename=a.jpg\r\n\r\n" + photo + b"\r\n--inner--\r\n"
    return {
        **named,
        **spelled,
        "nothing": posted(b""),
        "the last boundary only": posted(END),
        "a cut body": posted(part(photo)[:-300]),
        "no last boundary": posted(part(photo)),
        "half a last boundary": posted((part(photo) + END)[:-8]),
        "the photo alone": posted(photo),
        "a header of 1 MB": posted(
            part(photo, 'form-data; name="image"; filename="a"', b"X: " + b"x" * 1_000_000) + END
        ),
        "very many headers": posted(part(photo, 'form-data; name="image"; filename="a"', *[b"X: y"] * 5_000) + END),
        "very many fields": posted(many + END),
        "very many files": posted(files + END),
        "a form in a form": posted(
            part(inner, 'form-data; name="image"', b"Content-Type: multipart/mixed; boundary=inner") + END
        ),
        "a part without a name": posted(part(photo, 'form-data; filename="a.jpg"') + END),
        "a part of no kind": posted(part(photo, "") + END),
        "a part of another kind": posted(part(photo, 'attachment; name="image"; filename="a.jpg"') + END),
        "a part without headers": posted(f"--{BOUNDARY}\r\n\r\n".encode() + photo + b"\r\n" + END),
        "two photos": posted(part(photo) * 2 + END),
        "a photo and a field of its name": posted(part(photo) + part(b"x", 'form-data; name="image"') + END),
        "a photo without a file name": posted(part(photo, 'form-data; name="image"') + END),
        "a photo of an RFC 2231 name": posted(
            part(photo, "form-data; name=image; filename*=utf-8''%2e%2e%2fa.jpg") + END
        ),
        "a photo of a name in pieces": posted(
            part(photo, 'form-data; name="image"; filename*0="a"; filename*1=".jpg"') + END
        ),
        "a photo of a name in endless pieces": posted(
            part(photo, f'form-data; name="image"; filename*{"9" * 4000}="a"') + END
        ),
        "a file in a field's place": posted(part(photo) + part(b"tiny", 'form-data; name="style"; filename="s"') + END),
        "a field twice": posted(part(photo) + part(b"tiny", 'form-data; name="style"') * 2 + END),
        "a long field": posted(part(photo) + part(b"x" * 100_000, 'form-data; name="style"') + END),
        "a field that is no text": posted(part(photo) + part(b"\xff\x00\xfe", 'form-data; name="style"') + END),
        "a field whose name is no text": posted(part(photo) + part(b"x", b'form-data; name="\xff\x00"') + END),
        "a field of an empty name": posted(part(photo) + part(b"x", 'form-data; name=""') + END),
        "a preamble": posted(b"words before\r\n" + good),
        "an epilogue": posted(good + b"words after" * 1000),
        "empty lines before": posted(b"\r\n\r\n" + good),
        "line feeds only": posted(good.replace(b"\r\n", b"\n")),
        "a wrong encoding": posted(
            part(photo, 'form-data; name="image"; filename="a"', b"Content-Transfer-Encoding: base64") + END
        ),
        "dashes": posted(b"-" * 100_000),
        "line ends": posted(b"\r\n" * 100_000),
        "carriage returns": posted(part(b"\r" * 1_000_000) + END),
        "all but a boundary, often": posted(part(f"\r\n--{BOUNDARY[:-1]}".encode() * 30_000) + END),
        "no body at all": request(f"Content-Type: multipart/form-data; boundary={BOUNDARY}"),
        "a body in pieces": request(
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            "Transfer-Encoding: chunked",
            body=b"".join(b"1\r\n" + good[i : i + 1] + b"\r\n" for i in range(len(good))) + b"0\r\nX: y\r\n\r\n",
        ),
        "a compressed body": posted(
            zlib.compress(good), f"multipart/form-data; boundary={BOUNDARY}", "Content-Encoding: deflate"
        ),
        "a length with a sign": request(f"Content-Length: +{len(good)}", body=good),
        "an expectation": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Expect: 100-continue"),
        "another expectation": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Expect: miracles"),
        "an upgrade": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Connection: upgrade", "Upgrade: h2c"),
        "a WebSocket": request(
            "Connection: upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            line="GET /api/paint HTTP/1.1",
        ),
        "another site": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Sec-Fetch-Site: cross-site"),
        "any wish": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Accept: " + "*/*;q=nan," * 1000),
    }


def broken_http(photo: bytes) -> dict[str, bytes]:
    good = part(photo) + END
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return {
        "a length too small": request(kind, f"Content-Length: {len(good) - 100}", body=good),
        "a negative length": request(kind, "Content-Length: -1", body=good),
        "a length that is no number": request(kind, "Content-Length: many", body=good),
        "a length of very many digits": request(kind, "Content-Length: " + "9" * 5000, body=good),
        "a huge length": request(kind, f"Content-Length: {10**18}", body=good),
        "two lengths": request(kind, "Content-Length: 1", f"Content-Length: {len(good)}", body=good),
        "a length and chunks": request(kind, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        "chunks of no size": request(kind, "Transfer-Encoding: chunked", body=b"zz\r\n" + good),
        "chunks of negative size": request(kind, "Transfer-Encoding: chunked", body=b"-5\r\n" + good),
        "chunks of huge size": request(kind, "Transfer-Encoding: chunked", body=b"f" * 30 + b"\r\n" + good),
        "chunks without an end": request(kind, "Transfer-Encoding: chunked", body=b"5\r\nabcdeXX" + good),
        "an unknown encoding": request(kind, "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        "noise": random.Random(0).randbytes(5_000),  # noqa: S311
        "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/0.9": b"GET /\r\n\r\n",
        "HTTP/9.9": b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        "no host": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
        "two hosts": request("Host: there", line="GET /healthz HTTP/1.1"),
        "line feeds only": b"GET /healthz HTTP/1.1\nHost: here\nConnection: close\n\n",
        "a NUL in a header": request("X: a\x00b", line="GET /healthz HTTP/1.1"),
        "a folded header": request("X: a\r\n b", line="GET /healthz HTTP/1.1"),
        "a header without a colon": request("X", line="GET /healthz HTTP/1.1"),
        "a space before a colon": request("X : y", line="GET /healthz HTTP/1.1"),
        "a header of 1 MB": request("X: " + "x" * 1_000_000, line="GET /healthz HTTP/1.1"),
        "very many headers": request(*["X: y"] * 100_000, line="GET /healthz HTTP/1.1"),
        "an endless first line": b"GET /" + b"x" * 1_000_000,
        "a method of odd letters": request(line="G@T / HTTP/1.1"),
        "a target of odd letters": request(line="GET /\xff HTTP/1.1"),
        "a space in the target": request(line="GET / / HTTP/1.1"),
    }


TARGETS = [
    *(
        f"/static/{path}"
        for path in (
            "../app.py",
            "../../app.py",
            "..%2fapp.py",
            "%2e%2e/app.py",
            "%2e%2e%2fapp.py",
            "..%5capp.py",
            "..\\app.py",
            "....//app.py",
            "%252e%252e/app.py",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "../" * 30 + "etc/passwd",
            "%00",
            "app.js%00.png",
            "app.js/",
            "app.js/..",
            "app.js/../app.js",
            "%ff%fe",
            "%",
            "%zz",
            "%ed%a0%80",
            "x" * 300,
            "x/" * 3000,
            "",
            ".",
            "..",
            "C:/windows/win.ini",
            "~root/.bashrc",
            "con",
        )
    ),
    "/static",
    "/static?a=b",
    "//static/app.js",
    "/./static/app.js",
    "/api/styles/../../etc/passwd/sample",
    "/api/styles/%2e%2e%2f%2e%2e/sample",
    "/api/styles/%00/sample",
    "/api/styles/%ed%a0%80/sample",
    "/api/styles/" + "x" * 10_000 + "/sample",
    "/api/styles//sample",
    "/api/paint",
    "/api/paint/",
    "/docs/",
    "//docs/",
    "//example.org/%2e%2e/docs/",
    "/?" + "x" * 20_000,
    "/%0d%0aSet-Cookie:x=1",
    "/docs;x=y",
    "*",
    "x",
    "http://example.org/healthz",
    "http://[::1/docs",
    "ftp://x",
    "example.org:443",
]


def test_of_odd_forms_each_is_painted_or_refused_with_a_line(victim: Victim) -> None:
    failures = []
    for label, data in odd_forms(victim.photo).items():
        answers = exchange(victim.server, data)
        failures += [] if len(answers) == 1 else [f"{label}: {len(answers)} answers"]
        failures += [line for answer in answers for line in wrong(label, answer, {*OF_PICTURES, 400, 403, 404, 405})]
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.slow
def test_broken_http_is_refused_or_hung_up_on(hasty: Victim) -> None:
    failures = []
    for label, data in broken_http(hasty.photo).items():
        try:
            answers = exchange(hasty.server, data)
        except TimeoutError:
            failures.append(f"{label}: neither an answer nor an end")
        else:
            failures += [line for answer in answers for line in wrong(label, answer, DOCUMENTED)]
    assert_answers(failures)
    hasty.assert_unharmed()


def test_a_request_that_is_cut_short_ends_its_connection_and_frees_its_place(victim: Victim) -> None:
    body = part(victim.photo) + END
    for data in (posted(body)[:-1], posted(body)[: -len(body)], posted(body)[:50], b""):
        with victim.server.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(20)
            with suppress(ConnectionResetError):
                assert connection.recv(1000) == b""
    until(lambda: idle(victim.server))
    victim.assert_unharmed()


@pytest.mark.parametrize("host", ["here", "[", "a b", "<script>", "x:99999999", "\xff", "", "x" * 5000, "{{7*7}}"])
def test_no_address_of_a_page_opens_a_file_or_breaks_it(victim: Victim, host: str) -> None:
    failures, secrets = [], (b"root:", b"from copyart", b"Traceback", b"<script>")
    for method, target in itertools.product(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE"), TARGETS):
        if host != "here" and (method != "GET" or "docs" not in target):
            continue
        label = f"{method} {target[:60]}"
        data = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")
        answers = exchange(victim.server, data, method=method)
        failures += [] if len(answers) == 1 else [f"{label}: {len(answers)} answers"]
        for answer in answers:
            if method != "HEAD":
                failures += wrong(label, answer, DOCUMENTED)
            elif answer.status not in DOCUMENTED:
                failures.append(f"{label}: {answer.status}")
            if any(secret in answer.body for secret in secrets):
                failures.append(f"{label}: {answer.body[:200]!r}")
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1", "bytes=9999999-", "bytes=5-1", "bytes=" + "0-1," * 2000, "x", "bytes=-"]
)
def test_any_range_of_a_file_is_answered(victim: Victim, wanted: str) -> None:
    answer = victim.server.get("/static/app.js", {"Range": wanted})
    assert answer.status in {200, 206, 400, 416}
    assert len(answer.body) < 200_000
    victim.assert_unharmed()


def test_requests_one_after_the_other_in_one_breath_are_all_answered(victim: Victim) -> None:
    body = part(victim.photo) + END
    paint = posted(body).replace(b"Connection: close\r\n", b"")
    alive = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    last = request(line="GET /healthz HTTP/1.1")
    answers = exchange(victim.server, paint + alive + paint + posted(b"").replace(b"Connection: close\r\n", b"") + last)
    assert [answer.status for answer in answers] == [200, 200, 200, 400, 200]
    assert answers[0].body == answers[2].body
    victim.assert_unharmed()


@pytest.mark.parametrize("headers", [(), ("Connection: keep-alive",)])
def test_a_client_of_http_1_0_gets_its_painting(victim: Victim, headers: tuple[str, ...]) -> None:
    body = part(victim.photo) + END
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    lines = ["POST /api/paint HTTP/1.0", kind, f"Content-Length: {len(body)}", *headers, "", ""]
    (answer,) = exchange(victim.server, "\r\n".join(lines).encode() + body)
    assert (answer.status, answer.body) == (200, victim.paint().body)


FIELDS = {
    "strength": ["nan", "inf", "-inf", "1e999", "-1", "1.0001", "2", "0x1", "one", "½", "1_0", "1" * 900, "."],
    "detail": ["nan", "inf", "1e999", "-0.1", "9" * 900],
    "size": [
        "1e9",
        "-1",
        "0",
        "7",
        str(10**9),
        str(10**30),
        "1" + "0" * 200,
        "9" * 999,
        "1.5",
        "Native",
        "0x10",
        "inf",
        "²",
    ],
    "keep_color": ["yes", "2", "None", "TRUE "],
    "style": [
        "../../etc/passwd",
        "/etc/passwd",
        "monet\x00",
        "TINY",
        "{{7*7}}",
        "x" * 999,
        "tiny\ntiny",
        "\ud7ff",
        "\U0001f600",
    ],
    "format": ["exe", "svg", "../jpg", "/etc/passwd", "jpg\x00", "pdf", "x" * 999, ".", ".."],
    "out": ["/etc/passwd"],
    "device": ["cuda"],
    "compare": ["true"],
    "__class__": ["x"],
    "": ["x"],
}


def test_a_field_that_has_a_value_it_cannot_have_is_refused_by_its_name(victim: Victim) -> None:
    failures = []
    files = {"image": ("good.jpg", victim.photo)}
    for name, values in FIELDS.items():
        for value in values:
            label = f"{name}={value[:40]!r}"
            answer = victim.server.post({name: value}, files)
            problems = wrong(label, answer, {404} if name == "style" else {422})
            if not problems and repr(name)[1:-1] not in answer.json["detail"]:
                problems = [f"{label}: {answer.body!r}"]
            failures += problems
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", "\u0660.\u0665"),
        ("size", "\u0666\u0664"),
        ("size", "  64 "),
        ("strength", ""),
        ("size", ""),
        ("style", " "),
        ("strength", "-0.0"),
        ("strength", "1e-999"),
        ("keep_color", "on"),
        ("format", "JPG"),
    ],
)
def test_a_field_may_be_empty_or_spelled_in_any_digits(victim: Victim, name: str, value: str) -> None:
    assert victim.server.post({name: value}, {"image": ("good.jpg", victim.photo)}).status == 200


def idle(server: Served) -> bool:
    return server.figure("copyart_waiting") == server.figure("copyart_served") == 0


def until(done: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Waits for something; how long it took."""
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds
        time.sleep(0.02)
    return time.monotonic() - start


@pytest.mark.parametrize("pause", [0.0, 0.002])
def test_a_body_without_a_length_is_read_no_further_than_twice_the_limit(victim: Victim, pause: float) -> None:
    limit, piece, sent, most, server = 5_000_000, bytes(1 << 16), 0, 0, victim.server
    before = memory(server)
    head = alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", "Transfer-Encoding: chunked")
    first = part(b"")[:-2]
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(piece))
        connection.settimeout(20)
        connection.sendall(head + b"%x\r\n%b\r\n" % (len(first), first))
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 10 * limit:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                sent += len(piece)
                most = max(most, memory(server))
                time.sleep(pause)
        with suppress(ConnectionResetError):
            said = connection.recv(100)
            assert said.startswith(b"HTTP/1.1 413 ") or not said
    assert sent < 2 * limit + 8_000_000  # what the system holds for a reader
    assert most - before < 3 * limit
    victim.assert_unharmed()


def alive(*headers: str) -> bytes:
    """The head of a request that leaves it to the server when to hang up."""
    return request(*headers).replace(b"Connection: close\r\n", b"")


def dribble(connection: socket.socket, seconds: float) -> float:
    """Sends byte after byte until the server hangs up; after how long that was."""
    start = time.monotonic()
    with suppress(ConnectionError):
        while time.monotonic() - start < seconds:
            connection.sendall(b"x")
            time.sleep(0.05)
    return time.monotonic() - start


def test_a_refused_upload_that_goes_on_is_hung_up_on(hasty: Victim) -> None:
    with hasty.server.connect() as connection:
        connection.sendall(alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", "Content-Length: 1000000"))
        connection.settimeout(20)
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert dribble(connection, 5) < 5


@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"])
def test_a_head_that_never_ends_is_hung_up_on(hasty: Victim, before: bytes) -> None:
    with hasty.server.connect() as connection:
        connection.sendall(before + b"GET / HTTP/1.1\r\nX: ")
        assert dribble(connection, 2 * HASTE + 2) < 2 * HASTE + 2


@pytest.mark.slow
def test_slow_uploads_keep_nobody_waiting_and_end_at_the_time_limit(hasty: Victim) -> None:
    body = form({}, {"image": ("good.jpg", hasty.photo)})
    head = alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", f"Content-Length: {len(body)}")
    ends: list[tuple[float, bytes]] = []

    def seconds() -> float:
        start = time.monotonic()
        assert hasty.paint().status == 200
        return time.monotonic() - start

    with ExitStack() as held:
        before = statistics.median(seconds() for _ in range(5))
        start = time.monotonic()
        slow = {held.enter_context(hasty.server.connect()) for _ in range(20)}
        for connection in slow:
            connection.sendall(head)
            connection.setblocking(False)
        meanwhile = []
        for byte in range(4 * HASTE + 8):
            for connection in list(slow):
                try:
                    connection.send(body[byte : byte + 1])
                    said = connection.recv(1000)
                except BlockingIOError:
                    continue
                except ConnectionError:
                    said = b""
                slow.discard(connection)
                ends.append((time.monotonic() - start, said))
            meanwhile += [seconds()] if slow else []
            time.sleep(max(start + (byte + 1) / 2 - time.monotonic(), 0))
    assert statistics.median(meanwhile) < 5 * before + 0.5
    assert [said[:13] for _, said in ends] == [b"HTTP/1.1 408 "] * 20
    assert max(after for after, _ in ends) < HASTE + 3
    assert idle(hasty.server)
    hasty.assert_unharmed()


def progress(server: Served, files: Files, each: Callable[[dict[str, object]], None] = lambda _: None) -> bytes:
    """Has a photo painted and looks at every line that comes before; the painting."""
    body = form({"size": "native"}, files)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    with server.connect() as connection:
        connection.sendall(posted(body, kind, "Accept: application/x-copyart-progress"))
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        while True:
            line = json.loads(answer.readline())
            each(line)
            if "painting" in line:
                data = answer.read()
                assert len(data) == line["bytes"]
                return data
            assert "title" not in line, line


class _LeaveError(Exception):
    pass


def leave(server: Served, sent: bytes, *, abruptly: bool) -> None:
    with server.connect() as connection:
        connection.sendall(sent)
        time.sleep(0.1)
        if abruptly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.slow
def test_clients_that_vanish_free_their_places(narrow: Served) -> None:
    files = large(3000, 2400)
    whole = posted(form({"size": "native", "format": "tiff"}, files))
    start = time.monotonic()
    progress(narrow, files)
    took = time.monotonic() - start

    for sent, abruptly in itertools.product((whole[: len(whole) // 2], whole), (False, True)):
        with ThreadPoolExecutor(8) as clients:
            for each in [clients.submit(leave, narrow, sent, abruptly=abruptly) for _ in range(8)]:
                each.result()
        assert until(lambda: idle(narrow)) < took + 2

    with narrow.connect() as connection:
        connection.sendall(whole)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert until(lambda: idle(narrow)) < took + 2

    def leave_early(line: dict[str, object]) -> None:
        if line.get("done") == 1:
            raise _LeaveError

    longer = large(6000, 4800)
    with pytest.raises(_LeaveError):
        progress(narrow, longer, leave_early)
    assert until(lambda: idle(narrow)) < took
    assert narrow.post({}, files).status == 200


@pytest.mark.slow
def test_as_many_as_have_places_are_painted_and_the_others_are_told_when_to_come(narrow: Served) -> None:
    files = large(3000, 2400)
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(narrow.post, {"size": "native"}, files) for _ in range(8)]
        until(lambda: narrow.figure("copyart_waiting") == 2)
        waits = []
        while not all(each.done() for each in asked):
            start = time.monotonic()
            assert narrow.get("/healthz").status == 200
            waits.append(time.monotonic() - start)
            time.sleep(0.05)
        answers = [each.result() for each in asked]
    assert sorted(answer.status for answer in answers) == [200] * 4 + [429] * 4
    for answer in answers:
        assert not wrong("full", answer, {200, 429})
        assert answer.status == 200 or 1 <= int(answer.headers["Retry-After"]) <= 60
    assert statistics.median(waits) < 0.3
    assert max(waits) < 3
    assert idle(narrow)


@pytest.mark.slow
def test_who_waits_is_told_how_many_are_before_and_then_how_far_the_painting_is(narrow: Served) -> None:
    files = large(3000, 2400)
    lines: list[dict[str, object]] = []
    before = []
    with ThreadPoolExecutor(3) as clients:
        for _ in range(3):
            before.append(clients.submit(narrow.post, {"size": "native"}, files))
            until(lambda: narrow.figure("copyart_waiting") + narrow.figure("copyart_served") == len(before))
        painting = progress(narrow, files, lines.append)
        answers = [each.result() for each in before]
    assert [line["ahead"] for line in lines if "ahead" in line] == [2, 1, 0]
    done = [int(str(line["done"])) for line in lines[3:-1]]
    assert done
    assert done == sorted(set(done))
    assert lines[-1]["type"] == "image/jpeg"
    assert {answer.body for answer in answers} == {painting}


@pytest.mark.slow
def test_a_photo_that_takes_longer_than_the_time_limit_is_given_up(hasty: Victim) -> None:
    files = large(7000, 7000)
    start = time.monotonic()
    answer = hasty.server.post({"size": "native"}, files)
    assert HASTE <= time.monotonic() - start < HASTE + 20
    assert not wrong("too long", answer, {503})
    assert answer.json["title"] == "too-long"
    assert int(answer.headers["Retry-After"]) >= 1
    assert until(lambda: idle(hasty.server)) < 20
    assert hasty.paint().body == hasty.painting


@pytest.mark.slow
def test_a_small_file_that_is_long_to_read_keeps_nobody_waiting(tiny: Style, china: Path, tmp_path: Path) -> None:
    slow = {
        "very many scans": many_scans((1400, 1400), 20_000),
        "very many frames": gif(10, 10, 200_000),
        "very many pages": tiff(10, 10, pages=30_000),
    }
    good = {"image": ("good.jpg", encoded(china, "JPEG"))}
    failures = []
    with (
        served("--styles", tiny.folder, "--time-limit", HASTE, folder=tmp_path / "server") as server,
        ThreadPoolExecutor(2) as clients,
    ):
        for label, data in slow.items():
            start = time.monotonic()
            asked = [clients.submit(server.post, {}, {"image": ("slow", data)}) for _ in range(2)]
            time.sleep(0.5)
            answer = server.post({}, good)
            failures += wrong(f"a good one beside {label}", answer, {200})
            failures += [line for each in asked for line in wrong(label, each.result(), {*OF_PICTURES, 503})]
            took = time.monotonic() - start
            failures += [f"{label}: {len(data)} bytes took {took:.1f} s"] if took > HASTE + 10 else []
            until(lambda: idle(server))
    assert_answers(failures)


def refuses(server: Served) -> bool:
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.slow
def test_a_server_that_is_to_stop_finishes_what_it_has_accepted(tiny: Style, tmp_path: Path) -> None:
    files = large(3000, 2400)
    with (
        served("--styles", tiny.folder, "--time-limit", 60, folder=tmp_path / "server") as server,
        ThreadPoolExecutor(3) as clients,
        server.connect() as silent,
        server.connect() as kept,
    ):
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
        asked = [clients.submit(server.post, {"size": "native"}, files) for _ in range(3)]
        until(lambda: server.figure("copyart_waiting") == 1)
        server.process.send_signal(signal.SIGTERM)
        until(partial(refuses, server), 20)
        assert not all(each.done() for each in asked)
        assert [each.result().status for each in asked] == [200] * 3
        assert server.process.wait(20) == 0
        assert silent.recv(10) == b""


def test_idle_connections_do_not_hold_a_stop_up(tiny: Style, tmp_path: Path) -> None:
    with served("--styles", tiny.folder, folder=tmp_path / "server") as server, ExitStack() as held:
        for data in (b"", b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHo"):
            held.enter_context(server.connect()).sendall(data)
        until(lambda: server.get("/healthz").status == 200)
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 20


def test_a_server_can_be_stopped_while_it_loads_its_styles(tmp_path: Path) -> None:
    with served(folder=tmp_path / "server", ready=False) as server:
        assert server.get("/readyz").status == 503
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 30


@pytest.mark.slow
def test_who_interrupts_twice_does_not_wait(tiny: Style, china: Path, tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(3) as clients,
        served("--styles", tiny.folder, folder=tmp_path / "server") as server,
    ):
        asked = [clients.submit(server.post, {"size": "native"}, large(6000, 6000)) for _ in range(3)]
        until(lambda: server.figure("copyart_waiting") == 1)
        server.process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)
        for each in asked:
            with suppress(HTTPException, ConnectionError):
                each.result()


def assert_says_one_line(run: Run, *arguments: object) -> None:
    done = run("serve", *arguments)
    assert done.returncode in (1, 2)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.match("Error: .+; .+", done.stderr)


def test_a_port_that_is_taken_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert_says_one_line(copyart, "--styles", tiny.folder, "--port", taken.getsockname()[1])


def test_a_host_that_is_not_here_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    assert_says_one_line(copyart, "--styles", tiny.folder, "--port", 0, "--host", "192.0.2.1")


def test_an_unknown_style_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    assert_says_one_line(copyart, "--port", 0, "--styles", f"{tiny.folder},monte")


def test_two_styles_of_one_name_are_told_in_a_line(copyart: Run, tiny: Style, tmp_path: Path) -> None:
    assert tiny.folder
    again = shutil.copytree(tiny.folder, tmp_path / "other" / tiny.folder.name)
    assert_says_one_line(copyart, "--port", 0, "--styles", f"{tiny.folder},{again}")


def test_a_broken_style_is_told_in_a_line(copyart: Run, tiny: Style, tmp_path: Path) -> None:
    assert tiny.folder
    broken = shutil.copytree(tiny.folder, tmp_path / "broken" / tiny.folder.name)
    for weights in broken.glob("*.safetensors"):
        weights.write_bytes(weights.read_bytes()[:-100])
    assert_says_one_line(copyart, "--port", 0, "--styles", broken)
