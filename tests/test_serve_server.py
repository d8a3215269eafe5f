"""A server that clients hold up, that is told to stop, or that cannot start."""

import re
import shutil
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest
from conftest import Here, Run
from hostile import Victim, alive, large, until
from served import BOUNDARY, PATIENCE, Served, served

from copyart.config import ServeConfig
from copyart.errors import OptionError
from copyart.extras import install_line
from copyart.models import Style


def assert_hung_up_on(connection: socket.socket) -> None:
    """Sends byte after byte until the server hangs up."""
    end = time.monotonic() + PATIENCE
    with suppress(ConnectionError):
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)
            assert time.monotonic() < end


def test_a_refused_upload_that_goes_on_is_hung_up_on(hasty: Victim) -> None:
    with hasty.server.connect() as connection:
        connection.sendall(alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", "Content-Length: 1000000"))
        connection.settimeout(PATIENCE)
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert_hung_up_on(connection)


@pytest.mark.slow
@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"])
def test_a_head_that_never_ends_is_hung_up_on(hasty: Victim, before: bytes) -> None:
    with hasty.server.connect() as connection:
        connection.sendall(before + b"GET / HTTP/1.1\r\nX: ")
        assert_hung_up_on(connection)


def refuses(server: Served) -> bool:
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.slow
def test_a_server_that_is_to_stop_finishes_what_it_has_accepted(tiny: Style, tmp_path: Path) -> None:
    files = large(3000, 2400)
    with (
        served("--styles", tiny.folder, "--time-limit", 60, folder=tmp_path / "server") as server,
        ThreadPoolExecutor(3) as clients,
        server.connect() as silent,
        server.connect() as kept,
    ):
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
        asked = [clients.submit(server.post, {"size": "native"}, files) for _ in range(3)]
        until(lambda: server.figure("copyart_waiting") == 1)
        server.process.send_signal(signal.SIGTERM)
        until(partial(refuses, server))
        assert not all(each.done() for each in asked)
        assert [each.result().status for each in asked] == [200] * 3
        assert server.process.wait(PATIENCE) == 0
        assert silent.recv(10) == b""


def test_idle_connections_do_not_hold_a_stop_up(tiny: Style, tmp_path: Path) -> None:
    options = ("--styles", tiny.folder, "--time-limit", 86_400)  # which nobody waits for
    with served(*options, folder=tmp_path / "server") as server, ExitStack() as held:
        for data in (b"", b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHo"):
            held.enter_context(server.connect()).sendall(data)
        until(lambda: server.get("/healthz").status == 200)
        assert server.stop() == 0


def test_a_server_can_be_stopped_while_it_loads_its_styles(tmp_path: Path) -> None:
    with served(folder=tmp_path / "server", ready=False) as server:
        assert server.get("/readyz").status == 503
        assert server.stop() == 0


@pytest.mark.slow
def test_who_interrupts_twice_does_not_wait(tiny: Style, china: Path, tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(3) as clients,
        served("--styles", tiny.folder, folder=tmp_path / "server") as server,
    ):
        asked = [clients.submit(server.post, {"size": "native"}, large(6000, 6000)) for _ in range(3)]
        until(lambda: server.figure("copyart_waiting") == 1)
        server.process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGINT)
        server.process.wait(PATIENCE)
        answered = []
        for each in asked:
            with suppress(HTTPException, ConnectionError):
                answered.append(each.result().status)
    assert answered.count(200) < 3


def assert_says_one_line(run: Run, *arguments: object) -> None:
    done = run("serve", *arguments)
    assert done.returncode in (1, 2)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.match("Error: .+; .+", done.stderr)


def test_a_port_that_is_taken_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert_says_one_line(copyart, "--styles", tiny.folder, "--port", taken.getsockname()[1])


def test_a_host_that_is_not_here_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    assert_says_one_line(copyart, "--styles", tiny.folder, "--port", 0, "--host", "192.0.2.1")


def test_an_unknown_style_is_told_in_a_line(copyart: Run, tiny: Style) -> None:
    assert_says_one_line(copyart, "--port", 0, "--styles", f"{tiny.folder},monte")


def test_two_styles_of_one_name_are_told_in_a_line(copyart: Run, tiny: Style, tmp_path: Path) -> None:
    assert tiny.folder
    again = shutil.copytree(tiny.folder, tmp_path / "other" / tiny.folder.name)
    assert_says_one_line(copyart, "--port", 0, "--styles", f"{tiny.folder},{again}")


def test_a_broken_style_is_told_in_a_line(copyart: Run, tiny: Style, tmp_path: Path) -> None:
    assert tiny.folder
    broken = shutil.copytree(tiny.folder, tmp_path / "broken" / tiny.folder.name)
    for weights in broken.glob("*.safetensors"):
        weights.write_bytes(weights.read_bytes()[:-100])
    assert_says_one_line(copyart, "--port", 0, "--styles", broken)


@pytest.mark.parametrize(
    ("name", "value"), [("workers", 0), ("queue", -1), ("time_limit", 0), ("port", 70_000), ("max_megapixels", 0)]
)
def test_a_limit_out_of_its_range_is_refused(name: str, value: int) -> None:
    with pytest.raises(OptionError, match=f"{name} is {value}; give"):
        ServeConfig(**{name: value})  # type: ignore[arg-type]


def test_without_its_extra_the_command_says_what_to_install(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, errors = here("serve")
    words = f"Error: copyart serve needs uvicorn, not installed here: {install_line('serve')}"
    assert (code, errors) == (1, [words])
