"""`POST /api/paint`: a photo in, a painting out, or the photo enlarged."""

import asyncio
import logging
import math
import traceback
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from copyart.config import ServeConfig
from copyart.errors import CopyartError, first_line
from copyart.serving.forms import Form, Forms
from copyart.serving.metrics import Metrics
from copyart.serving.problems import Problem, problem_of, still_loading
from copyart.serving.queue import FullError, Queue
from copyart.serving.responses import PaintResponse
from copyart.serving.workers import Painting, Workers

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

LONGEST_WAIT = 60  # seconds, the longest after which a client is told to come again
_GONE = 499  # what logs say of a client that did not wait for its answer
_QUIET = 3.0  # seconds after the last painting in which its memory is kept for the next
_LINGER = 10.0  # seconds in which the rest of a photo that is not painted may come, so that its sender reads why


class Paint:
    """The route: an ASGI application.

    Args:
        config: The limits.
        workers: Where photos are painted.
        queue: Who is served and who waits.
        metrics: Where figures are kept.
    """

    def __init__(self, config: ServeConfig, workers: Workers, queue: Queue, metrics: Metrics) -> None:
        self._config, self._workers, self._queue, self._metrics = config, workers, queue, metrics
        self._freeing: asyncio.TimerHandle | None = None
        self._forms = Forms(config, [style.name for style in workers.styles])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  # of ASGI
        request = Request(scope, receive)
        response = PaintResponse(request, send)
        status = _GONE
        with suppress(ClientDisconnect, asyncio.TimeoutError):
            try:
                painting = await self._painting(request, response)
            except Problem as problem:
                is_read = problem.code != "too-slow" and await self._discard(request)
                await asyncio.wait_for(response.send_problem(problem, hang_up=not is_read), self._config.time_limit)
                status = problem.status
            else:
                await asyncio.wait_for(response.send_painting(painting), self._config.time_limit)
                status = 200
        self._metrics.answers.labels(status).inc()

    async def _painting(self, request: Request, response: PaintResponse) -> Painting:
        """The painting that is asked for.

        Raises:
            Problem: If there is a reason not to paint it.
            ClientDisconnect: If the client goes away meanwhile.
        """
        arrived = asyncio.Event()
        try:
            return await asyncio.wait_for(self._read_and_paint(request, response, arrived), self._config.time_limit)
        except TimeoutError as error:
            limit = self._config.time_limit
            if not arrived.is_set():
                raise Problem("too-slow", f"the photo did not arrive within {limit} s; send a smaller one") from error
            raise Problem(
                "too-long", f"the photo was not done within {limit} s; give less as size or scale", retry_after=10
            ) from error
        except (CopyartError, MemoryError) as error:
            raise problem_of(error) from error
        except (Problem, ClientDisconnect):
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            why = f"{type(error).__name__}: {first_line(error)}"
            logger.error("a photo could not be painted: %s (%s:%d)", why, place.filename, place.lineno)  # noqa: TRY400  # in a line
            raise Problem("failed", "something went wrong here, and not with the photo; try again") from error

    async def _read_and_paint(self, request: Request, response: PaintResponse, arrived: asyncio.Event) -> Painting:
        """Reads what is asked for, sets `arrived` when it is here, and paints it."""
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise Problem("cross-site", "another site has sent this; open the page of this server")
        if not self._workers.ready:
            raise still_loading()
        async with self._forms.read(request) as form:
            arrived.set()
            return await _unless_gone(request, response, self._paint(form, response))

    async def _paint(self, form: Form, response: PaintResponse) -> Painting:
        await self._workers.check(form)
        try:
            with self._queue.place() as place:
                with self._metrics.timing("wait"):
                    await place.turn(response.ahead)
                response.ahead(0)
                with self._metrics.timing("paint"):
                    painting = await self._workers.paint(form, response.tiles)
        except FullError as error:
            raise Problem(
                "busy", "many photos are being painted; try again later", retry_after=self._retry_after()
            ) from error
        finally:
            self._free_memory_later()
        if form.scale is None:
            self._metrics.paintings.labels(form.style).inc()
        else:
            self._metrics.enlargements.labels(form.scale).inc()
        return painting

    def _free_memory_later(self) -> None:
        if self._freeing is not None:
            self._freeing.cancel()
        self._freeing = asyncio.get_running_loop().call_later(_QUIET, self._workers.free_memory)

    def _retry_after(self) -> int:
        """The seconds in which half of those who wait will have been served."""
        seconds = math.ceil(self._metrics.seconds_each * self._queue.waiting / 2 / self._config.workers)
        return min(max(seconds, 1), LONGEST_WAIT)

    async def _discard(self, request: Request) -> bool:
        """Reads what else comes of a photo that is not painted, and forgets it: many clients send all, then read.

        Returns:
            True if that was all.
        """
        left = self._config.max_bytes

        async def rest() -> bool:
            nonlocal left
            async for chunk in request.stream():
                left -= len(chunk)
                if left < 0:
                    return False
            return True

        try:
            return await asyncio.wait_for(rest(), _LINGER)
        except TimeoutError:
            return False
        except RuntimeError:  # all had been read before
            return True


async def _unless_gone(request: Request, response: PaintResponse, work: Coroutine[Any, Any, Result]) -> Result:
    """Waits for some work, and sends its progress, until it is done or the client goes away.

    Raises:
        ClientDisconnect: If it goes; the work has ended then.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(request))
    telling = asyncio.ensure_future(response.send_progress())
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, gone, telling):
            task.cancel()
        await asyncio.wait({working, gone, telling})
        for task in (working, gone, telling):
            if not task.cancelled():
                task.exception()  # which nobody waits for any more


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
