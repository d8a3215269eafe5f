"""`POST /api/paint`: a photo in, a painting out."""

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
from copyart.serving.line import FullError, Line
from copyart.serving.metrics import Metrics
from copyart.serving.orders import Order, Orders
from copyart.serving.refusals import Refusal, refusal_of, still_loading
from copyart.serving.replies import Reply
from copyart.serving.studio import Painting, Studio

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

LONGEST_WAIT = 60  # seconds after which who is refused may come again
_GONE = 499  # what logs say of a client that did not wait for its answer
_QUIET = 3.0  # seconds after the last painting in which its memory is kept for the next
_LINGER = 10.0  # seconds in which the rest of a photo that is refused may come, so that its sender reads why


class Paint:
    """The route: an ASGI application.

    Args:
        config: The limits.
        studio: Where photos are painted.
        line: Who is served and who waits.
        metrics: Where figures are kept.
    """

    def __init__(self, config: ServeConfig, studio: Studio, line: Line, metrics: Metrics) -> None:
        self._config, self._studio, self._line, self._metrics = config, studio, line, metrics
        self._rest: asyncio.TimerHandle | None = None
        self._orders = Orders(config, [style.name for style in studio.styles])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  # of ASGI
        request = Request(scope, receive)
        reply = Reply(request, send)
        status = _GONE
        with suppress(ClientDisconnect, asyncio.TimeoutError):
            try:
                painting = await self._painting(request, reply)
            except Refusal as refusal:
                is_read = refusal.code != "too-slow" and await self._discard(request)
                await asyncio.wait_for(reply.refuse(refusal, hang_up=not is_read), self._config.time_limit)
                status = refusal.status
            else:
                await asyncio.wait_for(reply.give(painting), self._config.time_limit)
                status = 200
        self._metrics.answers.labels(status).inc()

    async def _painting(self, request: Request, reply: Reply) -> Painting:
        """What is asked for.

        Raises:
            Refusal: If there is a reason not to paint it.
            ClientDisconnect: If the client goes away meanwhile.
        """
        arrived = asyncio.Event()
        try:
            return await asyncio.wait_for(self._attend(request, reply, arrived), self._config.time_limit)
        except TimeoutError as error:
            limit = self._config.time_limit
            if not arrived.is_set():
                raise Refusal("too-slow", f"the photo did not arrive within {limit} s; send a smaller one") from error
            raise Refusal(
                "too-long", f"the photo was not painted within {limit} s; give less as size", retry_after=10
            ) from error
        except (CopyartError, MemoryError) as error:
            raise refusal_of(error) from error
        except (Refusal, ClientDisconnect):
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            why = f"{type(error).__name__}: {first_line(error)}"
            logger.error("a photo could not be painted: %s (%s:%d)", why, place.filename, place.lineno)  # noqa: TRY400  # in a line
            raise Refusal("failed", "something went wrong here, and not with the photo; try again") from error

    async def _attend(self, request: Request, reply: Reply, arrived: asyncio.Event) -> Painting:
        """Reads what is asked for, sets `arrived` when it is here, and paints it."""
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise Refusal("cross-site", "another site has sent this; open the page of this server")
        if not self._studio.ready:
            raise still_loading()
        async with self._orders.read(request) as order:
            arrived.set()
            return await _unless_gone(request, reply, self._paint(order, reply))

    async def _paint(self, order: Order, reply: Reply) -> Painting:
        await self._studio.check(order)
        try:
            with self._line.place() as place:
                with self._metrics.timing("wait"):
                    await place.turn(reply.ahead)
                reply.ahead(0)
                with self._metrics.timing("paint"):
                    painting = await self._studio.paint(order, reply.tiles)
        except FullError as error:
            raise Refusal(
                "busy", "many photos are being painted; try again later", retry_after=self._patience()
            ) from error
        finally:
            self._await_rest()
        self._metrics.paintings.labels(order.style).inc()
        return painting

    def _await_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(_QUIET, self._studio.rest)

    def _patience(self) -> int:
        """In how many seconds half of those who wait will have been served."""
        seconds = math.ceil(self._metrics.seconds_each * self._line.waiting / 2 / self._config.workers)
        return min(max(seconds, 1), LONGEST_WAIT)

    async def _discard(self, request: Request) -> bool:
        """Reads what else comes of a photo that is refused, and forgets it: many clients send all, then read.

        Returns:
            Whether that was all.
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


async def _unless_gone(request: Request, reply: Reply, work: Coroutine[Any, Any, Result]) -> Result:
    """Does some work, and tells of it, until it is done or the client goes away.

    Raises:
        ClientDisconnect: If it goes; the work has ended then.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(request))
    telling = asyncio.ensure_future(reply.send_news())
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
