"""Answers to those who are told of the progress, where no painting comes."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

from asgi import photo_form, post, serve
from starlette.requests import Request

from copyart.models import Style
from copyart.serving.problems import Problem
from copyart.serving.responses import PROGRESS, PaintResponse


def test_a_problem_behind_progress_says_as_well_when_to_come_again() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> None:
        response = PaintResponse(Request({"type": "http", "headers": [(b"accept", PROGRESS.encode())]}), send)
        telling = asyncio.create_task(response.send_progress())
        response.ahead(1)
        while len(sent) < 2:
            await asyncio.sleep(0)
        telling.cancel()
        await response.send_problem(Problem("too-long", "give less as size", retry_after=10), hang_up=False)

    asyncio.run(answer())
    lines = b"".join(message.get("body", b"") for message in sent).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"ahead": 1},
        {"title": "too-long", "status": 503, "detail": "give less as size", "retry_after": 10},
    ]


def test_who_is_told_of_the_progress_reads_in_the_last_line_why_nothing_comes(tiny: Style, photo: Path) -> None:
    data = photo.read_bytes()
    answer = serve(tiny, lambda app: post(app, [photo_form(data[: len(data) // 2])], accept=PROGRESS))
    lines = [json.loads(line) for line in io.BytesIO(answer.body)]
    assert (answer.status, lines[0]) == (200, {"ahead": 0})
    assert (lines[-1]["status"], lines[-1]["title"]) == (422, "damaged")
