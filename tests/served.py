"""`copyart serve` in a process of its own, and what a client needs to talk to it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 600.0  # seconds, against hanging only
BOUNDARY = "a-boundary-that-no-photo-holds"

_STEP = 0.05


@dataclass(frozen=True)
class Answer:
    """An answer of a server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def form(fields: Mapping[str, object], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """The body of a form; of each file, its name and what it holds."""
    parts = [f'"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    parts += [
        f'"{name}"; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + data + b"\r\n"
        for name, (file, data) in files.items()
    ]
    begin = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=".encode()
    return b"".join(begin + part for part in parts) + f"--{BOUNDARY}--\r\n".encode()


class Served:
    """A server that listens.

    Args:
        process: In which it runs.
        folder: Where its files are: `cwd` and `tmp`, which are to stay empty, and `stderr`.
    """

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process, self.folder = process, folder
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Painting at (http://([\d.]+):(\d+))  \(Ctrl-C stops\)\n", line)
        assert found, line + self.stderr
        self.address, self.host, self.port = found[1], found[2], int(found[3])

    @property
    def stderr(self) -> str:
        """The text that it has written there so far."""
        return (self.folder / "stderr").read_text()

    @property
    def left(self) -> list[Path]:
        """Files that it has left where it runs and where temporary files go."""
        return [path for name in ("cwd", "tmp") for path in (self.folder / name).rglob("*")]

    def wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while self.get("/readyz").status != 200:
            assert time.monotonic() < end, self.stderr
            time.sleep(_STEP)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(
        self,
        fields: Mapping[str, object] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends a form to `/api/paint`: `post({"style": "monet"}, {"image": ("photo.jpg", data)})`."""
        return self.ask(
            "POST",
            "/api/paint",
            form(fields or {}, files or {}),
            {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})},
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A connection for what no client would send."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE)

    def figure(self, name: str) -> float:
        """One of `/metrics`, with its labels if it has any: `copyart_answers_total{status="200"}`; 0 if not there."""
        lines = (line.rpartition(" ") for line in self.get("/metrics").body.decode().splitlines())
        return next((float(value) for key, _, value in lines if key == name), 0.0)

    def stop(self) -> int:
        """Ends it as systemd does; its exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def served(*arguments: object, folder: Path, ready: bool = True) -> Iterator[Served]:
    """Runs `copyart serve` with these arguments and a free port, and holds that it leaves no file and no traceback.

    Args:
        arguments: Of the command line: `"--styles", tiny.folder`.
        folder: An empty one, for `cwd`, `tmp` and `stderr`.
        ready: Wait until it can paint.
    """
    for name in ("cwd", "tmp"):
        (folder / name).mkdir(parents=True)
    with (
        (folder / "stderr").open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "copyart", "serve", "--port", "0", *map(str, arguments)],
            cwd=folder / "cwd",
            env={**os.environ, "TMPDIR": str(folder / "tmp"), "COPYART_CACHE": str(folder / "cache")},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            server = Served(process, folder)
            if ready:
                server.wait_until_ready()
            yield server
            if process.poll() is None:
                assert server.stop() == 0, server.stderr
            assert "Traceback" not in server.stderr
            assert server.left == []
        finally:
            process.kill()
