"""Where paintings go."""

import logging
from pathlib import Path

import pytest
from limits import unprivileged

from copyart.config import SaveConfig
from copyart.destinations import Job, destination, plan
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


@pytest.mark.parametrize(
    "expected",
    [
        {"a.jpg": "a.jpg.png", "a.png": "a.png.png", "b.jpg": "b.png"},
        {"a.jpg": "a.jpg.png", "a.png": "a.png.png", "a.jpg.png": "a.jpg.png.png"},
        {"A.jpg": "A.jpg.png", "a.webp": "a.webp.png"},
        {"a.jpg": "a.png", "in/a.png": "in/a.png"},
    ],
)
def test_two_photos_never_become_one_painting(tmp_path: Path, expected: dict[str, str]) -> None:
    touch(*(tmp_path / "in" / name for name in expected))
    assert names(tmp_path, PNG, recursive=True) == expected


def test_what_is_hidden_is_not_painted(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / name for name in ("a.jpg", "._a.jpg", ".trash/b.jpg", "c/.d/e.jpg")))
    assert names(tmp_path, recursive=True) == {"a.jpg": "a.jpg"}


@pytest.mark.parametrize("out", ["in/out", "in/other/../out", "link/out"])
def test_paintings_inside_the_photos_are_not_painted_again(tmp_path: Path, out: str) -> None:
    touch(tmp_path / "in/a.jpg", tmp_path / "in/out/a.jpg", tmp_path / "in/other/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    jobs = plan(tmp_path / "in", tmp_path / out, SaveConfig(), recursive=True)
    assert {job.photo for job in jobs} == {tmp_path / "in/a.jpg", tmp_path / "in/other/a.jpg"}


def test_a_painting_never_takes_the_place_of_another_photo(tmp_path: Path) -> None:
    touch(tmp_path / "in/a.jpg", tmp_path / "in/in/a.jpg")
    with pytest.raises(OptionError, match=r"in/a.jpg is one of the photos; name another folder"):
        plan(tmp_path / "in", tmp_path, SaveConfig(), recursive=True)
    assert plan(tmp_path / "in", tmp_path, SaveConfig()) == [Job(tmp_path / "in/a.jpg", tmp_path / "a.jpg")]


def test_what_is_no_folder_of_photos_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in/a.jpg")
    with pytest.raises(UnreadablePictureError, match="there is no such folder"):
        plan(tmp_path / "nowhere", tmp_path / "out", SaveConfig())
    with pytest.raises(UnreadablePictureError, match="is a file; paint it with `copyart translate`"):
        plan(tmp_path / "in/a.jpg", tmp_path / "out", SaveConfig())
    with pytest.raises(OptionError, match="is the photos' own folder"):
        plan(tmp_path / "in", tmp_path / "in/../in", SaveConfig())


@pytest.mark.parametrize("mode", [0, 0o311])
def test_photos_that_may_not_be_listed_are_not_taken_for_none(public: Path, mode: int) -> None:
    touch(public / "in/a.jpg")
    (public / "in").chmod(mode)
    with unprivileged(), pytest.raises(UnreadablePictureError, match="in cannot be read: permission denied"):
        plan(public / "in", public / "out", SaveConfig())


def test_a_folder_that_may_not_be_listed_is_left_out_with_a_word(
    public: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(public / "in/a.jpg", public / "in/lost+found/b.jpg")
    (public / "in/lost+found").chmod(0)
    with unprivileged(), caplog.at_level(logging.INFO, logger="copyart"):
        jobs = plan(public / "in", public / "out", SaveConfig(), recursive=True)
    assert [job.photo.name for job in jobs] == ["a.jpg"]
    assert [record.getMessage() for record in caplog.records] == [
        f"{public}/in/lost+found is left out: permission denied; check who may use it and its folder"
    ]
