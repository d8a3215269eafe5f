"""The addresses of a server, and what each answers."""

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

from copyart.config import ServeConfig
from copyart.serving.line import Line
from copyart.serving.metrics import Metrics
from copyart.serving.openapi import describe
from copyart.serving.paint import Paint
from copyart.serving.refusals import Refusal, still_loading
from copyart.serving.safety import Safety
from copyart.serving.studio import Studio
from copyart.version import __version__

WEB = Path(__file__).parent / "web"


def make_app(config: ServeConfig, studio: Studio) -> Starlette:
    """Makes an ASGI application.

    Args:
        config: The limits.
        studio: Where photos are painted; until it has loaded its styles, requests are answered with 503.
    """
    line = Line(config.workers + 1, config.queue)
    metrics = Metrics(line)
    here = _Pages(config, studio, metrics)
    app = Starlette(
        routes=[
            Route("/", here.page),
            Route("/docs", here.docs),
            Route("/openapi.json", here.openapi),
            Route("/api/paint", Paint(config, studio, line, metrics), methods=["POST"]),
            Route("/api/styles", here.styles),
            Route("/api/styles/{name}/sample", here.sample),
            Route("/healthz", here.alive),
            Route("/readyz", here.ready),
            Route("/metrics", here.metrics),
            Mount("/static", StaticFiles(directory=WEB / "static")),
        ],
        middleware=[Middleware(Safety)],
        exception_handlers={HTTPException: _plainly},
    )
    app.router.redirect_slashes = False  # they would lead out of the path that a proxy has put it below
    return app


class _Pages:
    """What is answered to all requests but those for paintings."""

    def __init__(self, config: ServeConfig, studio: Studio, metrics: Metrics) -> None:
        self._config, self._studio, self._metrics = config, studio, metrics
        self._templates = Environment(
            loader=PackageLoader("copyart.serving", "web"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._words: dict[str, dict[str, str]] = json.loads((WEB / "words.json").read_text(encoding="utf-8"))
        self._openapi = describe(config, [style.name for style in studio.styles])

    async def page(self, request: Request) -> Response:
        language = _language(request, list(self._words))
        return HTMLResponse(
            self._templates.get_template("page.html").render(
                language=language,
                words=self._words,
                say=self._words[language],
                styles=self._styles(),
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
        if name not in [style.name for style in self._studio.styles]:
            return Refusal("unknown-style", f"there is no style {name!r} here").response()
        if not self._studio.ready:
            return still_loading().response()
        return Response(self._studio.samples[name], media_type="image/jpeg")

    async def alive(self, _: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(self, _: Request) -> Response:
        return PlainTextResponse("ready\n") if self._studio.ready else still_loading().response()

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
            for style in self._studio.styles
        ]


def _language(request: Request, known: list[str]) -> str:
    """Of the languages that the browser wants, in its order, the first that is known; else the first of those."""
    wanted = []
    for part in request.headers.get("accept-language", "").split(","):
        name, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((name for _, name in sorted(wanted, key=lambda one: one[0]) if name in known), known[0])


async def _plainly(_: Request, error: Exception) -> Response:
    """What Starlette refuses: unknown addresses and methods."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        answer = Refusal("wrong-method", "this address takes another method; see /docs").response()
        answer.headers.update(error.headers or {})
        return answer
    return Refusal("not-found", "there is nothing at this address; see /docs").response()
