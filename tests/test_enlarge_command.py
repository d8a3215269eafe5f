"""`copyart enlarge`: photos and folders of them, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Here, Run
from films import animate, scene
from PIL import Image
from typer.testing import CliRunner

from copyart.cli import app
from copyart.models import Enlarger, Style, bundled_enlargers


@pytest.fixture
def model(enlargers: dict[int, Enlarger]) -> Path:
    return enlargers[2].folder


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        image.load()
        return image.size


def test_a_larger_picture_appears_beside_the_photo_and_the_photo_stays(
    here: Here, enlargers: dict[int, Enlarger], photo: Path
) -> None:
    before = photo.read_bytes()
    for scale, model in enlargers.items():
        code, out, said = here("enlarge", photo, "--model", model.folder)
        assert (code, said) == (0, [])
        larger = photo.with_name(f"photo-{scale}x.jpg")
        assert out[0].startswith(f"{larger}  {96 * scale} x {64 * scale}, enlarged from 96 x 64 in ")
        assert size(larger) == (96 * scale, 64 * scale)
    assert photo.read_bytes() == before


def test_the_scale_that_was_asked_for_is_in_the_name(here: Here, enlargers: dict[int, Enlarger], photo: Path) -> None:
    assert here("enlarge", photo, "-m", enlargers[4].folder, "--scale", 2, "--format", "png")[0] == 0
    assert here("enlarge", photo, "-m", enlargers[2].folder, "--scale", 4)[0] == 0
    assert size(photo.with_name("photo-2x.png")) == (192, 128)
    assert size(photo.with_name("photo-4x.jpg")) == (384, 256)


def test_several_go_to_a_folder_and_one_that_fails_is_named(here: Here, model: Path, folder: Path) -> None:
    (folder / "1.jpg").write_text("no picture")
    code, out, said = here("enlarge", *(folder / f"{i}.jpg" for i in range(3)), "-m", model, "-o", "out/")
    assert (code, len(out), len(said)) == (1, 2, 1)
    assert said[0].startswith(f"Error: {folder / '1.jpg'} is no picture that copyart can read")
    assert sorted(path.name for path in Path("out").iterdir()) == ["0-2x.jpg", "2-2x.jpg"]


def test_a_file_that_is_there_is_replaced_only_on_demand(here: Here, model: Path, photo: Path) -> None:
    larger = photo.with_name("photo-2x.jpg")
    larger.write_bytes(b"mine")
    code, _, said = here("enlarge", photo, "-m", model)
    assert (code, said) == (1, [f"Error: {larger} is there already; give --overwrite to replace it, or another name"])
    assert here("enlarge", photo, "-m", model, "--overwrite")[0] == 0
    assert size(larger) == (192, 128)


def test_an_animation_that_becomes_a_picture_is_enlarged_as_its_first_frame_and_that_is_said(
    here: Here, model: Path, china: Path, tmp_path: Path
) -> None:
    moving = animate(tmp_path / "a.gif", scene(china, 3))
    code, _, said = here("enlarge", moving, "-m", model, "--format", "jpeg")
    assert (code, said) == (0, [f"Note: {moving} has 3 frames; the first was enlarged"])


@pytest.mark.slow
def test_standard_input_and_output_are_files_too(model: Path, photo: Path) -> None:
    command = [sys.executable, "-m", "copyart", "enlarge", "-", "-m", str(model)]
    done = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=True)
    (photo.parent / "out.jpg").write_bytes(done.stdout)
    assert size(photo.parent / "out.jpg") == (192, 128)


def test_a_folder_is_gone_through_and_what_is_there_is_left(here: Here, model: Path, folder: Path) -> None:
    code, out, said = here("enlarge", "photos", "out", "-m", model, "--recursive", "--workers", 2)
    assert (code, said) == (0, [])
    assert out[0].startswith("Enlarged 12, failed 0, already there 0: out (")
    done = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.jpg")}
    assert {path.relative_to("out") for path in done} == {path.relative_to(folder) for path in folder.rglob("*.jpg")}
    assert {size(path) for path in done} == {(192, 128)}

    Path("out/3.jpg").unlink()
    leftover = Path("out/.copyart-0123456789abcdef.part")
    leftover.write_bytes(b"half")
    os.utime(leftover, (0, 0))
    code, out, _ = here("enlarge", "photos", "-o", "out", "-m", model, "--recursive")
    assert (code, out[0].partition(":")[0]) == (0, "Enlarged 1, failed 0, already there 11")
    assert not leftover.exists()
    again = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.jpg")}
    assert {path: again[path] for path in done if path.name != "3.jpg"} == {
        path: when for path, when in done.items() if path.name != "3.jpg"
    }


def test_a_second_run_has_nothing_to_do_and_loads_nothing(here: Here, model: Path, folder: Path) -> None:
    here("enlarge", folder, "out", "-m", model)
    code, out, _ = here("enlarge", folder, "out", "-m", "no-such-model")
    assert (code, out[0].partition(":")[0]) == (0, "Enlarged 0, failed 0, already there 8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["photos"], 2, "photos is a folder; give it alone, with one to write to: copyart enlarge photos out/"),
        (["photo.jpg", "photos"], 2, "photos is a folder; give it alone"),
        (["photos", "out", "third"], 2, "photos is a folder; give it alone"),
        (["photos", "photos"], 2, "photos is the photos' own folder"),
        (["photo.jpg", "--scale", "3"], 2, "scale is 3; give 2 or 4"),
        (["photo.jpg", "--scale", "8"], 2, "scale is 8; give 2 or 4"),
        (["photo.jpg", "--device", "abacus"], 1, "device 'abacus' is unknown"),
        (["photo.jpg", "-m", "none"], 1, "enlarger 'none' is unknown; there are"),
        (["photo.jpg", "-m", "none.pth"], 1, "enlarger none.pth: there is no such file"),
        (["photo.jpg", "-m", "style"], 1, "style holds a style, not an enlarger"),
        (["nowhere.jpg"], 1, "nowhere.jpg: there is no such file"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    here: Here, tiny: Style, folder: Path, words: list[str], code: int, said: str
) -> None:
    (folder.parent / "style").symlink_to(tiny.folder)
    before = sorted(folder.parent.rglob("*"))
    got, _, lines = here("enlarge", *words)
    assert got == code
    (line,) = lines
    assert line.startswith(f"Error: {said}")
    assert sorted(folder.parent.rglob("*")) == before


def test_verbose_says_how_it_computes(here: Here, model: Path, photo: Path) -> None:
    _, _, said = here("enlarge", photo, "-m", model, "--device", "cpu", "--verbose", "--tile", 96)
    assert said[0].startswith("small-2x, 2x, on cpu with ")
    assert "in tiles of 96 pixels" in said[0]


def test_help_names_the_bundled_models_and_the_shell_offers_them() -> None:
    said = CliRunner().invoke(app, ["enlarge", "--help"]).output
    assert f"Bundled models: {', '.join(bundled_enlargers())}." in said
    environment = {"_COPYART_COMPLETE": "complete_bash", "COMP_WORDS": "copyart enlarge --model ", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "copyart"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == bundled_enlargers()


@pytest.mark.slow
def test_killed_at_any_moment_a_folder_goes_on_with_the_same_command(
    copyart: Run, model: Path, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "out").mkdir()
    for number in range(60):
        (tmp_path / "photos" / f"{number:02}.jpg").write_bytes(photo.read_bytes())
    words = ["enlarge", "photos", "out", "-m", str(model)]
    running = subprocess.Popen([sys.executable, "-m", "copyart", *words], cwd=tmp_path)
    deadline = time.monotonic() + 300
    while len(list((tmp_path / "out").glob("*.jpg"))) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    running.kill()
    assert running.wait() == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.jpg")}
    assert len(done) < 60
    last = copyart(*words)
    assert f"Enlarged {60 - len(done)}, failed 0, already there {len(done)}" in last.stdout
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    assert {size(path) for path in (tmp_path / "out").glob("*.jpg")} == {(192, 128)}
