"""Pictures are judged at the sizes at which people look, as users get them; none is enlarged for that."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image

from copyart import Translator
from copyart.config import PaintConfig
from copyart.evaluation import Kinds, make_views, notes_on_views, read_kinds, viewing
from copyart.evaluation.scores import OF_VIEWS
from copyart.models import Style


def _cuts(china: Path, folder: Path, count: int, size: tuple[int, int], turned: bool = False) -> Path:
    """Pieces of a photograph, each a little farther to the right."""
    folder.mkdir()
    with Image.open(china) as image:
        for i in range(count):
            cut = image.crop((20 * i, 0, 20 * i + 400, 427)).resize(size)
            (cut.transpose(Image.Transpose.ROTATE_180) if turned else cut).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def domains(china: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Four photos of 240 x 256; four of 400 x 427, and a small one."""
    folder = tmp_path_factory.mktemp("seen")
    photos = _cuts(china, folder / "photos", 4, (240, 256))
    large = _cuts(china, folder / "large", 4, (400, 427), turned=True)
    with Image.open(china) as image:
        image.resize((150, 100)).save(large / "small.png")
    return str(photos), str(large)


def _kinds(paintings: str, generated: str, photos: str) -> Kinds:
    return read_kinds(paintings, generated, photos, size=64)


def test_each_size_is_judged_by_the_pictures_that_are_large_enough(domains: tuple[str, str]) -> None:
    small, large = domains
    views = make_views(_kinds(large, large, large))
    assert [view.size for view in views] == [192, 384, 768]
    for view, side in zip(views, (96, 192, None), strict=True):
        shapes = {each.pixels.shape for each in (view.kinds.paintings, view.kinds.generated)} if view.kinds else set()
        assert shapes == ({(4, 3, side, side)} if side else set())
    views = make_views(_kinds(large, small, small))
    assert [bool(view.kinds) for view in views] == [True, False, False]
    assert notes_on_views(views) == [
        "Seen at 192 pixels 4 generated pictures, 4 paintings, 4 photos: the middle of each.",
        f"Nothing as seen at 384 pixels: none of 4 pictures of {small} are that large, and none is enlarged.",
        f"Nothing as seen at 768 pixels: none of 5 pictures of {large} are that large, and none is enlarged.",
    ]


def test_what_is_seen_is_the_middle_of_the_whole_picture_shrunk(domains: tuple[str, str]) -> None:
    view = make_views(_kinds(domains[1], domains[1], domains[1]))[0]
    assert view.kinds
    with Image.open(view.kinds.photos.paths[0] if view.kinds.photos else "") as image:
        middle = image.resize((180, 192), Image.Resampling.LANCZOS).crop((42, 48, 138, 144))
    assert np.array_equal(np.asarray(view.kinds.generated.image(0)), np.asarray(middle))
    assert view.kinds.pairs == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_long_pictures_are_shrunk_by_their_short_side(tmp_path: Path, china: Path) -> None:
    long = str(_cuts(china, tmp_path / "long", 4, (768, 96)))
    views = make_views(_kinds(long, long, long))
    assert [bool(view.kinds) for view in views] == [True, False, False]


def test_paintings_are_made_once_as_users_get_them(
    domains: tuple[str, str], tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = domains
    translator, told = Translator(tiny), list[int]()
    kinds = read_kinds(small, None, large, translator=translator, size=64)
    config = PaintConfig(size=128)
    monkeypatch.setattr(viewing, "SIZES", (160, 192))
    views = make_views(kinds, translator, config, told.append)
    assert len(told) == 4
    assert views[1].kinds
    path = views[1].kinds.generated.paths[1]
    painting = translator.paint(translator.open(path, config), config)
    expected = viewing._squares(painting, painting.size, [192])[192]
    assert torch.equal(views[1].kinds.generated.pixels[1], expected)


@pytest.mark.usefixtures("rough")
def test_the_command_shows_what_is_seen_in_its_table_in_json_and_on_the_page(
    here: Here, domains: tuple[str, str], tmp_path: Path
) -> None:
    small, large = domains
    words = (large, small, "--photos", small, "--no-pretrained", "--size", 64)
    code, out, _ = here("evaluate", *words, "--page", tmp_path / "page.html")
    assert code == 0
    assert any(line.split()[-2:] == ["0.00", "0.00"] and line.startswith("Strokes added") for line in out)
    assert any(line.startswith("Nothing as seen at 384 pixels: none of 4") for line in out)
    assert "The middle of pictures shrunk to 192 pixels" in (tmp_path / "page.html").read_text()
    code, out, _ = here("evaluate", *words, "--json")
    seen = json.loads(out[-1])["seen"]
    assert seen["192"]["pictures"] == {"paintings": 4, "generated": 4, "photos": 4}
    assert tuple(seen["192"]["scores"]) == OF_VIEWS
    for key, value in (("distance_closed", 0), ("structure_kept", 1), ("strokes", 0)):  # of photos as they are
        assert seen["192"]["scores"][key]["generated"]["value"] == pytest.approx(value, abs=1e-6)
    assert set(seen["768"]) == {"missing"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--detail", 0.2), "the options of painting go with --style"),
        (("--paint-size", 4), "--paint-size is 4; give at least 8 pixels, or 'native'"),
    ],
)
def test_options_of_painting_are_looked_at_first(here: Here, words: tuple[object, ...], said: str) -> None:
    code, _, error = here("evaluate", "a", "b", *words)
    assert code == 2
    assert said in error[-1]
