"""Where paintings go."""

from pathlib import Path

import pytest

from copyart.config import SaveConfig
from copyart.destinations import destination, plan
from copyart.errors import OptionError, UnreadablePictureError

PNG = SaveConfig(format="png")


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("photo", "output", "config", "expected"),
    [
        ("a.jpg", None, SaveConfig(), "a-monet.jpg"),
        ("deep/a b.été.JPEG", None, SaveConfig(), "deep/a b.été-monet.JPEG"),
        ("-a.jpg", None, SaveConfig(), "-a-monet.jpg"),
        ("a", None, SaveConfig(), "a-monet"),
        ("a.jpg", None, PNG, "a-monet.png"),
        ("a.PNG", None, PNG, "a-monet.PNG"),
        ("a.jpg", "x.webp", SaveConfig(), "x.webp"),
        ("a.jpg", "x", PNG, "x"),
        ("a.jpg", "folder", SaveConfig(), "folder/a-monet.jpg"),
        ("a.jpg", "folder", PNG, "folder/a-monet.png"),
    ],
)
def test_a_painting_is_named_after_its_photo(
    tmp_path: Path, photo: str, output: str | None, config: SaveConfig, expected: str
) -> None:
    (tmp_path / "folder").mkdir()
    found = destination(tmp_path / photo, "monet", tmp_path / output if output else None, config)
    assert found == tmp_path / expected


def test_a_name_that_contradicts_the_format_is_refused() -> None:
    with pytest.raises(OptionError, match=r"x\.jpg is not the name of a png file"):
        destination(Path("a.jpg"), "monet", Path("x.jpg"), PNG)


def test_a_name_of_no_format_is_refused() -> None:
    with pytest.raises(OptionError, match=r"'x\.psd' names no picture format; use jpeg, png"):
        destination(Path("a.jpg"), "monet", Path("x.psd"), SaveConfig())


def names(tmp_path: Path, config: SaveConfig = SaveConfig(), *, recursive: bool = False) -> dict[str, str]:  # noqa: B008
    photos, out = tmp_path / "in", tmp_path / "out"
    jobs = plan(photos, out, config, recursive=recursive)
    return {job.photo.relative_to(photos).as_posix(): job.painting.relative_to(out).as_posix() for job in jobs}


def test_paintings_have_the_names_of_their_photos(tmp_path: Path) -> None:
    touch(
        *(
            tmp_path / "in" / name
            for name in ("b.png", "a.JPG", "-x.webp", "né e.jpg", "notes.txt", "._a.jpg", "c/d.gif")
        )
    )
    assert names(tmp_path) == {name: name for name in ("-x.webp", "a.JPG", "b.png", "né e.jpg")}
    assert names(tmp_path, recursive=True) == {**names(tmp_path), "c/d.gif": "c/d.gif"}


def test_two_photos_never_become_one_painting(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / name for name in ("a.jpg", "a.png", "b.jpg")))
    assert names(tmp_path, PNG) == {"a.jpg": "a.jpg.png", "a.png": "a.png.png", "b.jpg": "b.png"}


def test_paintings_inside_the_photos_are_not_painted_again(tmp_path: Path) -> None:
    touch(tmp_path / "in/a.jpg", tmp_path / "in/out/a.jpg", tmp_path / "in/other/a.jpg")
    jobs = plan(tmp_path / "in", tmp_path / "in/out", SaveConfig(), recursive=True)
    assert {job.photo for job in jobs} == {tmp_path / "in/a.jpg", tmp_path / "in/other/a.jpg"}


def test_what_is_no_folder_of_photos_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in/a.jpg")
    with pytest.raises(UnreadablePictureError, match="there is no such folder"):
        plan(tmp_path / "nowhere", tmp_path / "out", SaveConfig())
    with pytest.raises(UnreadablePictureError, match="is a file; paint it with `copyart translate`"):
        plan(tmp_path / "in/a.jpg", tmp_path / "out", SaveConfig())
    with pytest.raises(OptionError, match="is the photos' own folder"):
        plan(tmp_path / "in", tmp_path / "in/../in", SaveConfig())
