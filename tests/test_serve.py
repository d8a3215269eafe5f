"""`copyart serve` for programs: what is asked over HTTP is what the library paints, or one line that says why not."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from asgi import ask, photo_form, post, serve
from conftest import TINY
from openapi_spec_validator import validate
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from served import Answer, Served, served
from starlette.applications import Starlette

from copyart.checkpoints import save_style
from copyart.config import PaintConfig, SaveConfig, ServeConfig
from copyart.enlarging import Magnifier
from copyart.models import Style
from copyart.networks import Compact
from copyart.serving.app import make_app
from copyart.serving.forms import PAINTING
from copyart.serving.problems import CODES
from copyart.serving.workers import Workers
from copyart.translator import Translator

WEB = files("copyart.serving") / "web"
WORDS = json.loads((WEB / "words.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """A second style."""
    torch.manual_seed(1)
    style = replace(TINY, name="other", title="Another style", folder=tmp_path_factory.mktemp("styles") / "other")
    return save_style(style, Compact(base_channels=4, blocks=1))


@pytest.fixture(scope="module")
def server(tiny: Style, other: Style, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Paints in two styles, pictures of up to a megapixel and a megabyte."""
    limits = "--max-megapixels", 1, "--max-megabytes", 1
    with served("--styles", f"{tiny.folder},{other.folder}", *limits, folder=tmp_path_factory.mktemp("serve")) as found:
        yield found


def progress(body: bytes) -> tuple[list[dict[str, int]], dict[str, Any], bytes]:
    """The records before the painting, the record of the painting, and the painting."""
    steps = []
    while "painting" not in (record := json.loads(body.partition(b"\n")[0])):
        steps.append(record)
        body = body.partition(b"\n")[2]
    return steps, record, body.partition(b"\n")[2]


# Paintings.


@pytest.mark.parametrize(
    ("fields", "paint", "save"),
    [
        ({}, PaintConfig(), SaveConfig()),
        ({"strength": "0.5"}, PaintConfig(strength=0.5), SaveConfig()),
        ({"keep_color": "true"}, PaintConfig(keep_color=True), SaveConfig()),
        ({"size": "40", "detail": "0"}, PaintConfig(size=40, detail=0), SaveConfig()),
        ({"size": "native"}, PaintConfig(size="native"), SaveConfig()),
        ({"brush": "broad"}, PaintConfig(brush="broad"), SaveConfig()),
        ({"format": "png"}, PaintConfig(), SaveConfig(format="png")),
        ({"format": "jpg", "strength": " ", "size": ""}, PaintConfig(), SaveConfig(format="jpeg")),
    ],
)
@pytest.mark.parametrize("name", ["tiny", "other"])
def test_a_photo_is_painted_as_the_command_line_paints_it(
    server: Served,
    tiny: Style,
    other: Style,
    name: str,
    photo: Path,
    fields: dict[str, str],
    paint: PaintConfig,
    save: SaveConfig,
) -> None:
    painting = photo.with_name(f"out.{save.format or 'jpeg'}")
    Translator(tiny if name == "tiny" else other, device="cpu").translate_file(photo, painting, paint, save)
    answer = server.post({"style": name, **fields}, {"image": ("photo.jpg", photo.read_bytes())})
    assert (answer.status, answer.body) == (200, painting.read_bytes())
    assert answer.headers["content-type"] == f"image/{save.format or 'jpeg'}"
    suffix = ".png" if save.format == "png" else ".jpg"
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''photo-{name}{suffix}"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("scale", [2, 4])
def test_a_photo_is_enlarged_as_the_command_line_enlarges_it(server: Served, photo: Path, scale: int) -> None:
    enlarged = photo.with_name("out.png")
    Magnifier(scale=scale, device="cpu").enlarge_file(photo, enlarged)
    answer = server.post({"scale": scale, "format": "png"}, {"image": ("photo.jpg", photo.read_bytes())})
    assert (answer.status, answer.body) == (200, enlarged.read_bytes())
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''photo-{scale}x.png"


def test_an_enlargement_is_counted_and_tells_of_its_progress(server: Served, photo: Path) -> None:
    before = server.figure('copyart_enlargements_total{scale="2"}')
    accept = {"Accept": "application/x-copyart-progress"}
    answer = server.post({"scale": 2}, {"image": ("photo.jpg", photo.read_bytes())}, accept)
    steps, record, data = progress(answer.body)
    assert steps[-1] == {"done": 1, "tiles": 1}
    assert record["painting"] == "photo-2x.jpg"
    with Image.open(photo) as small, Image.open(io.BytesIO(data)) as large:
        assert large.size == (2 * small.width, 2 * small.height)
    assert server.figure('copyart_enlargements_total{scale="2"}') == before + 1


def test_the_first_style_is_the_default(server: Served, photo: Path) -> None:
    data = {"image": ("p.jpg", photo.read_bytes())}
    assert (
        server.post({}, data).body
        == server.post({"style": "tiny"}, data).body
        != server.post({"style": "other"}, data).body
    )


def test_a_style_may_be_written_in_another_way(server: Served) -> None:
    photo = {"image": ("p.png", picture((64, 64)))}
    asked, written = server.post({"style": "other"}, photo), server.post({"style": " O-THER"}, photo)
    assert (asked.status, written.status) == (200, 200)
    assert written.headers["content-disposition"] == asked.headers["content-disposition"]


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        ("../../Été à Nice.jpeg", "%C3%89t%C3%A9%20%C3%A0%20Nice-tiny.jpg"),
        ("C:\\photos\\a.b.png", "a.b-tiny.jpg"),
        ("...", "photo-tiny.jpg"),
        (".hidden.jpg", "hidden-tiny.jpg"),
        ("x" * 300 + ".jpg", "x" * 96 + "-tiny.jpg"),
    ],
)
def test_a_painting_has_a_name_that_any_disk_takes(server: Served, photo: Path, sent: str, called: str) -> None:
    answer = server.post({}, {"image": (sent, photo.read_bytes())})
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''{called}"


def test_the_type_of_a_photo_is_told_by_its_content(server: Served, photo: Path, tmp_path: Path) -> None:
    with Image.open(photo) as image:
        image.save(tmp_path / "p.webp")
    answer = server.post({}, {"image": ("photo.exe", (tmp_path / "p.webp").read_bytes())})
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")


def test_progress_comes_before_the_painting(server: Served, photo: Path) -> None:
    data = {"image": ("photo.jpg", photo.read_bytes())}
    answer = server.post({}, data, {"Accept": "application/x-copyart-progress"})
    steps, last, rest = progress(answer.body)
    painting = server.post({}, data).body
    assert rest == painting
    assert last == {"painting": "photo-tiny.jpg", "type": "image/jpeg", "bytes": len(painting)}
    assert all(set(record) in ({"ahead"}, {"done", "tiles"}) for record in steps)
    assert answer.headers["x-accel-buffering"] == "no"


def test_several_workers_paint_as_one_does(tiny: Style, server: Served, photo: Path, tmp_path: Path) -> None:
    data = {"image": ("photo.jpg", photo.read_bytes())}
    with served("--styles", tiny.folder, "--workers", 2, folder=tmp_path / "two") as two:
        assert two.post({}, data).body == server.post({}, data).body


# Problems.


def picture(size: tuple[int, int], kind: str = "png") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


BROKEN = picture((64, 64), "jpeg")[:400]
PROBLEMS: list[tuple[dict[str, str], bytes, int, str, str]] = [
    ({}, b"", 415, "no-picture", "is no picture"),
    ({}, b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "no-picture", "is no picture"),
    ({}, BROKEN, 422, "damaged", "is cut short or damaged"),
    ({}, picture((2000, 600)), 413, "too-many-pixels", "(1 megapixels)"),
    ({}, bytes(1_000_001), 413, "too-many-bytes", "larger than 1 megabytes"),
    ({"style": "rembrandt"}, b"", 404, "unknown-style", "'rembrandt' here; use tiny, other"),
    ({"style": "../tiny"}, b"", 404, "unknown-style", "'../tiny' here"),
    ({"strength": "2"}, b"", 422, "bad-option", "strength is 2.0; give a number from 0"),
    ({"strength": "nan"}, b"", 422, "bad-option", "strength is nan"),
    ({"strength": "much"}, b"", 422, "bad-option", "strength is 'much'; give a number"),
    ({"keep_color": "perhaps"}, b"", 422, "bad-option", "keep_color is 'perhaps'; give true or false"),
    ({"size": "4"}, b"", 422, "bad-option", "size is 4; give at least 8"),
    ({"size": "huge"}, b"", 422, "bad-option", "size is 'huge'; give at least 8 pixels, or 'native'"),
    ({"size": "9" * 30}, picture((64, 64)), 422, "bad-option", "give at most 1000000000"),
    ({"size": "9" * 9}, picture((64, 64)), 422, "bad-option", "give less"),
    ({"size": "2000"}, picture((64, 64)), 422, "bad-option", "which makes 4 megapixels of this photo, and 1 are"),
    ({"format": "exe"}, b"", 422, "bad-option", "'exe' names no picture format"),
    ({"scale": "3"}, b"", 422, "bad-option", "scale is 3; give 2 or 4"),
    ({"scale": "8"}, b"", 422, "bad-option", "scale is 8; give 2 or 4"),
    ({"scale": "two"}, b"", 422, "bad-option", "scale is 'two'; give 2 or 4"),
    ({"scale": "2", "style": "tiny", "strength": "1"}, b"", 422, "bad-option", "leave out style, strength, or scale"),
    (
        {"scale": "2"},
        picture((501, 500)),
        422,
        "too-large",
        "makes 1.002 megapixels of this photo, and 1 are made here",
    ),
    ({"scale": "4"}, picture((500, 500)), 422, "too-large", "give a smaller photo or 2"),
    ({"stlye": "tiny"}, b"", 422, "bad-option", "'stlye' is no field; use image, style"),
]


@pytest.mark.parametrize(("fields", "data", "status", "title", "words"), PROBLEMS)
def test_what_cannot_be_painted_gets_one_line(
    server: Served, fields: dict[str, str], data: bytes, status: int, title: str, words: str
) -> None:
    answer = server.post(fields, {"image": ("p.png", data)})
    assert answer.headers["content-type"] == "application/problem+json"
    record = answer.json
    assert (answer.status, record["status"], record["title"]) == (status, status, title)
    assert words in record["detail"]
    assert CODES[title] == status


@pytest.mark.parametrize(
    ("body", "kind", "status", "title"),
    [
        (b"{}", "application/json", 415, "no-form"),
        (b"", "", 415, "no-form"),
        (b"x", "multipart/form-data", 400, "bad-form"),
        (b"--a\r\n\r\n", "multipart/form-data; boundary=a", 400, "bad-form"),
        (b"--a--\r\n", "multipart/form-data; boundary=a", 400, "bad-form"),
    ],
)
def test_what_is_no_form_gets_one_line(server: Served, body: bytes, kind: str, status: int, title: str) -> None:
    answer = server.ask("POST", "/api/paint", body, {"Content-Type": kind} if kind else {})
    assert (answer.status, answer.json["title"]) == (status, title)


def test_a_photo_must_be_a_file_and_be_there_once(server: Served, photo: Path) -> None:
    assert server.post({"image": "photo.jpg"}).json["title"] == "bad-form"
    assert server.post({"style": "tiny"}).json["title"] == "bad-form"
    twice = server.post({}, {"image": ("a.jpg", photo.read_bytes()), 'image"; x="': ("b.jpg", photo.read_bytes())})
    assert (twice.status, twice.json["title"]) == (400, "bad-form")


def test_a_form_of_another_site_is_refused(server: Served, photo: Path) -> None:
    data = {"image": ("photo.jpg", photo.read_bytes())}
    assert server.post({}, data, {"Sec-Fetch-Site": "cross-site"}).json["title"] == "cross-site"
    assert server.post({}, data, {"Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/api/paint", 405), ("PUT", "/", 405)]
)
def test_an_unknown_address_or_method_gets_one_line(server: Served, method: str, path: str, status: int) -> None:
    answer = server.ask(method, path)
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.json["detail"].endswith("see /docs")


def test_until_the_styles_are_loaded_it_says_so(tiny: Style) -> None:
    app = make_app(ServeConfig(), Workers([tiny], ServeConfig()))
    for path, method in (("/readyz", "GET"), ("/api/styles/tiny/sample", "GET"), ("/api/paint", "POST")):
        answer = asyncio.run(ask(app, method, path))
        assert (answer.status, answer.headers["retry-after"], answer.json["title"]) == (503, "2", "loading")
    assert [asyncio.run(ask(app, "GET", path)).status for path in ("/healthz", "/")] == [200, 200]


def test_a_fault_of_ours_is_answered_in_a_line_and_logged_in_a_line(
    tiny: Style, photo: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("ours")

    async def painting(app: Starlette) -> Answer:
        monkeypatch.setattr(Translator, "paint_pixels", faulty)
        return await post(app, [photo_form(photo.read_bytes())])

    with caplog.at_level(logging.ERROR, "copyart"):
        answer = serve(tiny, painting)
    detail = "something went wrong here, and not with the photo; try again"
    assert (answer.status, answer.json["title"], answer.json["detail"]) == (500, "failed", detail)
    (line,) = caplog.messages
    assert line.startswith("a photo could not be painted: KeyError: 'ours' (")
    assert Path(__file__).name in line


# What else there is.


def test_the_styles_are_listed_with_a_sample_each(server: Served, tiny: Style) -> None:
    first, second = server.get("/api/styles").json["styles"]
    assert (first["name"], first["title"], first["paint_size"]) == ("tiny", tiny.title, tiny.paint_size)
    samples = [server.get(f"/{style['sample']}") for style in (first, second)]
    assert samples[0].body != samples[1].body
    for sample in samples:
        with Image.open(io.BytesIO(sample.body)) as image:
            assert (image.format, image.size) == ("JPEG", (480, 360))
    assert server.get("/api/styles/nobody/sample").status == 404


def test_every_answer_tells_the_browser_to_trust_nobody_else(server: Served, photo: Path) -> None:
    for answer in (
        *(server.get(path) for path in ("/", "/docs", "/static/app.js", "/api/styles", "/nowhere", "/metrics")),
        server.post({}, {"image": ("photo.jpg", photo.read_bytes())}),
        server.post(),
    ):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] in ("no-cache", "no-store")


def test_the_api_is_described_in_openapi(server: Served) -> None:
    spec = server.get("/openapi.json").json
    validate(spec)
    fields = spec["paths"]["/api/paint"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"][
        "properties"
    ]
    assert fields["style"]["enum"] == ["tiny", "other"]
    described = {int(status) for status in spec["paths"]["/api/paint"]["post"]["responses"]}
    assert set(CODES.values()) - {405} <= described
    for path in spec["paths"]:
        assert server.get(path.replace("{name}", "tiny")).status == (405 if path == "/api/paint" else 200)
    docs = server.get("/docs").body.decode()
    assert all(f"<code>{name}</code>" in docs for name in fields)


def test_the_metrics_are_what_prometheus_reads(server: Served, photo: Path) -> None:
    def figures() -> dict[str, float]:
        families = text_string_to_metric_families(server.get("/metrics").body.decode())
        return {f"{one.name}{sorted(one.labels.values())}": one.value for family in families for one in family.samples}

    before = figures()
    server.post({}, {"image": ("photo.jpg", photo.read_bytes())})
    server.post({}, {"image": ("photo.jpg", b"no photo")})
    after = figures()
    for name in ("copyart_paintings_total['tiny']", "copyart_answers_total['200']", "copyart_seconds_count['paint']"):
        assert after[name] == before.get(name, 0) + 1
    assert after["copyart_answers_total['415']"] == before.get("copyart_answers_total['415']", 0) + 1
    assert (after["copyart_waiting[]"], after["copyart_served[]"]) == (0, 0)
    assert after["process_resident_memory_bytes[]"] > 1e7


# Words.


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de, en;q=0.7, fr;q=0.9", "fr"),
        ("de", "en"),
        ("fr;q=much, en;q=0.1", "en"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(server: Served, wanted: str, language: str) -> None:
    answer = server.get("/", {"Accept-Language": wanted})
    page = answer.body.decode()
    assert f'<html lang="{language}">' in page
    assert WORDS[language]["title"] in page
    assert answer.headers["vary"] == "Accept-Language"


def test_every_language_has_all_words_with_all_their_places() -> None:
    english = WORDS["en"]
    for words in WORDS.values():
        assert list(words) == list(english)
        for key, line in words.items():
            assert set(re.findall(r"\{\w+\}", line)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_the_page_says_no_word_that_is_missing_and_has_none_that_it_never_says() -> None:
    page = (WEB / "page.html").read_text(encoding="utf-8")
    scripts = "".join(
        path.read_text(encoding="utf-8") for path in (WEB / "static").iterdir() if path.name.endswith(".js")
    )
    said = {*re.findall(r'data-(?:say|label)="([\w-]+)"', page), *re.findall(r"say\.(\w+)", page)}
    said |= set(re.findall(r'say\("([\w-]+)"', scripts))
    said |= {name for name in PAINTING if name in WORDS["en"]}
    said |= {"name", *(f"error-{code}" for code in (*CODES, "network"))}
    said |= {f"state-{state}" for state in re.findall(r'"(done|painting|waiting|failed)"', scripts)}
    assert said == set(WORDS["en"])
