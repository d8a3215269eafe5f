"""The page of `copyart serve`, in a real browser: what people do on it, and who can."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from browser import Browse
from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, expect
from served import Served, served

from copyart.styles import Style

WORDS = json.loads((files("copyart.serving") / "web" / "words.json").read_text(encoding="utf-8"))

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def server(tiny: Style, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Paints in a tiny style, and in a real one."""
    with served("--styles", f"{tiny.folder},monet", folder=tmp_path_factory.mktemp("serve")) as found:
        yield found


@pytest.fixture
def photos(china: Path, tmp_path: Path) -> list[Path]:
    """Three photos, two of one name."""
    paths = [tmp_path / "lake.jpg", tmp_path / "again" / "lake.jpg", tmp_path / "été.png"]
    paths[1].parent.mkdir()
    with Image.open(china) as image:
        for i, path in enumerate(paths):
            image.crop((100 * i, 50, 100 * i + 240, 210)).save(path)
    return paths


def choose(page: Page, *photos: Path) -> None:
    page.set_input_files("#choose", photos)


def await_painting(page: Page) -> None:
    """Until what is shown is what is asked for."""
    expect(page.locator("#download")).to_be_enabled()
    expect(page.locator("#stage.busy")).to_have_count(0)
    expect(page.locator("#painting")).to_be_visible()


def pixels(page: Page, of: str) -> Image.Image:
    """What is seen at an element."""
    return Image.open(io.BytesIO(page.locator(of).screenshot())).convert("RGB")


def shuts_out(page: Page) -> list[str]:
    """What axe finds that keeps people from using a page."""
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page)["violations"]]


def test_a_photo_is_painted_compared_and_downloaded(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.address)
    expect(page.locator("#download")).to_be_disabled()
    choose(page, photos[0])
    await_painting(page)
    expect(page.get_by_role("status").first).to_have_text("Painted: A tiny style")
    expect(page.locator("#photo")).to_have_attribute("alt", "The photo lake.jpg")
    expect(page.locator("#painting")).to_have_attribute("alt", "lake.jpg, painted in the manner of A tiny style")

    box = page.locator("#compare").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(240 / 160, rel=0.01)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = []
    for share in (0.98, 0.02):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        seen.append(pixels(page, "#compare").crop((60, 60, int(box["width"]) - 60, int(box["height"]) // 2 - 40)))
    page.mouse.up()
    assert ImageChops.difference(*seen).getextrema() != ((0, 0),) * 3

    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "lake-tiny.jpg"
    painting = server.post({}, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert Path(download.value.path()).read_bytes() == painting
    assert all(re.match(rf"(blob:)?{re.escape(server.address)}/", url) for url in asked)


def test_another_style_and_other_options_need_no_other_choice(
    server: Served, browse: Browse, photos: list[Path]
) -> None:
    page = browse(**DESK)
    forms: list[str] = []
    page.on("request", lambda request: forms.append(request.url) if request.method == "POST" else None)
    page.goto(server.address)
    choose(page, photos[0])
    await_painting(page)
    shown = [page.locator("#painting").get_attribute("src")]
    for change in (
        lambda: page.get_by_label("Claude Monet").check(),
        lambda: page.get_by_label("Keep the photo's colours").check(),
        lambda: page.select_option("#size", "0.6"),
        lambda: page.select_option("#format", "png"),
        lambda: page.locator("#strength").fill("0.5"),
    ):
        change()
        expect(page.locator("#painting")).not_to_have_attribute("src", str(shown[-1]))
        await_painting(page)
        shown.append(page.locator("#painting").get_attribute("src"))
    assert len(set(shown)) == len(forms) == 6
    expect(page.locator("#percent")).to_have_text("50 %")
    with page.expect_download() as download:
        page.click("#download")
    fields = {"style": "monet", "keep_color": "true", "size": 384, "format": "png", "strength": 0.5}
    painting = server.post(fields, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert Path(download.value.path()).read_bytes() == painting
    page.get_by_label("Keep the photo's colours").uncheck()
    page.get_by_label("Keep the photo's colours").check()
    await_painting(page)
    assert page.locator("#painting").get_attribute("src") == shown[-1]


def test_strength_shows_while_it_is_moved(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    page.goto(server.address)
    choose(page, photos[0])
    await_painting(page)
    page.locator("#strength").evaluate("e => { e.value = 0.25; e.dispatchEvent(new Event('input')); }")
    assert page.locator("#painting").evaluate("e => getComputedStyle(e).opacity") == "0.25"


def test_several_photos_become_a_zip(server: Served, browse: Browse, photos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no picture")
    page = browse(**DESK)
    page.goto(server.address)
    choose(page, *photos, tmp_path / "notes.jpg")
    expect(page.locator("[data-state=done]")).to_have_count(3)
    expect(page.locator("#all")).to_be_enabled()
    with page.expect_download() as download:
        page.click("#all")
    assert download.value.suggested_filename == "paintings-tiny.zip"
    with zipfile.ZipFile(download.value.path()) as found:
        assert found.testzip() is None
        assert found.namelist() == ["lake-tiny.jpg", "lake-tiny-2.jpg", "été-tiny.png"]
        for name, photo in zip(found.namelist(), photos, strict=True):
            assert found.read(name) == server.post({}, {"image": (photo.name, photo.read_bytes())}).body
    page.get_by_role("button", name="Show été.png (painted)").click()
    expect(page.locator("#photo")).to_have_attribute("alt", "The photo été.png")
    expect(page.locator("[data-state=failed]")).to_have_count(1)
    page.set_input_files("#more", photos[0])
    expect(page.locator("[data-state=done]")).to_have_count(4)
    page.click("#anew")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#photos")).to_be_hidden()
    expect(page.locator("#choose")).to_be_focused()


DROP = """([name, data]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(data)], name, { type: "image/jpeg" }));
  document.body.dispatchEvent(EVENT);
}"""


@pytest.mark.parametrize(
    "event",
    [
        "new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })",
        "new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })",
    ],
)
def test_a_photo_can_be_dropped_and_pasted(server: Served, browse: Browse, photos: list[Path], event: str) -> None:
    page = browse(**DESK)
    page.goto(server.address)
    page.evaluate(DROP.replace("EVENT", event), ["dropped.jpg", list(photos[0].read_bytes())])
    await_painting(page)
    expect(page.locator("#photo")).to_have_attribute("alt", "The photo dropped.jpg")


def test_a_photo_that_a_browser_cannot_show_is_shown_and_painted(
    server: Served, browse: Browse, photos: list[Path], tmp_path: Path
) -> None:
    with Image.open(photos[0]) as image:
        image.save(tmp_path / "scan.tif")
    page = browse(**DESK)
    page.goto(server.address)
    choose(page, tmp_path / "scan.tif")
    await_painting(page)
    expect(page.locator("#photo")).to_have_js_property("naturalWidth", 240)
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "scan-tiny.jpg"


def test_what_cannot_be_painted_is_said_in_words_and_tried_again(
    server: Served, browse: Browse, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "notes.jpg").write_text("no picture")
    page = browse(**DESK)
    page.goto(server.address)
    choose(page, tmp_path / "notes.jpg")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This is no picture that can be read here.")
    page.get_by_role("button", name="Français").click()
    expect(alert).to_contain_text(WORDS["fr"]["error-no-picture"])
    expect(page.locator("#download")).to_be_disabled()
    expect(page.locator("#retry")).to_be_hidden()
    expect(page.locator("#empty")).to_be_visible()
    page.get_by_role("button", name="Recommencer").click()
    expect(page.locator("#problem")).to_be_empty()

    page.route("**/api/paint", lambda route: route.abort())
    choose(page, photos[0])
    expect(alert).to_have_text(WORDS["fr"]["error-network"])
    page.unroute("**/api/paint")
    page.get_by_role("button", name="Réessayer").click()
    await_painting(page)
    expect(page.locator("#problem")).to_be_empty()


def test_a_server_that_is_busy_is_asked_again(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    answers = [429, 503]

    def answer(route: Route) -> None:
        if not answers:
            return route.continue_()
        status = answers.pop(0)
        title = "busy" if status == 429 else "loading"
        body = json.dumps({"title": title, "status": status, "detail": "not now"})
        return route.fulfill(status=status, headers={"Retry-After": "1"}, body=body)

    page.route("**/api/paint", answer)
    page.goto(server.address)
    choose(page, photos[0])
    expect(page.locator("#status")).to_have_text(re.compile(r"^Many photos are being painted\. Trying again in 1 s"))
    await_painting(page)
    assert not answers


def test_progress_is_shown(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    lines = [{"ahead": 3}, {"done": 2, "tiles": 9}, {"title": "damaged", "status": 422, "detail": "cut short"}]
    page.goto(server.address)
    for shown, text in ((1, "In the queue: 3 before you"), (2, "Painting: part 2 of 9")):
        body = "".join(json.dumps(line) + "\n" for line in lines[:shown])
        page.evaluate(HANGING, body)
        choose(page, photos[0])
        expect(page.locator("#status")).to_have_text(text)
        expect(page.locator("#progress")).to_be_visible()
        page.click("#anew")
    page.evaluate(HANGING, "".join(json.dumps(line) + "\n" for line in lines))
    choose(page, photos[0])
    expect(page.get_by_role("alert")).to_contain_text("This file is damaged")


# An answer that begins like this and goes on for ever.
HANGING = """body => {
  const start = to => to.enqueue(new TextEncoder().encode(body));
  window.fetch = async () => new Response(new ReadableStream({ start }));
}"""


def test_language_and_theme_are_switched_without_losing_the_photo(
    server: Served, browse: Browse, photos: list[Path]
) -> None:
    page = browse(**DESK, locale="fr-FR", color_scheme="dark")
    page.goto(server.address)
    expect(page).to_have_title(WORDS["fr"]["title"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(24, 21, 18)"
    choose(page, photos[0])
    await_painting(page)
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title("Turn a photo into a painting")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#download")).to_have_text("Download")
    expect(page.locator("#photo")).to_have_attribute("alt", "The photo lake.jpg")
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(250, 246, 238)"
    expect(page.locator("#painting")).to_be_visible()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(250, 246, 238)"
    expect(page).to_have_title("Turn a photo into a painting")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")


def test_it_is_used_with_the_keyboard_alone(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    page.on("filechooser", lambda chooser: chooser.set_files(photos[0]))
    page.goto(server.address)
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert names == ["English", "Français", "theme", "choose"]
    page.keyboard.press("Enter")
    await_painting(page)
    assert page.evaluate("document.activeElement.value") == "tiny"
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status").first).to_have_text("Painted: Claude Monet")
    page.focus("#split")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.querySelector('#compare').style.getPropertyValue('--split')") == "51%"


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("fr-FR", "dark")])
def test_nobody_is_shut_out_and_nothing_jumps(
    server: Served, browse: Browse, photos: list[Path], screen: dict[str, Any], locale: str, scheme: str
) -> None:
    page = browse(**screen, locale=locale, color_scheme=scheme)
    page.add_init_script(SHIFTS)
    page.goto(server.address)
    assert shuts_out(page) == []
    choose(page, *photos)
    expect(page.locator("[data-state=done]")).to_have_count(3)
    assert shuts_out(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]
    page.locator("#split").scroll_into_view_if_needed()
    assert page.evaluate("window.shifted") < 0.01
    page.goto(f"{server.address}/docs")
    assert shuts_out(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]


def test_a_finger_moves_the_slider(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**PHONE)
    page.goto(server.address)
    expect(page.locator(".camera")).to_be_visible()
    choose(page, photos[0])
    await_painting(page)
    box = page.locator("#compare").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    split = page.evaluate("Number(document.querySelector('#split').value)")
    assert split == pytest.approx(80, abs=3)


def test_the_form_paints_where_no_script_runs(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK, java_script_enabled=False)
    page.goto(server.address)
    choose(page, photos[0])
    page.get_by_label("Claude Monet").check()
    with page.expect_response("**/api/paint") as response:
        page.get_by_role("button", name="Paint", exact=True).click()
    painting = server.post({"style": "monet"}, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert response.value.status == 200
    assert response.value.headers["content-length"] == str(len(painting))
