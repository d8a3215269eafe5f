"""`copyart translate` as people type it: what it writes, where, and what it says when it cannot."""

import io
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from conftest import Run
from PIL import ExifTags, Image, features
from typer.testing import CliRunner, Result

from copyart import __version__
from copyart.cli import app, main
from copyart.cli.options import complete_style
from copyart.downloads import cache_folder
from copyart.models import Style


class Here:
    """Runs the command line in this process, the tiny style chosen, and as `main` does: errors become one line."""

    def __init__(self, style: Style, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.style, self.capfd, self.monkeypatch = style, capfd, monkeypatch

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        words = ["copyart", *map(str, arguments)]
        self.monkeypatch.setattr(sys, "argv", words)
        self.capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, error = self.capfd.readouterr()
        return code, out, error

    def translate(self, *arguments: object) -> tuple[int, str, str]:
        return self("translate", "-s", self.style.folder, "--device", "cpu", *arguments)


@pytest.fixture
def here(tiny: Style, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    return Here(tiny, capfd, monkeypatch)


def test_a_painting_appears_beside_the_photo_and_the_photo_stays(here: Here, photo: Path) -> None:
    before = photo.read_bytes()
    code, out, error = here.translate(photo)
    assert (code, error) == (0, "")
    painting = photo.with_name("photo-tiny.jpg")
    assert out.startswith(f"{painting}  96 x 64, painted at 64 x 43 in ")
    with Image.open(painting) as image:
        assert (image.format, image.size) == ("JPEG", (96, 64))
    assert photo.read_bytes() == before


def test_a_painting_that_is_there_is_replaced_only_on_demand(here: Here, photo: Path) -> None:
    here.translate(photo)
    painting = photo.with_name("photo-tiny.jpg")
    before = painting.read_bytes()
    code, _, error = here.translate(photo, "--strength", 0)
    assert code == 1
    assert error == f"Error: {painting} is there already; give --overwrite to replace it, or another name\n"
    assert painting.read_bytes() == before
    assert here.translate(photo, "--strength", 0, "--overwrite")[0] == 0
    assert painting.read_bytes() != before


@pytest.mark.parametrize("name", ["a b.jpg", "été, 山.jpg", "-n.jpg", "--help.jpg", 'it\'s "x" [red].jpg', "%d.jpg"])
def test_every_name_a_file_can_have_will_do(
    here: Here, photo: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    photo.rename(name)
    code, out, _ = here.translate("--", name)
    assert code == 0
    painting = f"{Path(name).stem}-tiny.jpg"
    assert Path(painting).exists()
    assert out.startswith(painting)


@pytest.mark.parametrize("format", ["jpeg", "jpg", "png", "webp", "tiff", "bmp", "gif", "avif"])
def test_the_format_asked_for_is_written(here: Here, photo: Path, format: str) -> None:  # noqa: A002
    code, out, _ = here.translate(photo, "--format", format, "-o", photo.parent)
    assert code == 0
    with Image.open(out.split("  ")[0]) as image:
        assert (image.format or "").lower() == format.replace("jpg", "jpeg")


def test_several_photos_go_to_a_folder(here: Here, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    photos = sorted(folder.glob("*.jpg"))
    assert here.translate(*photos, "-o", tmp_path / "out")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{photo.stem}-tiny.jpg" for photo in photos}


def test_one_photo_of_several_that_fails_does_not_stop_the_others(here: Here, folder: Path) -> None:
    (folder / "1.jpg").write_bytes(b"")
    code, out, error = here.translate(folder / "0.jpg", folder / "1.jpg", folder / "2.jpg")
    assert code == 1
    assert len(out.splitlines()) == 2
    assert error.startswith(f"Error: {folder / '1.jpg'} is empty (0 bytes)")


def test_painting_options_reach_the_painting(here: Here, photo: Path) -> None:
    seen = set()
    for options in ([], ["--size", 32], ["--size", "native"], ["--strength", 0.5], ["--keep-color"], ["--reverse"]):
        code, _, _ = here.translate(photo, *options, "-o", photo.parent / "out.png", "--overwrite")
        assert code == 0
        seen.add((photo.parent / "out.png").read_bytes())
    assert len(seen) == 6


def test_compare_and_reverse_say_so(here: Here, photo: Path) -> None:
    assert " 192 x 64" in here.translate(photo, "--compare")[1]
    assert here.translate(photo, "--reverse")[1].startswith(str(photo.with_name("photo-photo.jpg")))


def software(path: Path) -> str | None:
    """What a file's EXIF says that it was made with."""
    with Image.open(path) as image:
        said: str | None = image.getexif().get(ExifTags.Base.Software)
    return said


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff", "avif"])
def test_a_painting_says_in_its_exif_what_painted_it_and_keeps_the_rest(
    here: Here,
    photo: Path,
    format: str,  # noqa: A002
) -> None:
    if format == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    record = Image.Exif()
    record[ExifTags.Base.Make], record[ExifTags.Base.Software] = "Canon", "Camera 1.0"
    record[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05"}
    record[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 51.0, 30.0)}
    taken, bare, out = (photo.with_name(f"{name}.{format}") for name in ("taken", "bare", "out"))
    with Image.open(photo) as image:
        image.save(taken, exif=record.tobytes())
        image.save(bare)
    made_with = f"copyart {__version__}, style tiny"
    for options, words in (
        ([], made_with),
        (["--compare"], made_with),
        (["--reverse"], f"{made_with}, reversed"),
        (["--strength", 0.5, "--keep-color"], made_with),
    ):
        for source in (taken, bare):
            assert here.translate(source, *options, "-o", out, "--overwrite")[0] == 0
            assert software(out) == words
            with Image.open(out) as image:
                kept = image.getexif()
                details, gps = kept.get_ifd(ExifTags.IFD.Exif), kept.get_ifd(ExifTags.IFD.GPSInfo)
            if source == taken:
                assert kept[ExifTags.Base.Make] == "Canon"
                assert details[ExifTags.Base.DateTimeOriginal] == "2020:01:02 03:04:05"
                assert gps == {1: "N", 2: (48.0, 51.0, 30.0)}
    assert software(taken) == "Camera 1.0"


def test_an_animation_that_becomes_a_picture_is_painted_as_its_first_frame_and_that_is_said(
    here: Here, tmp_path: Path
) -> None:
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "blue", "lime")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    code, _, error = here.translate(tmp_path / "moving.gif", "--format", "jpeg")
    assert code == 0
    assert error == f"Note: {tmp_path / 'moving.gif'} has 3 frames; the first was painted\n"


@pytest.mark.slow
def test_standard_input_and_output_are_files_too(tiny: Style, photo: Path) -> None:
    command = [sys.executable, "-m", "copyart", "translate", "-", "-s", str(tiny.folder)]
    done = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=True)
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == ("JPEG", (96, 64))
        assert image.getexif()[ExifTags.Base.Software] == f"copyart {__version__}, style tiny"
    assert done.stderr == b""
    done = subprocess.run(
        [*command, "-o", "-", "--format", "png"], input=photo.read_bytes(), capture_output=True, check=True
    )
    assert done.stdout.startswith(b"\x89PNG")


def test_a_photo_can_go_to_standard_output_and_come_from_standard_input(here: Here, photo: Path, tiny: Style) -> None:
    command = [sys.executable, "-m", "copyart", "translate", "-s", str(tiny.folder)]
    out = subprocess.run([*command, str(photo), "-o", "-"], capture_output=True, check=True).stdout
    subprocess.run([*command, "-", "-o", str(photo.parent / "x.jpg")], input=photo.read_bytes(), check=True)
    assert (photo.parent / "x.jpg").read_bytes() == out


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and nothing else."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


BAD_PHOTOS = {
    "text.jpg": (b"Dear diary,\n" * 100, "is no picture that copyart can read"),
    "cut.jpg": (None, "is cut short or damaged"),
    "empty.jpg": (b"", "is empty (0 bytes)"),
    "bomb.png": (png_header(60_000, 60_000), "more pixels than can be opened safely"),
    "noise.tiff": (b"II*\0" + bytes(range(256)), "is "),
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_gets_one_line_and_nothing_is_written(here: Here, photo: Path, name: str) -> None:
    data, words = BAD_PHOTOS[name]
    bad = photo.with_name(name)
    bad.write_bytes(photo.read_bytes()[:2000] if data is None else data)
    before = sorted(photo.parent.iterdir()), bad.read_bytes()
    code, out, error = here.translate(bad)
    assert (code, out) == (1, "")
    assert error.startswith(f"Error: {bad}")
    assert words in error
    assert error.count("\n") == 1
    assert (sorted(photo.parent.iterdir()), bad.read_bytes()) == before


def one_error_line(result: tuple[int, str, str], code: int = 1) -> str:
    assert result[0] == code, result
    assert result[2].startswith("Error: ")
    assert result[2].count("\n") == 1
    return result[2]


def test_a_folder_as_a_photo_is_referred_to_batch(here: Here, folder: Path) -> None:
    assert "is a folder; paint all of it with `copyart batch`" in one_error_line(here.translate(folder))


def test_a_missing_photo_is_named(here: Here, tmp_path: Path) -> None:
    assert f"{tmp_path / 'x.jpg'}: there is no such file" in one_error_line(here.translate(tmp_path / "x.jpg"))


def test_a_missing_output_folder_is_named(here: Here, photo: Path) -> None:
    nowhere = photo.parent / "nowhere"
    assert f"there is no folder {nowhere}" in one_error_line(here.translate(photo, "-o", nowhere / "x.jpg"))
    assert not nowhere.exists()


def test_a_full_disk_leaves_the_old_painting_whole(tiny: Style, photo: Path) -> None:
    painting = photo.with_name("photo-tiny.jpg")
    painting.write_bytes(b"the old painting")
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from copyart.cli import main\n"
        f"sys.argv = ['copyart', 'translate', '-s', {str(tiny.folder)!r}, '--overwrite', {str(photo)!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Error: {painting} cannot be written: the file is larger than is allowed here\n"
    assert painting.read_bytes() == b"the old painting"
    assert sorted(path.name for path in photo.parent.iterdir()) == ["photo-tiny.jpg", "photo.jpg"]


def test_an_unknown_style_lists_those_there_are_nearest_first(here: Here, photo: Path) -> None:
    line = one_error_line(here("translate", photo, "--style", "vangoh-2017"))
    assert "style 'vangoh-2017' is unknown; there are vangogh-2017, " in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strength", "2"], "strength is 2.0; give a number from 0 (the photo) to 1 (the painting)"),
        (["--strength", "nan"], "strength is nan"),
        (["--size", "0"], "size is 0; give at least 8 pixels"),
        (["--size", "-5"], "size is -5; give at least 8 pixels"),
        (["--size=--5"], "size is '--5'; give at least 8 pixels"),
        (["--size", "huge"], "size is 'huge'; give at least 8 pixels, or 'native'"),
        (["--quality", "0"], "quality is 0; give 1 to 100"),
        (["--format", "psd"], "'psd' names no picture format; use jpeg, png"),
        (["--format", "png", "-o", "x.jpg"], "x.jpg is not the name of a png file"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_line(here: Here, photo: Path, options: list[str], words: str) -> None:
    assert words in one_error_line(here.translate(photo, *options), code=2)


def test_several_photos_cannot_go_to_one_file(here: Here, folder: Path) -> None:
    result = here.translate(folder / "0.jpg", folder / "1.jpg", "-o", folder / "x.jpg")
    assert "2 photos cannot all go to" in one_error_line(result, code=2)


@pytest.mark.parametrize("arguments", [[], ["paint"], ["translate"], ["translate", "--sise", "3", "a.jpg"]])
def test_usage_that_cannot_be_parsed_is_exit_code_2(arguments: list[str]) -> None:
    result: Result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_an_unknown_device_is_one_line(here: Here, photo: Path) -> None:
    assert "device 'gpu' is unknown" in one_error_line(here("translate", photo, "--device", "gpu"))


def test_the_program_itself_says_one_line_and_no_traceback(copyart: Run, tmp_path: Path) -> None:
    done = copyart("translate", "missing.jpg")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: missing.jpg: there is no such file; check the spelling and the folder\n"


def test_developers_get_the_traceback_when_they_ask(copyart: Run) -> None:
    assert "Traceback" in copyart("translate", "missing.jpg", COPYART_DEBUG="1").stderr


def test_the_version_is_shown(copyart: Run) -> None:
    from copyart import __version__

    assert copyart("--version").stdout == f"copyart {__version__}\n"


@pytest.mark.parametrize("words", ["translate --style", "batch -s", "evaluate scores --style", "inspect", "export"])
def test_the_shell_completes_styles_that_are_here_and_nothing_heavy_is_loaded_for_it(tiny: Style, words: str) -> None:
    shutil.copytree(tiny.folder, cache_folder() / "styles" / "monet-2017")
    typed = {"COMP_WORDS": f"copyart {words} mon", "COMP_CWORD": str(len(words.split()) + 1)}
    code = "import sys; sys.argv = ['copyart']; from copyart.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env={**os.environ, **typed, "_COPYART_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["monet", "monet-2017"]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "copyart.models" in loaded
    assert loaded.isdisjoint({"torch", "numpy", "PIL", "huggingface_hub"})


def test_the_shell_gets_no_error_where_the_cache_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYART_CACHE", "~nobody-of-that-name/cache")
    assert complete_style("mon") == []
