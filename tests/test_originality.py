"""Are generated pictures new, or copies? Laws of `copyart evaluate originality`."""

import json
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from conftest import Here
from PIL import Image, ImageEnhance
from runs import make_domain
from skimage.metrics import structural_similarity

from copyart.errors import EvaluationError
from copyart.evaluation.originality import check_apart, compare, luminance, make_page, similarity
from copyart.evaluation.originality import comparing as module
from copyart.evaluation.pictures import Pictures, read_squares

SIDE = 32
Crops = list[Image.Image]


@pytest.fixture(scope="module")
def crops(china: Path) -> Crops:
    """Squares from below the sky of a photograph, 120 of them, from left to right."""
    chance = np.random.default_rng(0)
    with Image.open(china) as image:
        places = zip(sorted(chance.integers(0, 640 - 96, 120)), chance.integers(150, 427 - 96, 120), strict=True)
        return [image.crop((x, y, x + 96, y + 96)) for x, y in places]


def save(crops: Crops, folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{i:03}.png" for i in range(len(crops))]
    for crop, path in zip(crops, paths, strict=True):
        crop.save(path)
    return paths


def pictures(crops: Crops, folder: Path) -> Pictures:
    return read_squares(folder.name, save(crops, folder), SIDE)


def light(crops: Crops) -> npt.NDArray[np.uint8]:
    return np.stack([np.array(crop.convert("L").resize((SIDE, SIDE))) for crop in crops])


def plain(ours: npt.NDArray[np.uint8], theirs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """The same, pair by pair, by scikit-image."""
    return np.array([[structural_similarity(x, y, data_range=255) for y in theirs] for x in ours])


def hard() -> npt.NDArray[np.uint8]:
    """Flat, halved, striped and speckled pictures, on which rounding shows most."""
    found = np.zeros((7, SIDE, SIDE), np.uint8)
    found[1] = 255
    found[2] = 200
    found[3, :, SIDE // 2 :] = 255
    found[4, SIDE // 2 :] = 255
    found[5, ::2] = 255
    found[6] = np.random.default_rng(0).integers(0, 2, (SIDE, SIDE)) * 255
    return found


def test_ssim_is_that_of_scikit_image(crops: Crops) -> None:
    ours, theirs = (np.concatenate([light(some), hard()]) for some in (crops[:12], crops[8:24]))
    found = similarity(torch.from_numpy(ours), torch.from_numpy(theirs)).numpy()
    assert np.abs(found - plain(ours, theirs)).max() < 1e-4


@pytest.mark.parametrize("side", [7, 33])
def test_pictures_may_have_any_size_from_the_window_on(side: int) -> None:
    some = np.random.default_rng(0).integers(0, 256, (5, side, side), dtype=np.uint8)
    found = similarity(torch.from_numpy(some[:2]), torch.from_numpy(some)).numpy()
    assert np.abs(found - plain(some[:2], some)).max() < 1e-4


def test_ssim_does_not_depend_on_what_else_is_compared(crops: Crops) -> None:
    some = torch.from_numpy(light(crops)).repeat(9, 1, 1)
    whole = similarity(some[:600, :16, :16], some[:, :16, :16])  # several tiles
    assert torch.allclose(whole[500:, 1000:], similarity(some[500:600, :16, :16], some[1000:, :16, :16]), atol=1e-6)


def test_luminance_is_that_of_pillow(china: Path) -> None:
    with Image.open(china) as image:
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        assert torch.equal(luminance(pixels[None])[0], torch.from_numpy(np.array(image.convert("L"))))


def test_a_copy_is_found_and_so_is_a_changed_one(crops: Crops, tmp_path: Path) -> None:
    changed = ImageEnhance.Brightness(crops[50]).enhance(1.1).resize((80, 80))
    training = pictures(crops[30:90], tmp_path / "training")
    found = compare(pictures([crops[0], crops[40], changed], tmp_path / "generated"), training)
    assert found.nearest[1, 0] == 10
    assert found.ssim[1, 0] == pytest.approx(1, abs=1e-5)
    assert found.nearest[2, 0] == 20
    assert found.ssim[2, 0] > module.SAME > found.ssim[0, 0]
    assert found.order == [1, 2, 0]
    assert found.generated.same == 2


@pytest.fixture(scope="module")
def kinds(crops: Crops, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pictures, Pictures]:
    """Fifty generated pictures, and seventy to have learned from."""
    folder = tmp_path_factory.mktemp("kinds")
    return pictures(crops[:50], folder / "generated"), pictures(crops[50:], folder / "training")


def test_the_four_nearest_are_the_four_nearest(kinds: tuple[Pictures, Pictures]) -> None:
    found = compare(*kinds)
    ours, theirs = (luminance(each.pixels) for each in kinds)
    pairs = similarity(ours, theirs)
    best = pairs.sort(dim=1, descending=True, stable=True)
    assert torch.equal(found.nearest, best.indices[:, :4])
    assert torch.allclose(found.ssim, best.values[:, :4], atol=1e-6)
    assert found.pairs.sum() == pairs.numel()


def test_training_pictures_are_compared_with_others_only(kinds: tuple[Pictures, Pictures]) -> None:
    among = compare(*kinds).among
    theirs = luminance(kinds[1].pixels)
    nearest = similarity(theirs, theirs).clone().fill_diagonal_(-1).max(dim=1).values
    assert among is not None
    assert len(among) == 50
    assert all((nearest - ssim).abs().min() < 1e-6 for ssim in among)


def test_what_is_found_does_not_depend_on_the_blocks(
    kinds: tuple[Pictures, Pictures], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compare(*kinds)
    monkeypatch.setattr(module, "_BLOCK", 1)
    monkeypatch.setattr(module, "_SMALLEST_BLOCK", 23)
    parts = compare(*kinds)
    assert torch.equal(whole.nearest, parts.nearest)
    assert torch.allclose(whole.ssim, parts.ssim, atol=1e-5)
    assert (whole.pairs - parts.pairs).abs().sum() <= 4  # two that rounding moves over an edge


def test_progress_ends_at_all_pairs_and_the_threads_are_left_as_they_were(kinds: tuple[Pictures, Pictures]) -> None:
    told: list[tuple[int, int]] = []
    threads = torch.get_num_threads()
    compare(*kinds, watch=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (100 * 70, 100 * 70)  # fifty generated, and fifty of training
    assert torch.get_num_threads() == threads


def test_of_few_pictures_no_more_is_said_than_of_each(crops: Crops, tmp_path: Path) -> None:
    found = compare(pictures(crops[:1], tmp_path / "a"), pictures(crops[50:], tmp_path / "b"))
    assert found.among is None
    assert found.training is None
    assert found.nearer is None
    assert found.verdict() == [
        "None of 1 generated pictures is nearly the same as a training picture: SSIM of 0.9 or more.",
        "There are fewer than 50 pictures of a kind: each is judged by itself, and nothing is said of them as a set.",
    ]


def test_fewer_than_five_training_pictures_are_refused(crops: Crops, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="b: 4 pictures are too few; give at least 5 training pictures"):
        compare(pictures(crops[:2], tmp_path / "a"), pictures(crops[2:6], tmp_path / "b"))


def test_a_picture_on_both_sides_is_refused(crops: Crops, tmp_path: Path) -> None:
    paths = save(crops[:6], tmp_path / "a")
    link = tmp_path / "link.png"
    link.symlink_to(paths[0])
    with pytest.raises(
        EvaluationError, match=r"1 of the generated pictures, such as .*link.png, are training pictures"
    ):
        check_apart([link], paths)


def test_the_command_says_prints_and_draws(crops: Crops, tmp_path: Path, here: Here) -> None:
    save([*crops[:54], crops[70]], tmp_path / "new")
    save(crops[60:], tmp_path / "old")
    code, out, error = here("evaluate", "originality", "new", "old", "--page", "page.html")
    assert code == 0
    assert "1 of 55 generated pictures is nearly the same as a training picture: SSIM of 0.9 or more." in out
    assert any(line.split() == ["new/054.png", "1.000", "old/010.png"] for line in out)
    assert error == [
        "new: 55 pictures of 96 x 96, each scaled and cut to 64 x 64",
        "old: 60 pictures of 96 x 96, each scaled and cut to 64 x 64",
    ]
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 24 * 5
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []  # nothing is fetched

    code, out, error = here("evaluate", "originality", "new", "old", "--page", "page.html")
    assert (code, out) == (1, [])
    assert "is there already" in error[0]

    code, out, error = here("evaluate", "originality", "new", "old", "--json", "--limit", "20", "--size", "32")
    record = json.loads("".join(out))
    assert code == 0
    assert record["pictures"] == {"generated": 20, "training": 20}
    assert record["generated"] is record["training"] is record["nearer"] is None
    assert record["same"] == 0
    assert sum(record["pairs"]["counts"]) == 400
    assert all(
        len(each["nearest"]) == 4 and Path(each["nearest"][0]["path"]).parent.name == "old"
        for each in record["nearest"]
    )


def test_one_folder_twice_is_refused(crops: Crops, tmp_path: Path, here: Here) -> None:
    save(crops[:6], tmp_path / "a")
    code, out, error = here("evaluate", "originality", "a", "a")
    assert (code, out) == (1, [])
    assert error == [
        "Error: 6 of the generated pictures, such as a/000.png, are training pictures as well; "
        "give two folders of which none lies in the other"
    ]


def test_a_page_on_copies_shows_pictures_that_have_vanished_as_they_were_compared(tmp_path: Path) -> None:
    new = sorted(make_domain(tmp_path / "new", 6, size=(70, 64), seed=1).iterdir())
    old = sorted(make_domain(tmp_path / "old", 6, size=(70, 64), seed=2).iterdir())
    Image.effect_noise((90, 100), 80).save(old[0])
    generated, training = read_squares("new", new, 32), read_squares("old", old, 32)
    for path in (*new, *old):
        path.unlink()
    page = make_page(generated, training, compare(generated, training))
    assert "old: 6 pictures of 2 sizes, 70 x 64 to 90 x 100, each scaled and cut to 32 x 32" in page
    assert page.count("data:image/jpeg;base64,") > 6
