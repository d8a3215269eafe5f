"""Runs a server until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from copyart.config import ServeConfig, TranslatorConfig
from copyart.errors import OptionError
from copyart.files import reason
from copyart.models import Style, Unconverted, bundled_styles, find_style
from copyart.serving.app import make_app
from copyart.serving.paint import LONGEST_WAIT
from copyart.serving.workers import Workers

# Connections at a time; beyond, uvicorn answers 503. Each takes one of the 1,024 files that a process may open.
_CONNECTIONS = 900

# Seconds for which a connection waits for the next request: more than a client that is sent away is told to wait.
_IDLE = LONGEST_WAIT + 15


def serve(config: ServeConfig, announce: Callable[[str], None]) -> None:
    """Paints photos that come over HTTP, until SIGTERM or SIGINT; what has been accepted is finished in the time limit.

    Args:
        config: Where to listen, what to paint with, and the limits.
        announce: Is told the address, once it listens; the styles may still be loading then.

    Raises:
        OptionError: If two styles have one name, or it cannot listen there.
        StyleError: If a style cannot be found or used.
        DeviceError: If the device is not there.
    """
    found = _find(config.styles or _bundled())
    listener = _listen(config)
    workers = Workers([_to_style(each) for each in found], config)
    host, port = listener.getsockname()[:2]
    server = _Server(
        uvicorn.Config(
            make_app(config, workers),
            http=type("Protocol", (_Protocol,), {"limit": config.time_limit}),
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=config.time_limit,
        ),
        lambda: announce(f"http://{f'[{host}]' if ':' in host else host}:{port}"),
    )
    asyncio.run(_run(server, workers, listener))


async def _run(server: uvicorn.Server, workers: Workers, listener: socket.socket) -> None:
    def loaded(loading: "asyncio.Task[None]") -> None:
        server.should_exit |= not loading.cancelled() and loading.exception() is not None

    loading = asyncio.create_task(workers.load())
    loading.add_done_callback(loaded)
    try:
        await server.serve(sockets=[listener])
    finally:
        workers.close()
    if loading.done():
        loading.result()


class _Protocol(H11Protocol):
    """Hangs up on a client that does not get the head of a request over within the time limit."""

    limit = float(ServeConfig.time_limit)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._hurry = self.loop.call_later(self.limit, self._hang_up, None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._hurry.cancel()
        super().connection_lost(exc)

    def _hang_up(self, last: RequestResponseCycle | None) -> None:
        """Hangs up where nothing is being answered, and nothing but `last` has been since the last time."""
        if self.cycle is last and (last is None or last.response_complete):
            self.transport.close()
        else:
            self._hurry = self.loop.call_later(self.limit, self._hang_up, self.cycle)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def _find(names: tuple[str, ...]) -> list[Style | Unconverted]:
    styles: dict[str, Style | Unconverted] = {}
    for name in names:
        style = find_style(name)
        if style.name in styles:
            raise OptionError(f"two styles are called {style.name!r}; leave one out of --styles")
        styles[style.name] = style
    return list(styles.values())


def _to_style(found: Style | Unconverted) -> Style:
    """A style that can be painted with; loads torch only where other weights become one."""
    if isinstance(found, Style):
        return found

    from copyart.checkpoints import to_style

    return to_style(found)


def _bundled() -> tuple[str, ...]:
    """The styles that come with copyart, the default first."""
    return tuple(sorted(bundled_styles(), key=lambda name: name != TranslatorConfig.style))


def _listen(config: ServeConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family)
    except OSError as error:
        raise OptionError(
            f"cannot listen at {config.host}, port {config.port}: {reason(error)}; give another --host or --port"
        ) from error
