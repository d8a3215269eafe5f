"""`copyart batch`: a folder of photos to a folder of paintings, whatever happens on the way."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Here, Run
from limits import unprivileged
from PIL import ExifTags, Image

from copyart import Translator, __version__
from copyart.models import Style


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_whole(folder: Path, count: int) -> None:
    paintings = [path for path in folder.rglob("*") if path.is_file()]
    assert len(paintings) == count
    for path in paintings:
        with Image.open(path) as image:
            image.load()


def test_the_tree_is_kept_and_the_photos_stay(copyart: Run, tiny: Style, folder: Path) -> None:
    before = files(folder)
    done = copyart("batch", "photos", "out", "-s", tiny.folder, "--recursive")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Painted 12, failed 0, already there 0: out (")
    assert files(folder.parent / "out").keys() == before.keys()
    assert files(folder) == before


def test_every_painting_says_what_painted_it(copyart: Run, tiny: Style, folder: Path) -> None:
    with Image.open(folder / "0.jpg") as image:
        image.save(folder / "0.png")
    assert copyart("batch", "photos", "out", "-s", tiny.folder, "--reverse", "--compare").returncode == 0
    paintings = list((folder.parent / "out").iterdir())
    assert len(paintings) == 9
    for path in paintings:
        with Image.open(path) as image:
            assert image.getexif()[ExifTags.Base.Software] == f"copyart {__version__}, style tiny, reversed"


def test_what_is_there_is_left_alone_unless_told_otherwise(copyart: Run, tiny: Style, folder: Path) -> None:
    out = folder.parent / "out"
    out.mkdir()
    (out / "3.jpg").write_bytes(b"mine")
    assert "Painted 7, failed 0, already there 1" in copyart("batch", "photos", "out", "-s", tiny.folder).stdout
    assert (out / "3.jpg").read_bytes() == b"mine"
    assert (
        "Painted 8, failed 0, already there 0"
        in copyart("batch", "photos", "out", "-s", tiny.folder, "--overwrite").stdout
    )
    assert_whole(out, 8)


def test_pictures_that_fail_are_named_with_the_reason_and_the_others_are_there(
    copyart: Run, tiny: Style, folder: Path
) -> None:
    (folder / "2.jpg").write_bytes(b"")
    (folder / "5.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("left alone")
    Image.new("RGB", (9, 9)).save(folder / "6.gif", save_all=True, append_images=[Image.new("RGB", (9, 9), "red")])
    done = copyart("batch", "photos", "out", "-s", tiny.folder)
    assert done.returncode == 1
    lines = sorted(done.stderr.splitlines())
    assert len(lines) == 2
    assert lines[0].startswith("Failed: photos/2.jpg is empty (0 bytes)")
    assert lines[1].startswith("Failed: photos/5.jpg is no picture that copyart can read")
    assert "Painted 7, failed 2, already there 0" in done.stdout
    assert_whole(folder.parent / "out", 7)


def test_a_second_run_has_nothing_to_do_and_loads_nothing(copyart: Run, tiny: Style, folder: Path) -> None:
    copyart("batch", "photos", "out", "-s", tiny.folder)
    done = copyart("batch", "photos", "out", "-s", "no-such-style")
    assert done.returncode == 0
    assert "Painted 0, failed 0, already there 8" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere", "out"], 1, "nowhere: there is no such folder"),
        (["photo.jpg", "out"], 1, "photo.jpg is a file; paint it with `copyart translate`"),
        (["photos", "photos"], 2, "photos is the photos' own folder"),
        (["empty", "out"], 1, "empty holds no pictures; give --recursive"),
        (["photos", "photo.jpg"], 1, "photo.jpg cannot be made"),
        (["photos", "photo.jpg/out"], 1, "photo.jpg/out cannot be made"),
        (["photos", "out", "--workers", "0"], 2, "workers is 0; give at least 1"),
    ],
)
def test_bad_folders_get_one_line(copyart: Run, folder: Path, arguments: list[str], code: int, words: str) -> None:
    (folder.parent / "empty").mkdir()
    done = copyart("batch", *arguments)
    assert done.returncode == code
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_several_processes_paint_each_photo_once_and_together_all(tiny: Style, folder: Path) -> None:
    photos = ["batch", "photos", "out", "-s", str(tiny.folder), "--recursive"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "copyart", *photos],
            cwd=folder.parent,
            env={**os.environ, "RANK": rank, "WORLD_SIZE": "2"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for rank in "01"
    ]
    said = [process.communicate()[0] for process in running]
    assert all(line.startswith("Painted 6, failed 0, already there 0") for line in said)
    assert_whole(folder.parent / "out", 12)


def test_more_processes_than_photos_do_no_harm(copyart: Run, tiny: Style, folder: Path) -> None:
    done = copyart("batch", "photos", "out", "-s", tiny.folder, RANK="8", WORLD_SIZE="9")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Painted 0, failed 0, already there 0")


def test_verbose_says_how_it_computes(copyart: Run, tiny: Style, folder: Path) -> None:
    done = copyart("batch", "photos", "out", "-s", tiny.folder, "--device", "cpu", "--verbose", "--tile", 96)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("tiny on cpu with ")
    assert "in tiles of 96 pixels" in line


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "copyart", "batch", *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(folder: Path, count: int) -> None:
    """Waits until so many paintings are there."""
    deadline = time.monotonic() + 600
    while sum(not path.name.startswith(".") for path in folder.iterdir()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
def test_200_pictures_survive_three_kills_and_none_is_painted_twice(tiny: Style, photo: Path, tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    out.mkdir()
    for i in range(200):
        shutil.copy(photo, photos / f"{i:03}.jpg")
    painted_at: dict[Path, int] = {}
    chance = random.Random(int(os.environ.get("COPYART_TEST_SEED", time.time_ns())))  # noqa: S311  # no secret
    for kills in range(3):
        running = start("photos", "out", "-s", tiny.folder, "--size", 256, cwd=tmp_path)
        wait_for(out, 20 + 50 * kills + chance.randrange(30))
        time.sleep(chance.random() / 20)
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        now = {path: path.stat().st_mtime_ns for path in out.iterdir() if not path.name.startswith(".")}
        assert len(now) < 200
        assert {path: now[path] for path in painted_at} == painted_at
        painted_at = now
    for part in out.glob(".copyart-*"):
        os.utime(part, (0, 0))
    last = start("photos", "out", "-s", tiny.folder, cwd=tmp_path)
    said, errors = last.communicate()
    assert (last.returncode, errors) == (0, "")
    assert f"Painted {200 - len(painted_at)}, failed 0, already there {len(painted_at)}" in said
    assert {path: path.stat().st_mtime_ns for path in painted_at} == painted_at
    assert_whole(out, 200)


def test_ctrl_c_stops_with_a_word_on_how_to_go_on(tiny: Style, folder: Path) -> None:
    for i in range(60):
        shutil.copy(folder / "0.jpg", folder / f"more-{i}.jpg")
    out = folder.parent / "out"
    out.mkdir()
    running = start("photos", "out", "-s", tiny.folder, "--size", 640, cwd=folder.parent)
    wait_for(out, 2)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate()
    assert running.returncode == 130
    assert errors == "Stopped; what is painted is kept. The same command goes on where it was.\n"
    assert_whole(out, len(list(out.iterdir())))


def test_sigterm_stops_in_order_and_leaves_nothing_half_written(tiny: Style, folder: Path) -> None:
    for i in range(60):
        shutil.copy(folder / "0.jpg", folder / f"more-{i}.jpg")
    out = folder.parent / "out"
    out.mkdir()
    running = start("photos", "out", "-s", tiny.folder, "--size", 640, cwd=folder.parent)
    wait_for(out, 2)
    running.terminate()
    running.communicate()
    assert running.returncode == 128 + signal.SIGTERM
    assert_whole(out, len(list(out.iterdir())))
    assert not list(out.glob(".*"))


def test_a_folder_of_paintings_that_may_not_be_written_is_named_before_anything_is_loaded(
    here: Here, folder: Path, public: Path
) -> None:
    folder.rename(public / "photos")
    (public / "out").mkdir(0o555)
    (public / "out").chmod(0o555)
    with unprivileged():
        code, _, said = here("batch", public / "photos", public / "out", "-s", "nowhere")
    words = f"{public / 'out'} cannot be written to: permission denied; name another folder"
    assert (code, said) == (1, [f"Error: {words}"])


def test_ctrl_c_in_a_batch_keeps_what_is_painted_and_says_how_to_go_on(
    here: Here, tiny: Style, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint = Translator.paint_pixels

    def interrupted(self: Translator, *given: object) -> list:  # type: ignore[type-arg]
        if list((tmp_path / "out").glob("*.jpg")):
            os.kill(os.getpid(), signal.SIGINT)
        return paint(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Translator, "paint_pixels", interrupted)
    code, _, said = here("batch", folder, "out", "-s", tiny.folder, "--workers", 1)
    assert (code, said) == (130, ["Stopped; what is painted is kept. The same command goes on where it was."])
    painted = len(list((tmp_path / "out").iterdir()))
    assert 1 <= painted < 8
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (last,) = here("batch", folder, "out", "-s", tiny.folder)[1]
    assert last.startswith(f"Painted {8 - painted}, failed 0, already there {painted}: out ")
