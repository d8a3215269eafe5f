"""`copyart serve` before a crowd: photos a second beside `copyart batch`, how long people wait, and its memory.

    python docs/benchmarks/serving.py [SECONDS] [CLIENTS] [ROUNDS]

CLIENTS, 50 if not said, send photos for SECONDS, 60 if not said, to a server on this machine, each the next a second
after it has its painting; then `copyart batch` paints as many; ROUNDS times, twice if not said.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import psutil
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image

from copyart.config import PaintConfig, SaveConfig, ServeConfig
from copyart.destinations import plan
from copyart.devices import keep_memory
from copyart.translator import Failed, Translator

STYLE = "monet"
WARM_UP = 48  # small photos that are painted before anything is measured; of large ones as many as there are clients
PAUSE = 1.0  # seconds in which a client looks at its painting; without it those who were refused would never get in
REST = 10.0  # seconds after which memory is measured once more
CORNERS = ((0, 0), (384, 0), (0, 171), (384, 171))


@dataclass(frozen=True)
class Load:
    """The photos that are sent to a server, and by whom.

    Attributes:
        name: Of the column.
        photos: JPEG files.
        clients: Who send them at a time.
        seconds: For how long.
        warm_up: How many are painted before that.
        options: Of `copyart serve`.
    """

    name: str
    photos: list[bytes]
    clients: int
    seconds: float
    warm_up: int
    options: tuple[str, ...] = ()


@dataclass
class Tally:
    """The outcome of a load.

    Attributes:
        statuses: How many answers had which status.
        waits: Of each photo painted: seconds from the first byte sent to the last received of the request that was
            granted, and from the first byte of the first request for it.
        without: Clients that got no painting in a round.
        painted: Photos, of each round.
        seconds: From the first byte sent to the last received, of each round.
        batch: Seconds that `copyart batch` took for as many photos, of each round.
        processor: Seconds of it that the clients took.
        memory: Of the server in MB, while it was under load.
        before: The same after warming up.
        after: The same some seconds after the last answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[tuple[float, float]] = field(default_factory=list)
    without: int = 0
    painted: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    batch: list[float] = field(default_factory=list)
    processor: float = 0.0
    memory: list[float] = field(default_factory=list)
    before: float = 0.0
    after: float = 0.0


class Client:
    """Somebody who sends photos over one connection, one after the other."""

    def __init__(self, port: int, requests: Iterator[bytes], tally: Tally) -> None:
        self._port, self._requests, self._tally = port, requests, tally
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.painted = 0

    async def send_all(self, until: float, most: int | None = None) -> None:
        """Sends photos until some time, and comes again when told to; waits for the last answer."""
        while time.perf_counter() < until and self.painted != most:
            request = next(self._requests)
            first = time.perf_counter()
            while True:
                start = time.perf_counter()
                status, patience = await self._ask(request)
                end = time.perf_counter()
                self._tally.statuses[status] += 1
                if status == 200:
                    self._tally.waits.append((end - start, end - first))
                    self.painted += 1
                pause = PAUSE if patience is None else patience
                if end + pause > until:
                    return
                await asyncio.sleep(pause)
                if patience is None:
                    break

    async def _ask(self, request: bytes) -> tuple[int, float | None]:
        """The status of the answer, and in how many seconds to ask again."""
        if self._connection is None or self._connection[0].at_eof():
            self.leave()
            self._connection = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._connection
        writer.write(request)
        await writer.drain()
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).lower().splitlines()
        headers = dict(line.split(b": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers[b"content-length"]))
        if headers.get(b"connection") == b"close":
            self.leave()
        code = int(status.split()[1])
        assert code != 200 or body.startswith(b"\xff\xd8")
        return code, float(headers[b"retry-after"]) if b"retry-after" in headers else None

    def leave(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None


def small_photos() -> list[bytes]:
    """Pieces of 256 x 256 of two photos."""
    whole = [Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")]
    return [_jpeg(photo.crop((x, y, x + 256, y + 256))) for photo in whole for x, y in CORNERS]


def large_photo() -> bytes:
    """A photo of 12 megapixels."""
    china = Image.fromarray(load_sample_image("china.jpg"))
    return _jpeg(china.resize((4000, 3000), Image.Resampling.LANCZOS))


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()


def request_of(photo: bytes) -> bytes:
    """The bytes of a request that has a photo painted."""
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="style"\r\n\r\n' + STYLE.encode() + b"\r\n"
        b'--edge\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n--edge--\r\n"
    )
    return (
        b"POST /api/paint HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )


@contextmanager
def server(options: tuple[str, ...]) -> Iterator[tuple[int, psutil.Process]]:
    """A server that can paint: its port, and its process."""
    command = [sys.executable, "-m", "copyart", "serve", "--port", "0", "--styles", STYLE, "--device", "cpu", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().split()[2].rpartition(":")[2])
            while True:
                try:
                    urlopen(f"http://127.0.0.1:{port}/readyz").close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def megabytes(process: psutil.Process) -> float:
    """The memory of a process and its children."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6


async def send(load: Load, port: int, process: psutil.Process, tally: Tally) -> None:
    """Has all clients send photos, and adds what comes of it to the tally."""

    async def look() -> None:
        while True:
            tally.memory.append(megabytes(process))
            await asyncio.sleep(0.25)

    requests = cycle([request_of(photo) for photo in load.photos])
    clients = [Client(port, requests, tally) for _ in range(load.clients)]
    looking = asyncio.create_task(look())
    start, spent, before = time.perf_counter(), time.process_time(), tally.statuses[200]
    await asyncio.gather(*(client.send_all(start + load.seconds) for client in clients))
    seconds = time.perf_counter() - start
    looking.cancel()
    tally.processor += time.process_time() - spent
    tally.painted.append(tally.statuses[200] - before)
    tally.seconds.append(seconds)
    tally.without += sum(client.painted == 0 for client in clients)
    for client in clients:
        client.leave()


async def warm(load: Load, port: int) -> None:
    """Has the server paint some photos that do not count."""
    clients = [Client(port, cycle([request_of(photo) for photo in load.photos]), Tally()) for _ in range(4)]
    await asyncio.gather(*(client.send_all(float("inf"), load.warm_up // len(clients)) for client in clients))
    for client in clients:
        client.leave()


def batch_seconds(photos: list[bytes], count: int) -> float:
    """The seconds in which `copyart batch` paints so many photos, without its start, in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_batch_seconds, photos, count).result()


def _batch_seconds(photos: list[bytes], count: int) -> float:
    keep_memory()
    translator = Translator(STYLE, device="cpu")
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "few", Path(name) / "all"
        for folder, number in zip(folders, (4, count), strict=True):
            folder.mkdir()
            for i in range(number):
                (folder / f"{i}.jpg").write_bytes(photos[i % len(photos)])
        for folder in folders:
            jobs = plan(folder, Path(name) / "paintings", SaveConfig(overwrite=True))
            start = time.perf_counter()
            results = list(translator.translate_many(jobs, PaintConfig(), SaveConfig(overwrite=True)))
            seconds = time.perf_counter() - start
            assert not any(isinstance(result, Failed) for result in results)
            shutil.rmtree(Path(name) / "paintings")
    return seconds


def measured(load: Load, rounds: int) -> Tally:
    """Has a server and `copyart batch` paint in turn."""
    tally = Tally()
    with server(load.options) as (port, process):
        asyncio.run(warm(load, port))
        tally.before = megabytes(process)
        for _ in range(rounds):
            asyncio.run(send(load, port, process, tally))
            tally.batch.append(batch_seconds(load.photos, tally.painted[-1]))
        time.sleep(REST)
        tally.after = megabytes(process)
    return tally


def column(tally: Tally) -> dict[str, str]:
    """The column of a table on a load."""
    painted, serving, batch = sum(tally.painted), sum(tally.seconds), sum(tally.batch)
    ratios = [f"{alone / served:.0%}" for served, alone in zip(tally.seconds, tally.batch, strict=True)]
    (middle, whole_middle), (late, whole_late) = np.percentile(tally.waits, (50, 99), axis=0)
    return {
        "answers": ", ".join(f"{count} x {status}" for status, count in sorted(tally.statuses.items())),
        "copyart serve, photos a second": f"{painted / serving:.2f}",
        "copyart batch, photos a second": f"{painted / batch:.2f}",
        "serve of batch": f"{batch / serving:.0%}",
        "in each round": ", ".join(ratios),
        "seconds of a request that was granted, p50": f"{middle:.1f}",
        "p99": f"{late:.1f}",
        "seconds with those that were refused before it, p50": f"{whole_middle:.1f}",
        "p99 ": f"{whole_late:.1f}",
        "clients without a painting, of all rounds": str(tally.without),
        "MB of the server, warmed up": f"{tally.before:.0f}",
        "at most": f"{max(tally.memory):.0f}",
        f"{REST:.0f} s after the last": f"{tally.after:.0f} ({tally.after - tally.before:+.0f})",
        "of one core, taken by the clients": f"{tally.processor / serving:.1%}",
    }


def show(title: str, loads: list[Load], rounds: int) -> None:
    """Measures some loads, and prints what came of them side by side."""
    columns = {load.name: column(measured(load, rounds)) for load in loads}
    table = Table(title=title)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for row in next(iter(columns.values())):
        table.add_row(row.strip(), *(one[row] for one in columns.values()))
    Console(width=120).print(table)


def main() -> None:
    """Measures what is served by default, then a longer queue and larger photos."""
    given = [*sys.argv[1:], *("60", "50", "2")[len(sys.argv) - 1 :]]
    seconds, clients, rounds = float(given[0]), int(given[1]), int(given[2])
    crowd = Load(f"--queue {ServeConfig.queue}, the default", small_photos(), clients, seconds, WARM_UP)
    patient = replace(crowd, name="--queue 64", options=("--queue", "64"))
    large = Load("12 megapixels, 4 clients", [large_photo()], 4, seconds / 3, 4)
    title = f"{clients} clients, {rounds} x {seconds:.0f} s, photos of 256 x 256, {STYLE}"
    show(title, [crowd], rounds)
    show(f"The same with a longer queue; and large photos, {rounds} x {large.seconds:.0f} s", [patient, large], rounds)


if __name__ == "__main__":
    main()
