"""The queue, and clients of a server that are slow, many or gone."""

import asyncio
import itertools
import json
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from pathlib import Path

import pytest
from hostile import (
    HASTE,
    OF_PICTURES,
    Files,
    Victim,
    alive,
    assert_answers,
    encoded,
    gif,
    idle,
    large,
    many_scans,
    posted,
    tiff,
    until,
    wrong,
)
from served import BOUNDARY, Served, form, served

from copyart.models import Style
from copyart.serving.queue import FullError, Queue


def test_those_who_wait_are_served_in_their_order_and_told_how_many_are_before_them() -> None:
    told: dict[str, list[int]] = {name: [] for name in "abcd"}
    served_in: list[str] = []

    async def visit(queue: Queue, name: str, leaves: asyncio.Event) -> None:
        with queue.place() as place:
            await place.turn(told[name].append)
            served_in.append(name)
            await leaves.wait()

    async def day() -> None:
        queue, leaves = Queue(1, 3), {name: asyncio.Event() for name in "abcd"}
        visits = {name: asyncio.create_task(visit(queue, name, leaves[name])) for name in "abcd"}
        await asyncio.sleep(0)
        assert (queue.served, queue.waiting) == (1, 3)
        with pytest.raises(FullError), queue.place():
            pass
        visits["c"].cancel()
        await asyncio.wait([visits["c"]])
        await asyncio.sleep(0)
        for name in "abd":
            leaves[name].set()
            await visits[name]
        assert (queue.served, queue.waiting) == (0, 0)

    asyncio.run(day())
    assert served_in == ["a", "b", "d"]
    assert told == {"a": [], "b": [1, 1], "c": [2], "d": [3, 2, 1]}


def test_a_place_is_free_again_whatever_happens_in_it() -> None:
    async def day() -> None:
        queue = Queue(1, 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError), queue.place():
                raise ZeroDivisionError
        assert queue.served == 0

    asyncio.run(day())


@pytest.mark.slow
def test_slow_uploads_keep_nobody_waiting_and_end_at_the_time_limit(hasty: Victim) -> None:
    body = form({}, {"image": ("good.jpg", hasty.photo)})
    head = alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", f"Content-Length: {len(body)}")
    ends: list[bytes] = []
    with ExitStack() as held:
        slow = {held.enter_context(hasty.server.connect()) for _ in range(20)}
        for connection in slow:
            connection.sendall(head)
            connection.setblocking(False)
        painted = 0
        for byte in itertools.count():
            for connection in list(slow):
                try:
                    said = connection.recv(1000)  # first: after a send that is refused, an answer can be lost
                except BlockingIOError:
                    with suppress(ConnectionError):
                        connection.send(body[byte : byte + 1])
                    continue
                slow.discard(connection)
                ends.append(said)
            if not slow:
                break
            assert hasty.paint().status == 200
            painted += 1
            time.sleep(0.2)
    assert painted
    assert [said[:13] for said in ends] == [b"HTTP/1.1 408 "] * 20
    assert idle(hasty.server)
    hasty.assert_unharmed()


def progress(server: Served, files: Files, each: Callable[[dict[str, object]], None] = lambda _: None) -> bytes:
    """Has a photo painted and looks at every line that comes before; the painting."""
    body = form({"size": "native"}, files)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    with server.connect() as connection:
        connection.sendall(posted(body, kind, "Accept: application/x-copyart-progress"))
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        while True:
            line = json.loads(answer.readline())
            each(line)
            if "painting" in line:
                data = answer.read()
                assert len(data) == line["bytes"]
                return data
            assert "title" not in line, line


class _LeaveError(Exception):
    pass


def leave(server: Served, sent: bytes, *, abruptly: bool) -> None:
    with server.connect() as connection:
        connection.sendall(sent)
        time.sleep(0.1)
        if abruptly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.slow
def test_clients_that_vanish_free_their_places(narrow: Served) -> None:
    files = large(3000, 2400)
    whole = posted(form({"size": "native", "format": "tiff"}, files))
    progress(narrow, files)

    for sent, abruptly in itertools.product((whole[: len(whole) // 2], whole), (False, True)):
        with ThreadPoolExecutor(8) as clients:
            for each in [clients.submit(leave, narrow, sent, abruptly=abruptly) for _ in range(8)]:
                each.result()
        until(lambda: idle(narrow))

    with narrow.connect() as connection:
        connection.sendall(whole)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    until(lambda: idle(narrow))
    painted = narrow.figure('copyart_paintings_total{style="tiny"}')

    def leave_early(line: dict[str, object]) -> None:
        if line.get("done") == 1:
            raise _LeaveError

    longer = large(6000, 4800)
    with pytest.raises(_LeaveError):
        progress(narrow, longer, leave_early)
    until(lambda: idle(narrow))
    assert narrow.figure('copyart_paintings_total{style="tiny"}') == painted
    assert narrow.post({}, files).status == 200


@pytest.mark.slow
def test_as_many_as_have_places_are_painted_and_the_others_are_told_when_to_come(narrow: Served) -> None:
    files = large(3000, 2400)
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(narrow.post, {"size": "native"}, files) for _ in range(8)]
        until(lambda: narrow.figure("copyart_waiting") == 2)
        assert narrow.get("/healthz").status == 200
        assert not all(each.done() for each in asked)
        answers = [each.result() for each in asked]
    assert sorted(answer.status for answer in answers) == [200] * 4 + [429] * 4
    for answer in answers:
        assert not wrong("full", answer, {200, 429})
        assert answer.status == 200 or 1 <= int(answer.headers["Retry-After"]) <= 60
    assert idle(narrow)


@pytest.mark.slow
def test_who_waits_is_told_how_many_are_before_and_then_how_far_the_painting_is(narrow: Served) -> None:
    files = large(3000, 2400)
    lines: list[dict[str, object]] = []
    before = []
    with ThreadPoolExecutor(3) as clients:
        for _ in range(3):
            before.append(clients.submit(narrow.post, {"size": "native"}, files))
            until(lambda: narrow.figure("copyart_waiting") + narrow.figure("copyart_served") == len(before))
        painting = progress(narrow, files, lines.append)
        answers = [each.result() for each in before]
    assert [line["ahead"] for line in lines if "ahead" in line] == [2, 1, 0]
    done = [int(str(line["done"])) for line in lines[3:-1]]
    assert done
    assert done == sorted(set(done))
    assert lines[-1]["type"] == "image/jpeg"
    assert {answer.body for answer in answers} == {painting}


@pytest.mark.slow
def test_a_photo_that_takes_longer_than_the_time_limit_is_given_up(hasty: Victim) -> None:
    files = large(7000, 7000)
    answer = hasty.server.post({"size": "native"}, files)
    assert not wrong("too long", answer, {503})
    assert answer.json["title"] == "too-long"
    assert int(answer.headers["Retry-After"]) >= 1
    until(lambda: idle(hasty.server))
    assert hasty.paint().body == hasty.painting


@pytest.mark.slow
def test_a_small_file_that_is_long_to_read_keeps_nobody_waiting(tiny: Style, china: Path, tmp_path: Path) -> None:
    slow = {
        "very many scans": many_scans((1400, 1400), 20_000),
        "very many frames": gif(10, 10, 200_000),
        "very many pages": tiff(10, 10, pages=30_000),
    }
    good = {"image": ("good.jpg", encoded(china, "JPEG"))}
    failures = []
    with (
        served("--styles", tiny.folder, "--time-limit", HASTE, folder=tmp_path / "server") as server,
        ThreadPoolExecutor(2) as clients,
    ):
        for label, data in slow.items():
            asked = [clients.submit(server.post, {}, {"image": ("slow", data)}) for _ in range(2)]
            time.sleep(0.5)
            answer = server.post({}, good)
            failures += wrong(f"a good one beside {label}", answer, {200})
            failures += [line for each in asked for line in wrong(label, each.result(), {*OF_PICTURES, 503})]
            until(lambda: idle(server))
    assert_answers(failures)
