"""The addresses of a server, and the answer at each."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from copyart.config import SCALES, ServeConfig
from copyart.serving.forms import PAINTING
from copyart.serving.headers import SecurityHeaders
from copyart.serving.metrics import Metrics
from copyart.serving.openapi import describe
from copyart.serving.paint import Paint
from copyart.serving.problems import Problem, still_loading
from copyart.serving.queue import Queue
from copyart.serving.workers import Workers
from copyart.version import __version__

WEB = Path(__file__).parent / "web"


def make_app(config: ServeConfig, workers: Workers) -> Starlette:
    """Makes an ASGI application.

    Args:
        config: The limits.
        workers: Where photos are painted; until they have loaded the styles, requests are answered with 503.
    """
    queue = Queue(config.workers + 1, config.queue)
    metrics = Metrics(queue)
    pages = _Pages(config, workers, metrics)
    app = Starlette(
        routes=[
            Route("/", pages.page),
            Route("/docs", pages.docs),
            Route("/openapi.json", pages.openapi),
            Route("/api/paint", Paint(config, workers, queue, metrics), methods=["POST"]),
            Route("/api/styles", pages.styles),
            Route("/api/styles/{name}/sample", pages.sample),
            Route("/healthz", pages.alive),
            Route("/readyz", pages.ready),
            Route("/metrics", pages.metrics),
            Mount("/static", StaticFiles(directory=WEB / "static")),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: _no_such_address},
    )
    app.router.redirect_slashes = False  # they would lead out of the path that a proxy has put it below
    return app


class _Pages:
    """The answers to all requests but those for paintings and larger photos."""

    def __init__(self, config: ServeConfig, workers: Workers, metrics: Metrics) -> None:
        self._config, self._workers, self._metrics = config, workers, metrics
        self._templates = Environment(
            loader=PackageLoader("copyart.serving", "web"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._words: dict[str, dict[str, str]] = json.loads((WEB / "words.json").read_text(encoding="utf-8"))
        self._openapi = describe(config, [style.name for style in workers.styles])

    async def page(self, request: Request) -> Response:
        language = _language(request, list(self._words))
        return HTMLResponse(
            self._templates.get_template("page.html").render(
                language=language,
                words=self._words,
                say=self._words[language],
                styles=self._styles(),
                scales=SCALES,
                options=[each for each in PAINTING.values() if each.name in self._words[language]],
                config=self._config,
                version=__version__,
            ),
            headers={"Vary": "Accept-Language"},
        )

    async def docs(self, request: Request) -> Response:
        template = self._templates.get_template("docs.html")
        return HTMLResponse(template.render(spec=self._openapi, address=request.base_url, version=__version__))

    async def openapi(self, _: Request) -> Response:
        return JSONResponse(self._openapi)

    async def styles(self, _: Request) -> Response:
        return JSONResponse({"styles": self._styles()})

    async def sample(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in [style.name for style in self._workers.styles]:
            return Problem("unknown-style", f"there is no style {name!r} here").response()
        if not self._workers.ready:
            return still_loading().response()
        return Response(self._workers.samples[name], media_type="image/jpeg")

    async def alive(self, _: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(self, _: Request) -> Response:
        return PlainTextResponse("ready\n") if self._workers.ready else still_loading().response()

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type=self._metrics.media_type)

    def _styles(self) -> list[dict[str, object]]:
        return [
            {
                "name": style.name,
                "title": style.title,
                "license": style.license,
                "training_data": style.training_data,
                "paint_size": style.paint_size,
                "sample": f"api/styles/{style.name}/sample",
            }
            for style in self._workers.styles
        ]


def _language(request: Request, known: list[str]) -> str:
    """The first known language of those that the browser wants, in its order; else the first that is known."""
    wanted = []
    for part in request.headers.get("accept-language", "").split(","):
        name, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((name for _, name in sorted(wanted, key=lambda one: one[0]) if name in known), known[0])


async def _no_such_address(_: Request, error: Exception) -> Response:
    """The problem of an unknown address, or of a method that the address does not take."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        answer = Problem("wrong-method", "this address takes another method; see /docs").response()
        answer.headers.update(error.headers or {})
        return answer
    return Problem("not-found", "there is nothing at this address; see /docs").response()
