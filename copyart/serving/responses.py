"""The answer to a request for a painting: the painting, or its progress and then the painting."""

import asyncio
import json
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Send

from copyart.serving.problems import Problem
from copyart.serving.workers import Painting

# Lines of JSON: where in the queue the photo is, how many tiles are painted, and at last a problem, or the painting's
# name, type and length, which is followed by so many bytes.
PROGRESS = "application/x-copyart-progress"

_CHUNK = 1 << 16


class PaintResponse:
    """The answer to one request.

    Args:
        request: What is answered.
        send: Where to.
    """

    def __init__(self, request: Request, send: Send) -> None:
        self._request, self._send = request, send
        self._shows_progress = PROGRESS in request.headers.get("accept", "")
        self._progress: dict[str, int] = {}
        self._has_progress = asyncio.Event()
        self._started = False

    def ahead(self, count: int) -> None:
        """Tells how many photos are to be painted before this one."""
        self._tell({"ahead": count})

    def tiles(self, done: int, tiles: int) -> None:
        """Tells how much is painted."""
        self._tell({"done": done, "tiles": tiles})

    async def send_progress(self) -> None:
        """Sends what is told, until it is cancelled; only the latest to those who read slowly, and to others none."""
        while self._shows_progress:
            await self._has_progress.wait()
            self._has_progress.clear()
            await self._send_line(self._progress)

    async def send_painting(self, painting: Painting) -> None:
        """Sends a painting, no faster than it is read."""
        if self._shows_progress:
            record = {"painting": painting.name, "type": painting.media_type, "bytes": len(painting.data)}
            await self._send_line(record)
        else:
            await self._start(
                200,
                {
                    "Content-Type": painting.media_type,
                    "Content-Length": str(len(painting.data)),
                    "Content-Disposition": f"inline; filename*=UTF-8''{quote(painting.name)}",
                },
            )
        for start in range(0, len(painting.data), _CHUNK):
            await self._body(painting.data[start : start + _CHUNK])
        await self._body(b"", more=False)

    async def send_problem(self, problem: Problem, *, hang_up: bool) -> None:
        """Sends a problem: as such, or as the last line where progress has been sent."""
        if self._started:
            await self._send_line(problem.record)
            await self._body(b"", more=False)
        else:
            await problem.response(hang_up=hang_up)(self._request.scope, self._request.receive, self._send)

    def _tell(self, progress: dict[str, int]) -> None:
        self._progress = progress
        self._has_progress.set()

    async def _send_line(self, record: dict[str, object] | dict[str, int]) -> None:
        if not self._started:
            await self._start(200, {"Content-Type": PROGRESS, "X-Accel-Buffering": "no"})
        await self._body(json.dumps(record).encode() + b"\n")

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        self._started = True
        raw = Headers({**headers, "Cache-Control": "no-store"}).raw
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _body(self, data: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})
