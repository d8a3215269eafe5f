"""`copyart evaluate kaggle`: what the competition takes, and nothing else."""

import io
import os
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
import torch
from conftest import TINY, Here
from limits import small_disk
from PIL import ExifTags, Image

from copyart import __version__
from copyart.checkpoints import save_style
from copyart.config import PaintConfig
from copyart.errors import EvaluationError
from copyart.evaluation.submission import pack
from copyart.models import Style
from copyart.networks import UNet
from copyart.translator import Translator

DOMAIN = [f"{i}.png" for i in range(5)]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """The style that paints the fastest."""
    torch.manual_seed(0)
    parameters = {"base_channels": 1, "depth": 2}
    style = replace(TINY, name="quick", generator="unet", parameters=parameters, size_multiple=4)
    return save_style(replace(style, folder=tmp_path_factory.mktemp("styles") / "quick"), UNet(**parameters))  # type: ignore[arg-type]  # one is no bool


@pytest.fixture
def few(tmp_path: Path, china: Path) -> list[Path]:
    """Five photos: wide, high, square, small and grey."""
    (tmp_path / "few").mkdir()
    with Image.open(china) as image:
        pictures = [image.copy(), image.rotate(90, expand=True), image.resize((256, 256)), image.resize((20, 30))]
    for name, picture in zip(DOMAIN, [*pictures, pictures[0].convert("L")], strict=True):
        picture.save(tmp_path / "few" / name)
    return [tmp_path / "few" / name for name in DOMAIN]


def make_many(folder: Path, count: int) -> Path:
    """A folder of so many names of one small picture."""
    folder.mkdir()
    Image.new("RGB", (16, 16), "teal").save(folder / "00000.png")
    for i in range(1, count):
        os.link(folder / "00000.png", folder / f"{i:05}.png")
    return folder


def unzipped(file: Path) -> dict[str, Image.Image]:
    with ZipFile(file) as archive:
        return {name: Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()}


@pytest.mark.slow
def test_seven_thousand_photos_become_what_the_competition_takes(here: Here, quick: Style, tmp_path: Path) -> None:
    photos = make_many(tmp_path / "photos", 7_001)
    (photos / "03333.png").unlink()
    (photos / "03333.png").write_bytes(b"no picture")
    code, (line,), errors = here("evaluate", "kaggle", photos, ".", "--style", quick.folder)
    assert code == 0
    assert line.startswith("images.zip  7,000 pictures, ")
    assert len(errors) == 1
    assert errors[0].startswith(f"{photos / '03333.png'} is left out: ")
    with ZipFile(tmp_path / "images.zip") as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == [f"{i:05}.jpg" for i in range(7_001) if i != 3_333]
        assert {entry.compress_type for entry in entries} == {ZIP_STORED}
        for entry in entries[::500]:
            with Image.open(io.BytesIO(archive.read(entry))) as painting:
                assert (painting.format, painting.mode, painting.size) == ("JPEG", "RGB", (256, 256))


@pytest.mark.parametrize(
    ("count", "options", "words"),
    [
        (6_999, [], "many has 6,999 pictures, and the competition takes 7,000 to 10,000; add 1 more"),
        (
            10_001,
            [],
            "many has 10,001 pictures, and the competition takes 7,000 to 10,000; "
            "give --limit 10000 to take so many of them",
        ),
        (
            7_000,
            ["--limit", 6_000],
            "many has 6,000 pictures, and the competition takes 7,000 to 10,000; add 1,000 more",
        ),
    ],
)
@pytest.mark.parametrize("kind", [["--style", "monet"], ["--painted"]])
def test_a_wrong_number_is_refused_before_anything_is_painted(
    here: Here, tmp_path: Path, count: int, options: list[object], words: str, kind: list[str]
) -> None:
    make_many(tmp_path / "many", count)
    assert here("evaluate", "kaggle", "many", "images.zip", *options, *kind) == (1, [], [f"Error: {words}"])
    assert [path.name for path in tmp_path.iterdir()] == ["many"]


def test_too_few_that_can_be_read_are_refused_as_soon_as_that_is_known(here: Here, tmp_path: Path) -> None:
    many = make_many(tmp_path / "many", 7_002)
    for i in (3, 5, 8):
        (many / f"{i:05}.png").unlink()
        (many / f"{i:05}.png").touch()
    code, lines, errors = here("evaluate", "kaggle", many, "images.zip", "--painted")
    assert (code, lines) == (1, [])
    assert len(errors) == 4
    words = "3 of its 7,002 pictures cannot be read, and fewer than 7,000 are left; mend those, or add others"
    assert errors[-1] == f"Error: {many}: {words}"
    assert [path.name for path in tmp_path.iterdir()] == ["many"]


def test_each_is_scaled_cut_square_and_painted_at_its_own_size(few: list[Path], tiny: Style, tmp_path: Path) -> None:
    translator = Translator(tiny, device="cpu", dtype=torch.float32)
    assert pack("few", few, tmp_path / "images.zip", translator, least=5) == 5
    paintings = unzipped(tmp_path / "images.zip")
    assert list(paintings) == [f"{i}.jpg" for i in range(5)]
    assert {(painting.format, painting.mode, painting.size) for painting in paintings.values()} == {
        ("JPEG", "RGB", (256, 256))
    }
    with Image.open(few[2]) as photo:
        wanted = translator.translate(photo, size=PaintConfig(size="native").size, detail=0.0)
    difference = np.asarray(paintings["2.jpg"], np.float32) - np.asarray(wanted, np.float32)
    assert np.abs(difference).mean() < 3  # levels that a JPEG loses


def test_each_says_what_painted_it(few: list[Path], tiny: Style, tmp_path: Path) -> None:
    pack("few", few, tmp_path / "images.zip", Translator(tiny, device="cpu"), least=5)
    for painting in unzipped(tmp_path / "images.zip").values():
        assert painting.getexif()[ExifTags.Base.Software] == f"copyart {__version__}, style tiny"


def test_paintings_are_only_brought_into_form_and_keep_who_made_them_but_not_where(
    few: list[Path], tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "copyart 1, style other"
    exif[ExifTags.Base.ImageDescription] = "my garden"
    path = tmp_path / "one.jpg"
    with Image.open(few[2]) as image:
        image.save(path, quality=95, exif=exif)
        original = np.asarray(image, np.float32)
    assert pack("one", [path, *few], tmp_path / "images.zip", None, least=6) == 6
    painting = unzipped(tmp_path / "images.zip")["one.jpg"]
    assert dict(painting.getexif()) == {ExifTags.Base.Software: "copyart 1, style other"}
    assert np.abs(np.asarray(painting, np.float32) - original).mean() < 3


def test_the_same_photos_become_the_same_file(few: list[Path], tiny: Style, tmp_path: Path) -> None:
    translator = Translator(tiny, device="cpu")
    for name in ("one.zip", "two.zip"):
        pack("few", few, tmp_path / name, translator, least=5)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("others", [("a/0.png", "b/0.png"), ("a/0.png", "b/0.jpeg"), ("a/été.png", "b/0.png")])
def test_where_photos_have_one_name_or_an_odd_one_they_get_numbers(
    few: list[Path], tmp_path: Path, others: tuple[str, str]
) -> None:
    paths = [tmp_path / other for other in others]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(few[0].read_bytes())
    pack("two", paths, tmp_path / "images.zip", None, least=2)
    assert list(unzipped(tmp_path / "images.zip")) == ["00001.jpg", "00002.jpg"]


@pytest.mark.parametrize("at_once", [1, 2, 8])
def test_many_are_painted_at_once_where_that_is_faster_and_what_is_left_out_moves_no_name(
    few: list[Path], tiny: Style, tmp_path: Path, at_once: int
) -> None:
    translator = Translator(tiny, device="cpu", dtype=torch.float32)
    translator.network.at_once = at_once
    few[1].write_bytes(b"")
    seen: list[int] = []
    assert pack("few", few, tmp_path / "images.zip", translator, least=4, watch=seen.append) == 4
    assert list(unzipped(tmp_path / "images.zip")) == ["0.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert sum(seen) == 5
    assert max(seen) == min(at_once, 5)


def test_a_full_disk_leaves_nothing_and_is_one_line(few: list[Path], tmp_path: Path) -> None:
    with small_disk(20_000), pytest.raises(EvaluationError, match=r"images\.zip cannot be written: "):
        pack("few", few, tmp_path / "images.zip", None, least=5)
    assert [path.name for path in tmp_path.iterdir()] == ["few"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["images.tar"], 2, "images.tar is no name of a zip file; call it images.zip"),
        (
            ["images.zip", "--painted", "--style", "monet"],
            2,
            "--painted takes pictures as they are; leave out one of --painted and --style",
        ),
        (["no/images.zip"], 1, "no/images.zip cannot be written: there is no folder no; make it first"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    here: Here, few: list[Path], options: list[str], code: int, words: str
) -> None:
    assert here("evaluate", "kaggle", few[0].parent, *options) == (code, [], [f"Error: {words}"])


def test_a_file_that_is_there_is_replaced_only_on_demand(here: Here, few: list[Path], tmp_path: Path) -> None:
    (tmp_path / "images.zip").write_bytes(b"mine")
    refusal = "images.zip is there already; give --overwrite to replace it, or another name"
    code, _, errors = here("evaluate", "kaggle", few[0].parent, tmp_path, "--painted")
    assert (code, errors) == (1, [f"Error: {tmp_path / refusal}"])
    assert (tmp_path / "images.zip").read_bytes() == b"mine"
