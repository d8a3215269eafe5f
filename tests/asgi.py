"""The application of `copyart serve` in this process, without a network between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http.client import HTTPMessage
from typing import Any

from served import BOUNDARY, Answer, form
from starlette.applications import Starlette

from copyart.config import ServeConfig
from copyart.models import Style
from copyart.serving.app import make_app
from copyart.serving.workers import Workers


async def ask(
    app: Starlette,
    method: str,
    path: str,
    body: Iterable[bytes] = (),
    headers: Mapping[str, str] | None = None,
    *,
    stays: bool = False,
) -> Answer:
    """The answer to a request whose body comes in pieces and then ends; with `stays` it never ends."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
    messages += [] if stays else [{"type": "http.request", "body": b"", "more_body": False}] * 2
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    await app(scope, receive, send)
    said = HTTPMessage()
    for name, value in sent[0]["headers"]:
        said[name.decode()] = value.decode()
    return Answer(sent[0]["status"], said, b"".join(message.get("body", b"") for message in sent[1:]))


async def post(app: Starlette, body: Iterable[bytes], *, stays: bool = False, accept: str = "*/*") -> Answer:
    """The answer of `/api/paint` to a form that comes in pieces."""
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": accept}
    return await ask(app, "POST", "/api/paint", body, headers, stays=stays)


def photo_form(photo: bytes) -> bytes:
    """The body of a form with a photo and nothing else."""
    return form({}, {"image": ("photo.jpg", photo)})


def serve(style: Style, asking: Callable[[Starlette], Awaitable[Answer]], **limits: Any) -> Answer:
    """The answer of an application that paints with one style."""
    config = ServeConfig(device="cpu", **limits)
    workers = Workers([style], config)

    async def run() -> Answer:
        await workers.load()
        return await asyncio.wait_for(asking(make_app(config, workers)), 60)

    try:
        return asyncio.run(run())
    finally:
        workers.close()
