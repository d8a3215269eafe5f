"""A checkerboard of two or four pixels is seen, where photographs and noise have none; so is who is nearer to whom."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.stats import wasserstein_distance
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity
from torch import Tensor

from copyart.metrics import (
    checkerboard,
    hot_spots,
    palette_distance,
    pixels,
    sliced_wasserstein,
    structure_kept,
    to_lab,
)
from copyart.tensors import from_bytes, to_tensor

SIZES = [(4, 3, 128, 128), (4, 3, 96, 203), (8, 3, 32, 64)]


@pytest.fixture
def photograph(china: Path) -> Tensor:
    with Image.open(china) as image:
        return to_tensor(image.resize((256, 256)))


def _noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 0.3


def _wave(period: float, length: int, dim: int) -> Tensor:
    wave = torch.cos(torch.arange(length) * (2 * math.pi / period))
    return wave if dim == -1 else wave[:, None]


@pytest.mark.parametrize("shape", SIZES)
def test_noise_has_no_grid(shape: tuple[int, ...]) -> None:
    assert abs(checkerboard(_noise(*shape))) < 2


def test_a_photograph_has_next_to_none(photograph: Tensor) -> None:
    assert abs(checkerboard(photograph)) < 2


@pytest.mark.parametrize("dim", [-1, -2])
@pytest.mark.parametrize("period", [2, 4])
def test_a_faint_grid_on_a_photograph_is_seen(photograph: Tensor, period: int, dim: int) -> None:
    faint, strong = (checkerboard(photograph + a * _wave(period, 256, dim)) for a in (0.03, 0.06))
    assert faint > checkerboard(photograph) + 4
    assert strong > faint + 4


@pytest.mark.parametrize("dim", [-1, -2])
@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("shape", SIZES)
def test_a_grid_in_noise_is_seen_at_any_size(shape: tuple[int, ...], period: int, dim: int) -> None:
    noise = _noise(*shape)
    assert checkerboard(noise + 0.2 * _wave(period, shape[dim], dim)) > checkerboard(noise) + 6


def test_a_grid_is_as_strong_at_a_size_of_no_whole_periods() -> None:
    x = _noise(4, 3, 96, 203) + 0.5 * _wave(4, 203, -1)
    assert checkerboard(x) == pytest.approx(checkerboard(x[..., :200]), abs=0.5)


def test_ten_times_the_grid_is_twenty_decibels_more() -> None:
    noise, grid = _noise(4, 3, 128, 128), _wave(2, 128, -1)
    assert checkerboard(noise + 5 * grid) - checkerboard(noise + 0.5 * grid) == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("period", [3, 6, 16])
def test_a_wave_of_another_period_is_no_grid(period: int) -> None:
    noise = _noise(4, 3, 128, 128)
    assert checkerboard(noise + 0.5 * _wave(period, 128, -1)) == pytest.approx(checkerboard(noise), abs=1)


def test_neither_brightness_nor_contrast_is_a_grid(photograph: Tensor) -> None:
    assert checkerboard(photograph / 2 + 0.3) == pytest.approx(checkerboard(photograph), abs=0.05)


def test_a_plain_picture_gives_a_number() -> None:
    assert math.isfinite(checkerboard(torch.full((1, 3, 64, 64), 0.5)))


@pytest.fixture
def few_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures in a tenth of the time, and less exactly."""
    monkeypatch.setattr(pixels, "_PATCHES", 2048)


def _blurred(pictures: Tensor, times: int = 1) -> Tensor:
    for _ in range(times):
        pictures = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return pictures


def _paintings(artist: str, count: int = 16, size: tuple[int, int] = (32, 32), seed: int = 0) -> Tensor:
    """Pictures of an artist's own palette and brush, each of another subject."""
    chance = torch.Generator().manual_seed(seed)
    palette, blend, brush = {
        "pointillist": ((0.3, 0.2, -0.1), 6, torch.ones(1, 1)),
        "etcher": ((-0.2, -0.2, -0.2), 6, torch.eye(7) / 3),
        "watercolourist": ((0.1, 0.3, 0.5), 12, torch.ones(5, 5) / 5),
    }[artist]
    h, w = size
    subject = _blurred(torch.randn(count, 3, h, w, generator=chance), blend)
    touch = torch.randn(3 * count, 1, h + len(brush) - 1, w + len(brush) - 1, generator=chance)
    touched = F.conv2d(touch, brush[None, None]).view(count, 3, h, w)
    return torch.tensor(palette)[:, None, None] + subject + 0.2 * touched


ARTISTS = ("pointillist", "etcher", "watercolourist")


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize("size", [(16, 16), (32, 32), (35, 50), (176, 176)])
def test_the_same_pictures_are_next_to_no_way_apart_and_others_far(size: tuple[int, int]) -> None:
    mine, theirs = _paintings("pointillist", 8, size), _paintings("watercolourist", 8, size)
    apart = sliced_wasserstein(mine, theirs)
    assert 0 <= sliced_wasserstein(mine, mine) < apart / 15
    assert math.isfinite(apart)


def test_of_all_patches_the_same_pictures_are_nearer_still() -> None:
    mine = _paintings("pointillist", size=(16, 16))
    assert sliced_wasserstein(mine, mine) < sliced_wasserstein(mine, _paintings("etcher", size=(16, 16))) / 20


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize(
    "shift",
    [(1.0, 1.0, 1.0), (0.0, 0.0, -1.0), (1.0, -1.0, 0.0)],
    ids=["lighter", "less blue", "from green to red"],
)
def test_they_are_the_further_apart_the_more_their_colours_shift(shift: tuple[float, float, float]) -> None:
    goal = _paintings("watercolourist")
    steps = [amount * torch.tensor(shift)[:, None, None] for amount in (0.0, 0.1, 0.2, 0.4)]
    distances = [sliced_wasserstein(goal + step, goal) for step in steps]
    assert all(later > 1.3 * sooner for sooner, later in pairwise(distances))


@pytest.mark.usefixtures("few_patches")
def test_a_palette_with_its_colours_changed_about_is_another() -> None:
    goal = _paintings("watercolourist")
    assert sliced_wasserstein(goal.flip(1), goal) > 4 * sliced_wasserstein(goal, goal)


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize("artist", ARTISTS)
def test_they_are_the_further_apart_the_more_of_the_texture_is_blurred_away_or_sharpened(artist: str) -> None:
    goal = _paintings(artist)
    fine = goal - _blurred(goal)
    for change in (-fine, fine):
        distances = [sliced_wasserstein(goal + share * change, goal) for share in (0.0, 0.5, 1.0)]
        assert all(later > 1.2 * sooner for sooner, later in pairwise(distances))


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize("period", [2, 64])
def test_what_is_finest_and_what_is_broadest_is_looked_at(period: int) -> None:
    goal = _paintings("pointillist", size=(64, 64))
    changed = goal + 0.4 * _wave(period, 64, -1)
    assert sliced_wasserstein(changed, goal) > 4 * sliced_wasserstein(goal, goal)
    assert sliced_wasserstein(goal, changed) > 4 * sliced_wasserstein(goal, goal)


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize("share", [0.5, 2.0])
def test_less_and_more_contrast_are_further_away(share: float) -> None:
    goal = _paintings("pointillist")
    mean = goal.mean(dim=(0, 2, 3), keepdim=True)
    assert sliced_wasserstein(mean + share * (goal - mean), goal) > 4 * sliced_wasserstein(goal, goal)


@pytest.mark.usefixtures("few_patches")
def test_equal_seeds_measure_the_same_and_others_nearly() -> None:
    mine, theirs = (_paintings(artist) for artist in ARTISTS[:2])
    first = sliced_wasserstein(mine, theirs, seed=3)
    torch.rand(5)
    state = torch.get_rng_state()
    assert sliced_wasserstein(mine, theirs, seed=3) == first
    assert torch.equal(torch.get_rng_state(), state)
    assert sliced_wasserstein(mine, theirs, seed=4) != first
    assert sliced_wasserstein(mine, theirs, seed=4) == pytest.approx(first, rel=0.1)


@pytest.mark.usefixtures("few_patches")
def test_a_set_may_have_more_pictures_than_the_other_and_it_matters_little() -> None:
    mine, theirs = _paintings("pointillist", 24), _paintings("etcher", 16)
    even = sliced_wasserstein(mine[:16], theirs)
    assert sliced_wasserstein(mine, theirs) == pytest.approx(even, rel=0.1)
    assert sliced_wasserstein(mine[:16], theirs[:8]) == pytest.approx(even, rel=0.1)


@pytest.mark.usefixtures("few_patches")
def test_of_pictures_in_half_and_single_precision_the_measure_is_the_same() -> None:
    mine, theirs = _paintings("pointillist").half(), _paintings("etcher").half()
    assert sliced_wasserstein(mine, theirs) == sliced_wasserstein(mine.float(), theirs.float())


@pytest.mark.usefixtures("few_patches")
@pytest.mark.parametrize("artist", ARTISTS)
def test_an_artist_is_nearest_to_more_of_the_same_hand(artist: str) -> None:
    paintings = _paintings(artist, 32)
    own = sliced_wasserstein(paintings[:16], paintings[16:])
    for other in set(ARTISTS) - {artist}:
        assert own < sliced_wasserstein(_paintings(other, seed=1), paintings[16:]) / 3


@pytest.mark.usefixtures("few_patches")
def test_who_goes_over_to_an_artist_comes_nearer_with_every_step() -> None:
    begun, goal = _paintings("watercolourist", seed=1), _paintings("pointillist")
    own = _paintings("pointillist", seed=2)
    distances = [sliced_wasserstein(begun.lerp(own, share), goal) for share in (0.0, 0.3, 0.6, 1.0)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < distances[0] / 3


def _pictures(count: int, seed: int, *, side: int = 32, dark: float = 1.0) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, side, side, generator=chance).pow(dark).mul(255).to(torch.uint8)


def test_structure_kept_is_the_ssim_of_scikit_image() -> None:
    pictures, paintings = _pictures(3, 0, side=40), _pictures(3, 0, side=40)
    paintings[1:] = paintings[1:] // 2 + 40
    paintings[2] = _pictures(1, 5, side=40)[0]
    light = [
        each.float().mul(torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1) for each in (pictures, paintings)
    ]
    expected = [
        structural_similarity(
            *(each[i].double().numpy() for each in light),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for i in range(3)
    ]
    assert structure_kept(pictures, paintings).tolist() == pytest.approx(expected, abs=1e-3)
    assert float(structure_kept(pictures[:1], pictures[:1])) == pytest.approx(1)


def test_colours_in_cielab_are_those_of_scikit_image() -> None:
    colors = torch.rand(500, 3, generator=torch.Generator().manual_seed(0))
    assert np.allclose(to_lab(colors * 2 - 1).numpy(), rgb2lab(colors.numpy()), atol=1e-2)


def test_the_distance_of_palettes_is_that_of_scipy() -> None:
    """Of two flat greys it can be told by hand: |L - L'| times the mean of how far directions point up."""
    light, dark = (torch.full((1, 3, 32, 32), level, dtype=torch.uint8) for level in (200, 90))
    chance = torch.Generator().manual_seed(0)
    directions = F.normalize(torch.randn(3, pixels._COLOR_DIRECTIONS, generator=chance), dim=0)
    labs = [to_lab(torch.full((1, 3), level / 127.5 - 1)) for level in (200, 90)]
    expected = np.mean(
        [wasserstein_distance(*((lab @ direction).numpy() for lab in labs)) for direction in directions.T]
    )
    assert palette_distance(light, dark) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.slow
def test_the_sliced_wasserstein_distance_is_that_of_scipy() -> None:
    """On one level, the patches and directions drawn as they are drawn."""
    ours, theirs = _pictures(5, 1, side=16), _pictures(7, 2, side=16, dark=2)
    chance = torch.Generator().manual_seed(3)
    places = [pixels._some_places((len(each), 16, 16), chance) for each in (ours, theirs)]
    directions = F.normalize(torch.randn(3 * 49, pixels._DIRECTIONS, generator=chance), dim=0)
    patches = []
    for each, (which, top, left) in zip((ours, theirs), places, strict=True):
        cut = each.float().div(127.5).sub(1).unfold(2, 7, 1).unfold(3, 7, 1)  # b 3 h w 7 7
        patches.append(cut[which, :, top, left].flatten(2))
    mean, deviation = patches[1].mean(dim=(0, 2)), patches[1].std(dim=(0, 2))
    flat = [((each - mean[:, None]) / deviation[:, None]).flatten(1) for each in patches]
    expected = np.mean(
        [wasserstein_distance(*((each @ direction).numpy() for each in flat)) for direction in directions.T]
    )
    assert sliced_wasserstein(ours, theirs, seed=3) == pytest.approx(1000 * float(expected), rel=1e-4)


def test_saturated_specks_and_streaks_are_hot_and_patches_and_dull_specks_are_not() -> None:
    grey = torch.full((3, 3, 96, 96), 0.1)
    orange = torch.tensor([1.0, 0.1, -0.9])[:, None, None]
    specks, streak, patch, dull = (grey.clone() for _ in range(4))
    specks[:, :, 8::16, 8::16] = orange
    streak[:, :, 40:43, 10:80] = orange
    patch[:, :, 20:60, 20:60] = orange
    dull[:, :, 8::16, 8::16] = torch.tensor([0.2, 0.1, 0.0])[:, None, None]
    assert hot_spots(specks) == pytest.approx(1000 * 36 / 96**2)
    assert hot_spots(streak) == pytest.approx(1000 * 3 * 70 / 96**2)
    assert [hot_spots(each) for each in (grey, patch, dull)] == [0, 0, 0]


def test_hot_spots_are_those_of_the_median_picture_and_the_same_for_bytes() -> None:
    pictures = torch.full((3, 3, 64, 64), 128, dtype=torch.uint8)
    pictures[0, 0, ::16, ::16] = 255
    pictures[0, 2, ::16, ::16] = 0
    assert hot_spots(pictures) == 0
    pictures[1] = pictures[0]
    assert hot_spots(pictures) > 3
    assert hot_spots(pictures) == pytest.approx(hot_spots(from_bytes(pictures[:2])))
