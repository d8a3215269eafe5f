"""What a server answers when it is asked in odd ways, or fails: the application itself, without a network between."""

import asyncio
import io
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from served import BOUNDARY, form
from starlette.applications import Starlette

from copyart.config import ServeConfig
from copyart.serving.app import make_app
from copyart.serving.responses import PROGRESS
from copyart.serving.workers import Workers
from copyart.styles import Style
from copyart.translator import Translator

Answer = tuple[int, bytes]
Asking = Callable[[Starlette], Awaitable[Any]]


async def post(app: Starlette, body: Iterable[bytes], *, stays: bool = False, accept: str = "*/*") -> Answer:
    """Sends a form to `/api/paint` in pieces, with an empty one at last; with `stays` the last never comes."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
    messages += [] if stays else [{"type": "http.request", "body": b"", "more_body": False}] * 2
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": accept}
    await app(
        {
            "type": "http",
            "method": "POST",
            "path": "/api/paint",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        },
        receive,
        send,
    )
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def serve(style: Style, ask: Asking, **limits: Any) -> Any:
    """What an application that paints with one style answers."""
    config = ServeConfig(device="cpu", **limits)
    workers = Workers([style], config)

    async def run() -> Any:
        await workers.load()
        return await asyncio.wait_for(ask(make_app(config, workers)), 60)

    try:
        return asyncio.run(run())
    finally:
        workers.close()


def photo_form(photo: bytes, **fields: object) -> bytes:
    return form(fields, {"image": ("photo.jpg", photo)})


def problem(answer: Answer) -> tuple[int, str, str]:
    status, body = answer
    record = json.loads(body)
    return status, record["title"], record["detail"]


def test_a_field_that_is_there_twice_is_refused(tiny: Style, photo: Path) -> None:
    body = photo_form(photo.read_bytes())
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="strength"\r\n\r\n0.5\r\n'.encode()
    answer = serve(tiny, lambda app: post(app, [field, field, body]))
    assert problem(answer) == (400, "bad-form", "strength is there twice; send one value at a time")


def test_a_fault_of_ours_is_answered_in_a_line_and_logged_in_a_line(
    tiny: Style, photo: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("ours")

    async def ask(app: Starlette) -> Answer:
        monkeypatch.setattr(Translator, "paint_pixels", faulty)
        return await post(app, [photo_form(photo.read_bytes())])

    with caplog.at_level(logging.ERROR, "copyart"):
        answer = serve(tiny, ask)
    assert problem(answer) == (500, "failed", "something went wrong here, and not with the photo; try again")
    (line,) = caplog.messages
    assert line.startswith("a photo could not be painted: KeyError: 'ours' (")
    assert Path(__file__).name in line


def test_who_is_told_of_the_progress_reads_in_the_last_line_why_nothing_comes(tiny: Style, photo: Path) -> None:
    data = photo.read_bytes()
    status, body = serve(tiny, lambda app: post(app, [photo_form(data[: len(data) // 2])], accept=PROGRESS))
    lines = [json.loads(line) for line in io.BytesIO(body)]
    assert (status, lines[0]) == (200, {"ahead": 0})
    assert (lines[-1]["status"], lines[-1]["title"]) == (422, "damaged")


def test_photos_that_come_at_once_are_held_only_as_far_as_the_memory_for_them_goes(tiny: Style, photo: Path) -> None:
    piece = photo_form(bytes(18_000))[:18_500]

    async def ask(app: Starlette) -> Answer:
        slow = [asyncio.ensure_future(post(app, [piece], stays=True)) for _ in range(2)]
        await asyncio.sleep(0)
        third = await post(app, [piece])
        for one in slow:
            one.cancel()
        await asyncio.wait(slow)
        after = await post(app, [photo_form(photo.read_bytes())])
        assert after[0] == 200
        return third

    answer = serve(tiny, ask, queue=0, max_megabytes=0.01)
    assert problem(answer) == (429, "busy", "too many photos are being sent at once; try again")
