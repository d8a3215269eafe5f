"""Broken forms and broken HTTP, and the line that a server has for each."""

import itertools
import random
import socket
import time
import zlib
from contextlib import suppress

import pytest
from hostile import (
    DOCUMENTED,
    END,
    OF_PICTURES,
    Victim,
    alive,
    assert_answers,
    exchange,
    idle,
    memory,
    part,
    posted,
    request,
    until,
    wrong,
)
from served import BOUNDARY, PATIENCE

ODD_NAMES = (
    b"../../etc/passwd",
    b"..\\..\\windows\\win.ini",
    b"/etc/passwd",
    b"a\x00b.jpg",
    b"a" * 10_000 + b".jpg",
    b"a" * 4_000 + b".jpg",
    b"a\rb.jpg",
    b"a%0d%0aSet-Cookie: x=1.jpg",
    b"\xff\xfe\xfd.jpg",
    "\u202egpj.\u3042\U0001f600\u2028.jpg".encode(),
    b"%2e%2e%2fphoto.jpg",
    b"CON",
    b".",
    b"..",
    b"...jpg",
    b" ",
    b"'; drop table photos; --.jpg",
    b'a\\"b.jpg',
    b"<script>.jpg",
    b"-rf",
    b"photo.heic",
)

ODD_KINDS = (
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary=""',
    "multipart/form-data; boundary=another",
    "multipart/form-data; boundary=" + "b" * 300,
    f'Multipart/Form-Data; charset=utf-8; BOUNDARY="{BOUNDARY}"',
    f"multipart/form-data; boundary={BOUNDARY}; boundary=another",
    "multipart/form-data; boundary*=utf-8''a; boundary*0=b",
    "multipart/form-data; boundary*" + "9" * 5000 + "=b",
    'multipart/form-data; boundary="',
    "multipart/form-data;" + ";" * 5000,
    "multipart/form-data;" + '"' * 5000,
    "multipart/mixed; boundary=x",
    "application/x-www-form-urlencoded",
    "application/json",
    "image/jpeg",
    "",
    "\xff\xfe",
    *(
        f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"
        for charset in ("utf-16", "utf-7", "idna", "punycode", "undefined", "unicode_escape", "base64", "rot13")
    ),
    f"multipart/form-data; boundary={BOUNDARY}; charset=" + "x" * 5000,
)


def odd_forms(photo: bytes) -> dict[str, bytes]:
    """Well-formed requests whose body is an odd form, or none."""
    good = part(photo) + END
    named = {
        f"a name {name[:60]!r}": posted(part(photo, b'form-data; name="image"; filename="' + name + b'"') + END)
        for name in ODD_NAMES
    }
    spelled = {f"a form that is {kind[:100]!r}": posted(good, kind) for kind in ODD_KINDS}
    return {**named, **spelled, **odd_parts(photo), **odd_bodies(photo), **odd_requests(good)}


def odd_parts(photo: bytes) -> dict[str, bytes]:
    """Forms whose parts are odd, or too many."""
    many = b"".join(part(b"x", f'form-data; name="f{i}"') for i in range(3_000))
    files = b"".join(part(b"x", f'form-data; name="f{i}"; filename="f"') for i in range(3_000))
    inner = b"--inner\r\nContent-Disposition: file; filename=a.jpg\r\n\r\n" + photo + b"\r\n--inner--\r\n"
    return {
        "a header of 1 MB": posted(
            part(photo, 'form-data; name="image"; filename="a"', b"X: " + b"x" * 1_000_000) + END
        ),
        "very many headers": posted(part(photo, 'form-data; name="image"; filename="a"', *[b"X: y"] * 5_000) + END),
        "very many fields": posted(many + END),
        "very many files": posted(files + END),
        "a form in a form": posted(
            part(inner, 'form-data; name="image"', b"Content-Type: multipart/mixed; boundary=inner") + END
        ),
        "a part without a name": posted(part(photo, 'form-data; filename="a.jpg"') + END),
        "a part of no kind": posted(part(photo, "") + END),
        "a part of another kind": posted(part(photo, 'attachment; name="image"; filename="a.jpg"') + END),
        "a part without headers": posted(f"--{BOUNDARY}\r\n\r\n".encode() + photo + b"\r\n" + END),
        "two photos": posted(part(photo) * 2 + END),
        "a photo and a field of its name": posted(part(photo) + part(b"x", 'form-data; name="image"') + END),
        "a photo without a file name": posted(part(photo, 'form-data; name="image"') + END),
        "a photo of an RFC 2231 name": posted(
            part(photo, "form-data; name=image; filename*=utf-8''%2e%2e%2fa.jpg") + END
        ),
        "a photo of a name in pieces": posted(
            part(photo, 'form-data; name="image"; filename*0="a"; filename*1=".jpg"') + END
        ),
        "a photo of a name in endless pieces": posted(
            part(photo, f'form-data; name="image"; filename*{"9" * 4000}="a"') + END
        ),
        "a file in a field's place": posted(part(photo) + part(b"tiny", 'form-data; name="style"; filename="s"') + END),
        "a field twice": posted(part(photo) + part(b"tiny", 'form-data; name="style"') * 2 + END),
        "a long field": posted(part(photo) + part(b"x" * 100_000, 'form-data; name="style"') + END),
        "a field that is no text": posted(part(photo) + part(b"\xff\x00\xfe", 'form-data; name="style"') + END),
        "a field whose name is no text": posted(part(photo) + part(b"x", b'form-data; name="\xff\x00"') + END),
        "a field of an empty name": posted(part(photo) + part(b"x", 'form-data; name=""') + END),
    }


def odd_bodies(photo: bytes) -> dict[str, bytes]:
    """Bodies that are cut short, or have something beside their form or in its place."""
    good = part(photo) + END
    return {
        "nothing": posted(b""),
        "the last boundary only": posted(END),
        "a cut body": posted(part(photo)[:-300]),
        "no last boundary": posted(part(photo)),
        "half a last boundary": posted((part(photo) + END)[:-8]),
        "the photo alone": posted(photo),
        "a preamble": posted(b"words before\r\n" + good),
        "an epilogue": posted(good + b"words after" * 1000),
        "empty lines before": posted(b"\r\n\r\n" + good),
        "line feeds only": posted(good.replace(b"\r\n", b"\n")),
        "a wrong encoding": posted(
            part(photo, 'form-data; name="image"; filename="a"', b"Content-Transfer-Encoding: base64") + END
        ),
        "dashes": posted(b"-" * 100_000),
        "line ends": posted(b"\r\n" * 100_000),
        "carriage returns": posted(part(b"\r" * 1_000_000) + END),
        "all but a boundary, often": posted(part(f"\r\n--{BOUNDARY[:-1]}".encode() * 30_000) + END),
    }


def odd_requests(good: bytes) -> dict[str, bytes]:
    """A good form sent in an odd way, or behind odd headers."""
    return {
        "no body at all": request(f"Content-Type: multipart/form-data; boundary={BOUNDARY}"),
        "a body in pieces": request(
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            "Transfer-Encoding: chunked",
            body=b"".join(b"1\r\n" + good[i : i + 1] + b"\r\n" for i in range(len(good))) + b"0\r\nX: y\r\n\r\n",
        ),
        "a compressed body": posted(
            zlib.compress(good), f"multipart/form-data; boundary={BOUNDARY}", "Content-Encoding: deflate"
        ),
        "a length with a sign": request(f"Content-Length: +{len(good)}", body=good),
        "an expectation": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Expect: 100-continue"),
        "another expectation": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Expect: miracles"),
        "an upgrade": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Connection: upgrade", "Upgrade: h2c"),
        "a WebSocket": request(
            "Connection: upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            line="GET /api/paint HTTP/1.1",
        ),
        "another site": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Sec-Fetch-Site: cross-site"),
        "any wish": posted(good, f"multipart/form-data; boundary={BOUNDARY}", "Accept: " + "*/*;q=nan," * 1000),
    }


def broken_http(photo: bytes) -> dict[str, bytes]:
    good = part(photo) + END
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return {
        "a length too small": request(kind, f"Content-Length: {len(good) - 100}", body=good),
        "a negative length": request(kind, "Content-Length: -1", body=good),
        "a length that is no number": request(kind, "Content-Length: many", body=good),
        "a length of very many digits": request(kind, "Content-Length: " + "9" * 5000, body=good),
        "a huge length": request(kind, f"Content-Length: {10**18}", body=good),
        "two lengths": request(kind, "Content-Length: 1", f"Content-Length: {len(good)}", body=good),
        "a length and chunks": request(kind, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        "chunks of no size": request(kind, "Transfer-Encoding: chunked", body=b"zz\r\n" + good),
        "chunks of negative size": request(kind, "Transfer-Encoding: chunked", body=b"-5\r\n" + good),
        "chunks of huge size": request(kind, "Transfer-Encoding: chunked", body=b"f" * 30 + b"\r\n" + good),
        "chunks without an end": request(kind, "Transfer-Encoding: chunked", body=b"5\r\nabcdeXX" + good),
        "an unknown encoding": request(kind, "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        "noise": random.Random(0).randbytes(5_000),  # noqa: S311
        "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/0.9": b"GET /\r\n\r\n",
        "HTTP/9.9": b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        "no host": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
        "two hosts": request("Host: there", line="GET /healthz HTTP/1.1"),
        "line feeds only": b"GET /healthz HTTP/1.1\nHost: here\nConnection: close\n\n",
        "a NUL in a header": request("X: a\x00b", line="GET /healthz HTTP/1.1"),
        "a folded header": request("X: a\r\n b", line="GET /healthz HTTP/1.1"),
        "a header without a colon": request("X", line="GET /healthz HTTP/1.1"),
        "a space before a colon": request("X : y", line="GET /healthz HTTP/1.1"),
        "a header of 1 MB": request("X: " + "x" * 1_000_000, line="GET /healthz HTTP/1.1"),
        "very many headers": request(*["X: y"] * 100_000, line="GET /healthz HTTP/1.1"),
        "an endless first line": b"GET /" + b"x" * 1_000_000,
        "a method of odd letters": request(line="G@T / HTTP/1.1"),
        "a target of odd letters": request(line="GET /\xff HTTP/1.1"),
        "a space in the target": request(line="GET / / HTTP/1.1"),
    }


TARGETS = [
    *(
        f"/static/{path}"
        for path in (
            "../app.py",
            "../../app.py",
            "..%2fapp.py",
            "%2e%2e/app.py",
            "%2e%2e%2fapp.py",
            "..%5capp.py",
            "..\\app.py",
            "....//app.py",
            "%252e%252e/app.py",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "../" * 30 + "etc/passwd",
            "%00",
            "app.js%00.png",
            "app.js/",
            "app.js/..",
            "app.js/../app.js",
            "%ff%fe",
            "%",
            "%zz",
            "%ed%a0%80",
            "x" * 300,
            "x/" * 3000,
            "",
            ".",
            "..",
            "C:/windows/win.ini",
            "~root/.bashrc",
            "con",
        )
    ),
    "/static",
    "/static?a=b",
    "//static/app.js",
    "/./static/app.js",
    "/api/styles/../../etc/passwd/sample",
    "/api/styles/%2e%2e%2f%2e%2e/sample",
    "/api/styles/%00/sample",
    "/api/styles/%ed%a0%80/sample",
    "/api/styles/" + "x" * 10_000 + "/sample",
    "/api/styles//sample",
    "/api/paint",
    "/api/paint/",
    "/docs/",
    "//docs/",
    "//example.org/%2e%2e/docs/",
    "/?" + "x" * 20_000,
    "/%0d%0aSet-Cookie:x=1",
    "/docs;x=y",
    "*",
    "x",
    "http://example.org/healthz",
    "http://[::1/docs",
    "ftp://x",
    "example.org:443",
]


def test_of_odd_forms_each_is_painted_or_refused_with_a_line(victim: Victim) -> None:
    failures = []
    for label, data in odd_forms(victim.photo).items():
        answers = exchange(victim.server, data)
        failures += [] if len(answers) == 1 else [f"{label}: {len(answers)} answers"]
        failures += [line for answer in answers for line in wrong(label, answer, {*OF_PICTURES, 400, 403, 404, 405})]
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.slow
def test_broken_http_is_refused_or_hung_up_on(hasty: Victim) -> None:
    failures = []
    for label, data in broken_http(hasty.photo).items():
        try:
            answers = exchange(hasty.server, data)
        except TimeoutError:
            failures.append(f"{label}: neither an answer nor an end")
        else:
            failures += [line for answer in answers for line in wrong(label, answer, DOCUMENTED)]
    assert_answers(failures)
    hasty.assert_unharmed()


def test_a_request_that_is_cut_short_ends_its_connection_and_frees_its_place(victim: Victim) -> None:
    body = part(victim.photo) + END
    for data in (posted(body)[:-1], posted(body)[: -len(body)], posted(body)[:50], b""):
        with victim.server.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(PATIENCE)
            with suppress(ConnectionResetError):
                assert connection.recv(1000) == b""
    until(lambda: idle(victim.server))
    victim.assert_unharmed()


@pytest.mark.parametrize("host", ["here", "[", "a b", "<script>", "x:99999999", "\xff", "", "x" * 5000, "{{7*7}}"])
def test_no_address_of_a_page_opens_a_file_or_breaks_it(victim: Victim, host: str) -> None:
    failures, secrets = [], (b"root:", b"from copyart", b"Traceback", b"<script>")
    for method, target in itertools.product(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE"), TARGETS):
        if host != "here" and (method != "GET" or "docs" not in target):
            continue
        label = f"{method} {target[:60]}"
        data = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")
        answers = exchange(victim.server, data, method=method)
        failures += [] if len(answers) == 1 else [f"{label}: {len(answers)} answers"]
        for answer in answers:
            if method != "HEAD":
                failures += wrong(label, answer, DOCUMENTED)
            elif answer.status not in DOCUMENTED:
                failures.append(f"{label}: {answer.status}")
            if any(secret in answer.body for secret in secrets):
                failures.append(f"{label}: {answer.body[:200]!r}")
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1", "bytes=9999999-", "bytes=5-1", "bytes=" + "0-1," * 2000, "x", "bytes=-"]
)
def test_any_range_of_a_file_is_answered(victim: Victim, wanted: str) -> None:
    answer = victim.server.get("/static/app.js", {"Range": wanted})
    assert answer.status in {200, 206, 400, 416}
    assert len(answer.body) < 200_000
    victim.assert_unharmed()


def test_requests_one_after_the_other_in_one_breath_are_all_answered(victim: Victim) -> None:
    body = part(victim.photo) + END
    paint = posted(body).replace(b"Connection: close\r\n", b"")
    alive = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    last = request(line="GET /healthz HTTP/1.1")
    answers = exchange(victim.server, paint + alive + paint + posted(b"").replace(b"Connection: close\r\n", b"") + last)
    assert [answer.status for answer in answers] == [200, 200, 200, 400, 200]
    assert answers[0].body == answers[2].body
    victim.assert_unharmed()


@pytest.mark.parametrize("headers", [(), ("Connection: keep-alive",)])
def test_a_client_of_http_1_0_gets_its_painting(victim: Victim, headers: tuple[str, ...]) -> None:
    body = part(victim.photo) + END
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    lines = ["POST /api/paint HTTP/1.0", kind, f"Content-Length: {len(body)}", *headers, "", ""]
    (answer,) = exchange(victim.server, "\r\n".join(lines).encode() + body)
    assert (answer.status, answer.body) == (200, victim.paint().body)


FIELDS = {
    "strength": ["nan", "inf", "-inf", "1e999", "-1", "1.0001", "2", "0x1", "one", "½", "1_0", "1" * 900, "."],
    "brush": ["Broad", "0.6", "x" * 900],
    "detail": ["nan", "inf", "1e999", "-0.1", "9" * 900],
    "size": [
        "1e9",
        "-1",
        "0",
        "7",
        str(10**9),
        str(10**30),
        "1" + "0" * 200,
        "9" * 999,
        "1.5",
        "Native",
        "0x10",
        "inf",
        "²",
    ],
    "scale": ["0", "1", "3", "8", "-2", "2.0", "4x", "nan", "9" * 900],
    "keep_color": ["yes", "2", "None", "TRUE "],
    "style": [
        "../../etc/passwd",
        "/etc/passwd",
        "monet\x00",
        "T-I-N",
        "{{7*7}}",
        "x" * 999,
        "tiny\ntiny",
        "\ud7ff",
        "\U0001f600",
    ],
    "format": ["exe", "svg", "../jpg", "/etc/passwd", "jpg\x00", "pdf", "x" * 999, ".", ".."],
    "out": ["/etc/passwd"],
    "device": ["cuda"],
    "compare": ["true"],
    "__class__": ["x"],
    "": ["x"],
}


def test_a_field_that_has_a_value_it_cannot_have_is_refused_by_its_name(victim: Victim) -> None:
    failures = []
    files = {"image": ("good.jpg", victim.photo)}
    for name, values in FIELDS.items():
        for value in values:
            label = f"{name}={value[:40]!r}"
            answer = victim.server.post({name: value}, files)
            problems = wrong(label, answer, {404} if name == "style" else {422})
            if not problems and repr(name)[1:-1] not in answer.json["detail"]:
                problems = [f"{label}: {answer.body!r}"]
            failures += problems
    assert_answers(failures)
    victim.assert_unharmed()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", "\u0660.\u0665"),
        ("size", "\u0666\u0664"),
        ("size", "  64 "),
        ("strength", ""),
        ("size", ""),
        ("style", " "),
        ("strength", "-0.0"),
        ("strength", "1e-999"),
        ("keep_color", "on"),
        ("format", "JPG"),
    ],
)
def test_a_field_may_be_empty_or_spelled_in_any_digits(victim: Victim, name: str, value: str) -> None:
    assert victim.server.post({name: value}, {"image": ("good.jpg", victim.photo)}).status == 200


@pytest.mark.parametrize("pause", [0.0, 0.002])
def test_a_body_without_a_length_is_read_no_further_than_twice_the_limit(victim: Victim, pause: float) -> None:
    limit, piece, sent, most, server = 5_000_000, bytes(1 << 16), 0, 0, victim.server
    before = memory(server)
    head = alive(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", "Transfer-Encoding: chunked")
    first = part(b"")[:-2]
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(piece))
        connection.settimeout(PATIENCE)
        connection.sendall(head + b"%x\r\n%b\r\n" % (len(first), first))
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 10 * limit:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                sent += len(piece)
                most = max(most, memory(server))
                time.sleep(pause)
        with suppress(ConnectionResetError):
            said = connection.recv(100)
            assert said.startswith(b"HTTP/1.1 413 ") or not said
    assert sent < 2 * limit + 8_000_000  # what the system holds for a reader
    assert most - before < 3 * limit
    victim.assert_unharmed()
