"""The problems of forms that cannot be read, and of files that are more than one picture."""

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asgi import photo_form, post, serve
from hostile import END, part, written
from PIL import Image
from served import BOUNDARY, Answer, Served, served
from starlette.applications import Starlette

from copyart.images.formats import register_heic
from copyart.models import Style
from copyart.serving.problems import CODES
from copyart.serving.responses import PROGRESS

MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
CURL = "as `curl -F image=@photo.jpg` does"
AS_TEXT = f"image came as text, without a file name; send the photo as a file, {CURL}"
NOT_SAID = f"there is no photo in the form; send a file as image, {CURL}"
NOT_CHOSEN = f"no photo was chosen; send a file as image, {CURL}"

Form = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def server(tiny: Style, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("--styles", tiny.folder, folder=tmp_path_factory.mktemp("forms")) as found:
        yield found


def text(name: str, value: bytes) -> bytes:
    return part(value, f'form-data; name="{name}"')


def file(name: str, data: bytes, filename: str = "photo.jpg") -> bytes:
    return part(data, f'form-data; name="{name}"; filename="{filename}"')


def problem(answer: Answer) -> tuple[int, str]:
    """The status and the line of a problem in the sense of RFC 9457."""
    assert answer.headers["content-type"] == "application/problem+json"
    record = answer.json
    assert record["status"] == answer.status == CODES[record["title"]]
    return answer.status, record["detail"]


FORMS: dict[str, tuple[str, Form, int, str]] = {
    "a photo without a file name": (MULTIPART, lambda photo: text("image", photo) + END, 400, AS_TEXT),
    "a small one": (MULTIPART, lambda photo: text("image", photo[:300]) + END, 400, AS_TEXT),
    "a photo in base64": (MULTIPART, lambda photo: text("image", base64.b64encode(photo)) + END, 400, AS_TEXT),
    "the name of a photo": (MULTIPART, lambda _: text("image", b"photo.jpg") + END, 400, AS_TEXT),
    "an image of no bytes and no file name": (MULTIPART, lambda _: text("image", b"") + END, 400, AS_TEXT),
    "two photos": (
        MULTIPART,
        lambda photo: file("image", photo) * 2 + END,
        400,
        "image is there twice; send one photo at a time",
    ),
    "a photo, and one as text": (
        MULTIPART,
        lambda photo: file("image", photo) + text("image", photo) + END,
        400,
        "image is there twice; send one photo at a time",
    ),
    "a field twice": (
        MULTIPART,
        lambda photo: text("style", b"tiny") * 2 + file("image", photo) + END,
        400,
        "style is there twice; send one value at a time",
    ),
    "a file in place of a field": (
        MULTIPART,
        lambda photo: file("image", photo) + file("style", b"tiny", "style.txt") + END,
        400,
        "style came as a file; send it as text, without a file name",
    ),
    "a photo of another name": (
        MULTIPART,
        lambda photo: file("file", photo) + END,
        400,
        f"'file' is no field; send the photo as image, {CURL}",
    ),
    "a field that is too long": (
        MULTIPART,
        lambda photo: text("style", b"x" * 5000) + file("image", photo) + END,
        422,
        "style is longer than the 1000 bytes that a value may have; see /docs",
    ),
    "a part without a name": (
        MULTIPART,
        lambda photo: part(photo, 'form-data; filename="photo.jpg"') + END,
        400,
        "a part of the form has no name; call the photo image",
    ),
    "a part without headers": (
        MULTIPART,
        lambda photo: f"--{BOUNDARY}\r\n\r\n".encode() + photo + b"\r\n" + END,
        400,
        "a part of the form has no name; call the photo image",
    ),
    "no photo": (MULTIPART, lambda _: text("style", b"tiny") + END, 400, NOT_SAID),
    "no parts": (MULTIPART, lambda _: END, 400, NOT_SAID),
    "no body": (MULTIPART, lambda _: b"", 400, NOT_SAID),
    "no file chosen": (MULTIPART, lambda _: file("image", b"", "") + END, 400, NOT_CHOSEN),
    "an empty file": (
        MULTIPART,
        lambda _: file("image", b"") + END,
        415,
        "photo.jpg is no picture: it is empty (0 bytes); copy it again from where it came",
    ),
    "no boundary": (
        "multipart/form-data",
        lambda photo: file("image", photo) + END,
        400,
        "the form cannot be read: it names no boundary; let your HTTP library write it",
    ),
    "another boundary": (
        "multipart/form-data; boundary=another",
        lambda photo: file("image", photo) + END,
        400,
        "the form cannot be read: its parts are not as its boundary says; let your HTTP library write it",
    ),
    "a form that is cut short": (
        MULTIPART,
        lambda photo: file("image", photo)[:-200],
        400,
        "the form is cut short: its last part has no end; send all of it",
    ),
    "a form of URLs' kind": (
        "application/x-www-form-urlencoded",
        lambda _: b"image=photo.jpg&style=tiny",
        415,
        f"the body is application/x-www-form-urlencoded; send the photo in a form (multipart/form-data), {CURL}",
    ),
    "JSON": (
        "application/json; charset=utf-8",
        lambda photo: json.dumps({"image": base64.b64encode(photo).decode()}).encode(),
        415,
        f"the body is application/json; send the photo in a form (multipart/form-data), {CURL}",
    ),
    "the photo alone": (
        "image/jpeg",
        lambda photo: photo,
        415,
        f"the body is image/jpeg; send the photo in a form (multipart/form-data), {CURL}",
    ),
    "a body of no type": (
        "",
        lambda photo: photo,
        415,
        f"the body is of no type; send the photo in a form (multipart/form-data), {CURL}",
    ),
}


@pytest.mark.parametrize(("kind", "form", "status", "line"), FORMS.values(), ids=FORMS)
def test_a_form_that_cannot_be_read_is_told_what_is_wrong_and_what_to_do(
    server: Served, photo: Path, kind: str, form: Form, status: int, line: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert problem(server.ask("POST", "/api/paint", form(photo.read_bytes()), headers)) == (status, line)


def test_a_photo_with_an_empty_file_name_is_painted(server: Served, photo: Path) -> None:
    answer = server.post({}, {"image": ("", photo.read_bytes())})
    assert answer.status == 200
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''photo-tiny.jpg"


def test_a_field_that_is_there_twice_is_refused(tiny: Style, photo: Path) -> None:
    body = photo_form(photo.read_bytes())
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="strength"\r\n\r\n0.5\r\n'.encode()
    answer = serve(tiny, lambda app: post(app, [field, field, body]))
    assert problem(answer) == (400, "strength is there twice; send one value at a time")
    assert answer.json["title"] == "bad-form"


def test_photos_that_come_at_once_are_held_only_as_far_as_the_memory_for_them_goes(tiny: Style, photo: Path) -> None:
    piece = photo_form(bytes(18_000))[:18_500]

    async def crowd(app: Starlette) -> Answer:
        slow = [asyncio.ensure_future(post(app, [piece], stays=True)) for _ in range(2)]
        await asyncio.sleep(0)
        third = await post(app, [piece])
        for one in slow:
            one.cancel()
        await asyncio.wait(slow)
        after = await post(app, [photo_form(photo.read_bytes())])
        assert after.status == 200
        return third

    answer = serve(tiny, crowd, queue=0, max_megabytes=0.01)
    assert problem(answer) == (429, "too many photos are being sent at once; try again")
    assert answer.json["title"] == "busy"


def frames(china: Path, count: int) -> list[Image.Image]:
    with Image.open(china) as image:
        small = image.resize((48, 32))
    return [small.rotate(40 * i) for i in range(count)]


STILL = "and only still pictures are painted here"


@pytest.mark.parametrize(
    ("name", "kind", "code", "line"),
    [
        *(
            (
                name,
                kind,
                "moving",
                f"{name} has 3 frames, {STILL}; `copyart translate {typed}` paints all of its frames, or send one",
            )
            for name, kind, typed in (
                ("clip.gif", "GIF", "clip.gif"),
                ("my clip.webp", "WEBP", "'my clip.webp'"),
                ("clip.png", "PNG", "clip.png"),
            )
        ),
        ("clip.avif", "AVIF", "moving", f"clip.avif has 3 frames, {STILL}; send one of them as a picture"),
        (
            "scan.tif",
            "TIFF",
            "several-pages",
            "scan.tif has 3 pages, and one picture at a time is painted here; send a page as a file of its own",
        ),
    ],
)
def test_what_holds_several_pictures_is_refused_with_their_number_and_what_to_do(
    server: Served, china: Path, name: str, kind: str, code: str, line: str
) -> None:
    first, *rest = frames(china, 3)
    answer = server.post({}, {"image": (name, written(first, kind, save_all=True, append_images=rest))})
    assert problem(answer) == (415, line)
    assert answer.json["title"] == code


@pytest.mark.parametrize(
    ("name", "kind", "count", "options"),
    [
        ("one.gif", "GIF", 1, {}),
        ("one.png", "PNG", 1, {}),
        ("one.webp", "WEBP", 1, {}),
        ("one.tif", "TIFF", 1, {}),
        ("phone.jpg", "MPO", 2, {}),
        ("phone.heic", "HEIF", 1, {"thumbnails": [16]}),
        ("spatial.heic", "HEIF", 2, {}),
        ("cover.png", "PNG", 2, {"default_image": True}),
    ],
)
def test_what_shows_one_picture_is_painted_whatever_else_its_file_holds(
    server: Served, china: Path, name: str, kind: str, count: int, options: dict[str, object]
) -> None:
    register_heic()
    if kind not in Image.SAVE:
        pytest.skip("needs pillow-heif")
    first, *rest = frames(china, count)
    answer = server.post({}, {"image": (name, written(first, kind, save_all=True, append_images=rest, **options))})
    assert answer.status == 200, answer.body
    with Image.open(io.BytesIO(answer.body)) as painting:
        assert painting.size == (48, 32)


@pytest.mark.parametrize(
    ("name", "muxer", "codec"),
    [
        ("clip.mp4", "mp4", "libx264"),
        ("clip.mov", "mov", "libx264"),
        ("clip.3gp", "3gp", "libx264"),
        ("clip.mkv", "matroska", "libx264"),
        ("clip.webm", "webm", "libvpx-vp9"),
        ("clip.avi", "avi", "mpeg4"),
        ("clip.mpg", "mpeg", "mpeg2video"),
        ("clip.ts", "mpegts", "mpeg2video"),
        ("photo.jpg", "mp4", "libx264"),
    ],
)
def test_a_video_is_refused_as_one_by_its_content(
    server: Served, china: Path, name: str, muxer: str, codec: str
) -> None:
    av = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for image in frames(china, 3):
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())
    line = f"{name} is a video, {STILL}; `copyart translate {name}` paints all of its frames, or send one"
    assert problem(server.post({}, {"image": (name, file.getvalue())})) == (415, line)


def test_words_called_a_video_are_no_picture(server: Served) -> None:
    answer = server.post({}, {"image": ("notes.mp4", b"words only, of which no film is made")})
    assert (answer.status, answer.json["title"]) == (415, "no-picture")


def test_a_moving_picture_that_is_to_be_enlarged_is_sent_to_the_command_that_enlarges(
    server: Served, china: Path
) -> None:
    first, *rest = frames(china, 2)
    answer = server.post(
        {"scale": 2}, {"image": ("clip.gif", written(first, "GIF", save_all=True, append_images=rest))}
    )
    line = "only still pictures are enlarged here; `copyart enlarge clip.gif` enlarges all of its frames, or send one"
    assert problem(answer) == (415, f"clip.gif has 2 frames, and {line}")


def test_a_moving_picture_is_refused_before_it_waits_or_is_decoded(server: Served, china: Path) -> None:
    first, *rest = frames(china, 2)
    data = written(first, "GIF", save_all=True, append_images=rest)
    before = server.figure('copyart_seconds_count{stage="wait"}')
    assert server.post({}, {"image": ("clip.gif", data)}, {"Accept": PROGRESS}).status == 415
    assert server.figure('copyart_seconds_count{stage="wait"}') == before


def test_the_api_says_what_becomes_of_moving_pictures(server: Served) -> None:
    spec = server.get("/openapi.json").json
    assert {"moving", "several-pages"} <= set(spec["components"]["schemas"]["Refusal"]["properties"]["title"]["enum"])
    answers = spec["paths"]["/api/paint"]["post"]["responses"]
    assert "animation" in answers["415"]["description"]
