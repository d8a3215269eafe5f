"""Broken pictures, broken requests, and servers that bear them."""

import io
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import numpy as np
import psutil
import pytest
import pyvips
from PIL import Image
from served import BOUNDARY, PATIENCE, Answer, Served, served

from copyart.images.formats import register_heic
from copyart.models import Style

DOCUMENTED = {200, 400, 403, 404, 405, 408, 411, 413, 414, 415, 422, 431}
OF_PICTURES = {200, 413, 415, 422}
HASTE = 3  # seconds

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
        assert answer.status == (415 if name.startswith(("moving", "pages")) else 200), (name, answer.body)
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
    """A server with two slots for one worker, where two more can wait."""
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
    register_heic()
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
    said, cut = b"", False
    with server.connect() as connection:
        connection.settimeout(patience)
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            cut = True
        try:
            while part := connection.recv(1 << 16):
                said += part
        except ConnectionResetError:
            cut = True
    tape, answers = _Tape(said), []
    while tape.tell() < len(said):
        answer = HTTPResponse(tape, method=method)  # type: ignore[arg-type]  # it asks for no more than `makefile`
        answer.begin()
        answers.append(Answer(answer.status, answer.headers, answer.read()))
    if cut and answers and not answers[-1].body:
        answers.pop()  # the end overtook what it says: it was hung up on
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


def idle(server: Served) -> bool:
    return server.figure("copyart_waiting") == server.figure("copyart_served") == 0


def until(done: Callable[[], bool]) -> None:
    """Waits for something."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(*headers: str) -> bytes:
    """The head of a request that leaves it to the server when to hang up."""
    return request(*headers).replace(b"Connection: close\r\n", b"")
