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
from hostile import png
from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, expect
from served import Served, served

from copyart.models import Style

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
    """The pixels that are seen at an element."""
    return Image.open(io.BytesIO(page.locator(of).screenshot())).convert("RGB")


def shuts_out(page: Page) -> list[str]:
    """The faults that axe finds, which keep people from using a page."""
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
        lambda: page.select_option("#brush", "broad"),
        lambda: page.select_option("#format", "png"),
        lambda: page.locator("#strength").fill("0.5"),
    ):
        change()
        expect(page.locator("#painting")).not_to_have_attribute("src", str(shown[-1]))
        await_painting(page)
        shown.append(page.locator("#painting").get_attribute("src"))
    assert len(set(shown)) == len(forms) == 6
    expect(page.locator("#strength-percent")).to_have_text("50 %")
    with page.expect_download() as download:
        page.click("#download")
    fields = {"style": "monet", "keep_color": "true", "brush": "broad", "format": "png", "strength": 0.5}
    painting = server.post(fields, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert Path(download.value.path()).read_bytes() == painting
    page.get_by_label("Keep the photo's colours").uncheck()
    page.get_by_label("Keep the photo's colours").check()
    await_painting(page)
    assert page.locator("#painting").get_attribute("src") == shown[-1]


def test_a_photo_is_enlarged_instead_of_painted(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**DESK)
    page.goto(server.address)
    choose(page, photos[0])
    await_painting(page)
    expect(page.locator("#scale")).to_be_hidden()
    page.get_by_label("Only enlarge").check()
    status = page.get_by_role("status").first
    for scale in (2, 4):
        page.select_option("#scale", str(scale))
        expect(status).to_have_text(f"Enlarged: {scale} times as wide and high")
        await_painting(page)
        expect(page.locator("#made")).to_have_text("Enlarged")
        expect(page.locator("#painting")).to_have_js_property("naturalWidth", scale * 240)
    for name in ("strength", "brush", "keep_color"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    assert shuts_out(page) == []
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "lake-4x.jpg"
    enlarged = server.post({"scale": 4}, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert Path(download.value.path()).read_bytes() == enlarged
    page.get_by_label("A tiny style").check()
    expect(status).to_have_text("Painted: A tiny style")
    expect(page.locator("#made")).to_have_text("Painting")
    expect(page.locator("#brush")).to_be_visible()


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
    page.get_by_role("button", name="Show été.png (done)").click()
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
    expect(page.get_by_label("Only enlarge")).to_be_hidden()
    page.get_by_label("Claude Monet").check()
    with page.expect_response("**/api/paint") as response:
        page.get_by_role("button", name="Paint", exact=True).click()
    painting = server.post({"style": "monet"}, {"image": ("lake.jpg", photos[0].read_bytes())}).body
    assert response.value.status == 200
    assert response.value.headers["content-length"] == str(len(painting))


# At 390 pixels a phone; the 664 are what its browser's bars leave of 844.
SCREENS = [
    (390, 844, "en-GB", "light"),
    (390, 664, "fr-FR", "dark"),
    (360, 740, "fr-FR", "light"),
    (740, 360, "en-GB", "dark"),
    (1280, 720, "fr-FR", "light"),
]


def screen(width: int, height: int, locale: str = "en-GB", scheme: str = "light") -> dict[str, Any]:
    mobile = width < 1000
    size = {"width": width, "height": height}
    return {"viewport": size, "has_touch": mobile, "is_mobile": mobile, "locale": locale, "color_scheme": scheme}


def is_at_hand(page: Page, of: str) -> bool:
    """True if all of an element is in sight, and a finger on its middle meets it."""
    script = """element => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const met = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && element.contains(met);
    }"""
    return bool(page.locator(of).evaluate(script))


# What of the element that has the focus lies behind the bar: pixels of its height.
BEHIND = """() => {
  const bar = document.querySelector(".actions"), one = document.activeElement;
  const a = bar.getBoundingClientRect(), b = one.getBoundingClientRect();
  const meet = Math.min(a.right, b.right) > Math.max(a.left, b.left) && !bar.contains(one);
  return meet ? Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)) : 0;
}"""


@pytest.mark.parametrize(("width", "height", "locale", "scheme"), SCREENS)
def test_what_is_painted_is_downloaded_without_scrolling_and_nothing_hides_behind_the_bar(
    server: Served, browse: Browse, photos: list[Path], width: int, height: int, locale: str, scheme: str
) -> None:
    page = browse(**screen(width, height, locale, scheme))
    page.add_init_script(SHIFTS)
    page.goto(server.address)
    choose(page, photos[0])
    await_painting(page)
    for place in ("", "scrollTo(0, 0)", "document.querySelector('#stage').scrollIntoView()", "scrollTo(0, 1e6)"):
        page.evaluate(place)
        assert is_at_hand(page, "#download") or place == "scrollTo(0, 1e6)"
    assert is_at_hand(page, "#anew")
    page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    reached = []
    while "anew" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
        assert page.evaluate(BEHIND) == 0, reached
        assert len(reached) < 20
    controls = ["split", "tiny", "strength", "brush", "format", "keep_color", "download", "more", "anew"]
    assert reached[reached.index("split") :] == controls
    assert shuts_out(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.shifted") == 0
    choose(page, *photos)
    expect(page.locator("#all")).to_be_enabled()
    assert is_at_hand(page, "#download")
    assert is_at_hand(page, "#all")
    assert shuts_out(page) == []


def test_the_bar_stays_clear_of_a_phones_own_edges(server: Served, browse: Browse, photos: list[Path]) -> None:
    page = browse(**screen(390, 844))
    insets = {"top": 0, "left": 40, "bottom": 34, "right": 0}
    page.context.new_cdp_session(page).send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    page.goto(server.address)
    choose(page, photos[0])
    await_painting(page)
    box = page.locator("#download").bounding_box()
    assert box is not None
    assert box["x"] >= 40
    assert box["y"] + box["height"] <= 844 - 34


@pytest.fixture
def refused_files(photos: list[Path], tmp_path: Path) -> dict[Path, str]:
    """Files that are not painted, and the code of why."""
    with Image.open(photos[0]) as image:
        frames = [image.rotate(angle) for angle in (0, 90)]
    for name in ("clip.gif", "pages.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(photos[0].read_bytes()[:3000])
    (tmp_path / "huge.png").write_bytes(png(60_000, 60_000, data=b""))
    with (tmp_path / "heavy.jpg").open("wb") as file:
        file.truncate(25_000_001)
    codes = ("moving", "several-pages", "no-picture", "damaged", "too-many-pixels", "too-many-bytes")
    names = ("clip.gif", "pages.tif", "notes.txt", "cut.jpg", "huge.png", "heavy.jpg")
    return {tmp_path / name: code for name, code in zip(names, codes, strict=True)}


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "dark"), ("fr-FR", "light")])
def test_a_file_that_is_refused_says_why_where_its_picture_would_be(
    server: Served, browse: Browse, photos: list[Path], refused_files: dict[Path, str], locale: str, scheme: str
) -> None:
    words = WORDS[locale[:2]]
    page = browse(**screen(360, 740, locale, scheme))
    page.add_init_script(SHIFTS)
    page.goto(server.address)
    alert = page.get_by_role("alert")

    for path, code in refused_files.items():
        choose(page, path)
        expect(alert).to_have_text(words[f"error-{code}"])
        expect(page.locator("#stage").get_by_text(path.name, exact=True)).to_be_visible()
        expect(page.locator("#progress")).to_be_hidden()
        expect(page.locator("#download")).to_be_disabled()
        stage, said = page.locator("#stage").bounding_box(), alert.bounding_box()
        assert stage is not None
        assert said is not None
        assert stage["y"] < said["y"] < said["y"] + said["height"] < stage["y"] + stage["height"]
        assert shuts_out(page) == []
        page.click("#anew")
        expect(page.locator("#problem")).to_be_empty()

    choose(page, photos[0], *refused_files)
    expect(page.locator("[data-state=failed]")).to_have_count(len(refused_files))
    await_painting(page)
    expect(page.locator("#status")).to_contain_text(words["failed"].format(failed=6, count=7))
    for path, code in refused_files.items():
        why = words[f"error-{code}"]
        expect(page.locator("#refused")).to_contain_text(words["refused"].format(name=path.name, why=why))
        label = f"{words['show'].format(name=path.name)} ({words['state-failed']}). {why}"
        tile = page.get_by_role("button", name=label, exact=True)
        expect(tile.get_by_text(path.name)).to_be_visible()
        expect(tile.get_by_text(re.split(r"(?<=\.) ", why)[0])).to_be_visible()
        assert tile.evaluate("e => e.scrollHeight <= e.clientHeight")
        tile.focus()
        page.keyboard.press("Enter")
        expect(alert).to_have_text(why)
    assert shuts_out(page) == []
    assert page.evaluate("window.shifted") == 0


def test_what_a_refused_file_says_first_is_short_enough_for_its_tile() -> None:
    for words in WORDS.values():
        for key, line in words.items():
            if key.startswith("error-"):
                assert len(re.split(r"(?<=[.?!]) ", line)[0]) <= 64, key


def test_a_photo_that_a_browser_cannot_show_shows_its_name_until_it_is_painted(
    server: Served, browse: Browse, photos: list[Path], tmp_path: Path
) -> None:
    kinds = ["scan.tif", "scan two.tif"]
    for name in kinds:
        with Image.open(photos[0]) as image:
            image.save(tmp_path / name)
    page = browse(**screen(390, 844))
    page.add_init_script(SHIFTS)
    held: list[Route] = []
    page.route("**/api/paint", lambda route: held.append(route))
    page.goto(server.address)
    with page.expect_request("**/api/paint"):
        choose(page, *(tmp_path / name for name in kinds))
    expect(page.locator("#unseen")).to_have_text("scan.tif")
    expect(page.locator("#unseen")).to_be_visible()
    for i, name in enumerate(kinds):
        expect(page.locator("#photos button").nth(i).get_by_text(name, exact=True)).to_be_visible()
    assert held
    page.unroute("**/api/paint")  # which lets go of them
    expect(page.locator("[data-state=done]")).to_have_count(2)
    for name in kinds:
        page.get_by_role("button", name=f"Show {name} (done)", exact=True).click()
        await_painting(page)
        expect(page.locator("#photo")).to_have_js_property("naturalWidth", 240)
        expect(page.locator("#split")).to_be_enabled()
        expect(page.locator("#unseen")).to_be_hidden()
        box = page.locator("#compare").bounding_box()
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(240 / 160, rel=0.01)
    assert page.evaluate("window.shifted") == 0


def test_a_file_that_is_too_large_is_never_sent(server: Served, browse: Browse, refused_files: dict[Path, str]) -> None:
    page = browse(**DESK)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(server.address)
    (heavy,) = [path for path, code in refused_files.items() if code == "too-many-bytes"]
    choose(page, heavy)
    expect(page.get_by_role("alert")).to_have_text(WORDS["en"]["error-too-many-bytes"])
    expect(page.locator("#empty")).to_be_visible()
    assert sent == []
