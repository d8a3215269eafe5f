"""Surveys: the page that asks, filled in by a real browser, and what it gives away."""

import io
import json
import re
from base64 import b64decode
from pathlib import Path

import pytest
from browser import Browse
from conftest import Here
from limits import small_disk
from PIL import Image
from playwright.sync_api import Page, expect
from runs import make_domain

from copyart.errors import EvaluationError, OptionError
from copyart.evaluation.survey import PAINTED, REAL, Survey, check_survey, make_survey, read_survey, write_survey
from copyart.images import list_pictures

COUNT, SIDE = 6, 64
FORBIDDEN = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no') }})"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Real and painted pictures, of several sizes."""
    return (
        make_domain(tmp_path / "real", 8, size=(96, 80), seed=1),
        make_domain(tmp_path / "painted", 8, size=(72, 100), seed=2),
    )


@pytest.fixture
def survey(folders: tuple[Path, Path]) -> Survey:
    return make(folders)


@pytest.fixture
def page(survey: Survey, tmp_path: Path) -> Path:
    """The page of a survey, with its key beside it."""
    write_survey(survey, tmp_path / "ask.html")
    return tmp_path / "ask.html"


def make(folders: tuple[Path, Path], *, pictures: int = COUNT, seed: int = 0, side: int = SIDE) -> Survey:
    real, painted = (list_pictures(folder) for folder in folders)
    return make_survey(real, painted, pictures=pictures, seed=seed, side=side, title="Painter or computer?")


def visit(tab: Page, page: Path) -> None:
    """Opens a page in which time passes only when a test lets it."""
    tab.clock.install(time=0)
    tab.clock.pause_at(1)
    tab.goto(page.as_uri())


def begin(tab: Page, name: str = "") -> None:
    tab.click("#name")
    tab.keyboard.type(name)
    tab.keyboard.press("Enter")
    await_picture(tab, 1)


def await_picture(tab: Page, number: int) -> None:
    """Until a picture is shown; then lets a second pass, so that an answer to it is no accident any more."""
    expect(tab.locator("#progress")).to_have_text(f"{number} of {COUNT}")
    tab.clock.run_for(1000)


def tap(tab: Page, element: str) -> None:
    """Touches what a CSS selector finds with a finger, where nobody has to scroll to it."""
    expect(tab.locator(element)).to_be_in_viewport(ratio=1)
    tab.tap(element)


def told(lines: list[str]) -> dict[str, str]:
    """Answers by number, of the lines of a CSV file."""
    return {line.split(",")[2]: line.split(",")[3] for line in lines[1:]}


def test_a_survey_is_answered_in_a_browser_and_scored(
    page: Path, survey: Survey, browse: Browse, here: Here, tmp_path: Path
) -> None:
    tab = browse()
    visit(tab, page)
    begin(tab, 'Zoë "Z", 7')
    expect(tab.locator("#picture")).to_have_attribute("alt", "Picture 1 of 6")
    tab.keyboard.press("ArrowLeft")
    await_picture(tab, 2)
    tab.keyboard.press("c")
    await_picture(tab, 3)
    tab.click("#real")
    await_picture(tab, 4)
    tab.keyboard.press("b")
    await_picture(tab, 3)
    expect(tab.locator("#real")).to_have_attribute("aria-pressed", "true")
    tab.click("#painted")
    await_picture(tab, 4)
    tab.reload()
    await_picture(tab, 4)
    tab.click("#back")
    await_picture(tab, 3)
    expect(tab.locator("#painted")).to_have_attribute("aria-pressed", "true")
    tab.click("#next")
    for number, key in ((4, "p"), (5, "ArrowRight"), (6, "ArrowLeft")):
        await_picture(tab, number)
        tab.keyboard.press(key)
    expect(tab.locator("#end")).to_be_visible()
    with tab.expect_download() as download:
        tab.click("#save")
    saved = tmp_path / download.value.suggested_filename
    assert saved.name == "survey-Zoë-Z-7.csv"
    download.value.save_as(saved)
    assert saved.read_text("utf-8-sig").strip() == tab.input_value("#csv").strip()

    code, out, error = here("evaluate", "survey", "score", page, saved, "--json")
    assert (code, error) == (0, [])
    [person] = json.loads(out[0])["people"]
    said = [REAL, PAINTED, PAINTED, REAL, PAINTED, REAL]
    assert person["name"] == 'Zoë "Z", 7'
    assert person["right"]["count"] == sum(survey.truth(i + 1) == answer for i, answer in enumerate(said))
    assert person["seconds"] == 1.0


def test_a_survey_fits_a_phone_and_fingers(page: Path, browse: Browse) -> None:
    tab = browse(viewport={"width": 360, "height": 640}, device_scale_factor=2, is_mobile=True, has_touch=True)
    visit(tab, page)
    assert_fits(tab)
    tap(tab, "#begin button")
    for number in range(1, COUNT):
        await_picture(tab, number)
        assert_fits(tab)
        tap(tab, "#real")
        tab.clock.run_for(200)
        tap(tab, "#real")  # the same finger once more, too soon to have seen the next picture
    await_picture(tab, COUNT)
    tap(tab, "#stop")
    expect(tab.locator("#end")).to_be_visible()
    assert_fits(tab)
    expect(tab.locator("#missing")).to_contain_text("One picture has no answer")
    lines = tab.input_value("#csv").splitlines()
    assert told(lines) == {str(i): "" if i == COUNT else REAL for i in range(1, COUNT + 1)}
    assert re.fullmatch("anonymous-[0-9a-f]{4}", lines[1].split(",")[1])
    tap(tab, "#again")
    await_picture(tab, COUNT)


def assert_fits(tab: Page) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    heights = tab.evaluate("[...document.querySelectorAll('button, input')].map(e => e.offsetHeight).filter(h => h)")
    assert min(heights) >= 44
    if tab.is_visible("#ask"):
        expect(tab.locator("#answers")).to_be_in_viewport(ratio=1)


def test_a_survey_works_where_a_browser_keeps_nothing(page: Path, browse: Browse) -> None:
    tab = browse()
    tab.add_init_script(FORBIDDEN)
    visit(tab, page)
    expect(tab.locator("#forgetful")).to_be_visible()
    begin(tab)
    tab.keyboard.press("Backspace")
    tab.keyboard.press("ArrowRight")
    await_picture(tab, 2)


def test_the_page_tells_no_more_than_the_pictures_show(page: Path, survey: Survey, folders: tuple[Path, Path]) -> None:
    text = page.read_text()
    assert not any(path.name in text for folder in folders for path in folder.iterdir())
    assert not re.search(r"(src|href)=.?(http|//)", text)
    pictures = [Image.open(io.BytesIO(b64decode(picture.data.split(",")[1]))) for picture in survey.pictures]
    alike = {(p.format, p.size, str(p.quantization), tuple(sorted(p.info))) for p in pictures}  # type: ignore[attr-defined]
    assert len(alike) == 1
    assert all(picture.data in text for picture in survey.pictures)
    assert sorted(picture.truth for picture in survey.pictures) == [PAINTED] * 3 + [REAL] * 3


def test_the_seed_sets_the_survey_and_the_order_does_not_follow_from_it(folders: tuple[Path, Path]) -> None:
    assert make(folders) == make(folders)
    assert re.fullmatch("s[0-9a-f]{11}", make(folders).id)  # which no spreadsheet takes for a number
    assert make(folders).id != make(folders, seed=1).id
    here, there = make(folders, pictures=16), make(folders[::-1], pictures=16)
    assert {here.id, there.id} == {here.id}
    assert [picture.truth for picture in here.pictures] != [picture.truth for picture in there.pictures]


def test_no_picture_is_enlarged(folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="copyart")
    assert make(folders, side=256).side == 72
    assert "72 pixels wide, not 256" in caplog.text


def test_pictures_scaled_unequally_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="copyart")
    make((make_domain(tmp_path / "a", 3, size=(70, 70)), make_domain(tmp_path / "b", 3, size=(140, 140), seed=1)))
    assert "most real pictures have 70 pixels, most painted ones 140" in caplog.text


def test_a_key_is_read_as_it_was_written(page: Path, survey: Survey) -> None:
    assert read_survey(page) == read_survey(page.with_suffix(".key.json")) == survey


def test_neither_page_nor_key_is_replaced_unasked(page: Path) -> None:
    page.unlink()
    with pytest.raises(EvaluationError, match=r"ask\.key\.json is there already"):
        check_survey(page, overwrite=False)
    check_survey(page, overwrite=True)


def test_a_full_disk_leaves_no_half_of_a_survey(survey: Survey, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with small_disk(500), pytest.raises(EvaluationError, match=r"survey\.html cannot be written: .*larger"):
        write_survey(survey, tmp_path / "survey.html")
    assert sorted(tmp_path.rglob("*")) == before


def test_what_makes_no_survey_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"there are 8 real pictures, but 9 are needed; .* --pictures 16"):
        make(folders, pictures=18)
    with pytest.raises(OptionError, match="even number"):
        make(folders, pictures=5)
    with pytest.raises(EvaluationError, match="are the same picture"):
        make((folders[0], folders[0]), pictures=16)
    with pytest.raises(OptionError, match=r"ends in \.html"):
        check_survey(tmp_path / "ask", overwrite=False)
    tiny = make_domain(tmp_path / "tiny", 3, size=(80, 40))
    with pytest.raises(EvaluationError, match=r"tiny/0\d.png: its short side has 40 pixels"):
        make((folders[0], tiny))
    for path in folders[1].iterdir():
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EvaluationError, match="none of its 3 pictures can be read"):
        make(folders)


def test_one_damaged_picture_is_named(folders: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="copyart")
    (folders[0] / "03.png").write_bytes(b"no picture")
    with pytest.raises(EvaluationError, match=r"1 of the 8 real pictures that were chosen cannot be read"):
        make(folders, pictures=16)
    assert "03.png is left out" in caplog.text


def test_the_command_makes_a_page_and_a_key(folders: tuple[Path, Path], here: Here, tmp_path: Path) -> None:
    command = ("evaluate", "survey", "make", *folders, "ask.html", "--pictures", "4", "--size", "64")
    code, out, error = here(*command, "--title", "<b>Who?</b>")
    assert (code, error) == (0, [])
    assert out[0].startswith("ask.html: 4 pictures of 64 x 64, half of them real")
    assert out[1].startswith("ask.key.json: ")
    assert '<h1 tabindex="-1">&lt;b&gt;Who?&lt;/b&gt;</h1>' in (tmp_path / "ask.html").read_text()
    code, _, error = here(*command)
    assert (code, error[0][:37]) == (1, "Error: ask.html is there already; giv")
    code, _, error = here(*command[:4], tmp_path / "nowhere", "other.html")
    assert code == 1
    assert "nowhere" in error[0]
