"""A grid of two or four pixels is seen, where photographs and noise have none."""

import math
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from copyart.measures import weave
from copyart.tensors import to_tensor

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
    assert abs(weave(_noise(*shape))) < 2


def test_a_photograph_has_next_to_none(photograph: Tensor) -> None:
    assert abs(weave(photograph)) < 2


@pytest.mark.parametrize("dim", [-1, -2])
@pytest.mark.parametrize("period", [2, 4])
def test_a_faint_grid_on_a_photograph_is_seen(photograph: Tensor, period: int, dim: int) -> None:
    faint, strong = (weave(photograph + a * _wave(period, 256, dim)) for a in (0.03, 0.06))
    assert faint > weave(photograph) + 4
    assert strong > faint + 4


@pytest.mark.parametrize("dim", [-1, -2])
@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("shape", SIZES)
def test_a_grid_in_noise_is_seen_at_any_size(shape: tuple[int, ...], period: int, dim: int) -> None:
    noise = _noise(*shape)
    assert weave(noise + 0.2 * _wave(period, shape[dim], dim)) > weave(noise) + 6


def test_a_grid_is_as_strong_at_a_size_of_no_whole_periods() -> None:
    x = _noise(4, 3, 96, 203) + 0.5 * _wave(4, 203, -1)
    assert weave(x) == pytest.approx(weave(x[..., :200]), abs=0.5)


def test_ten_times_the_grid_is_twenty_decibels_more() -> None:
    noise, grid = _noise(4, 3, 128, 128), _wave(2, 128, -1)
    assert weave(noise + 5 * grid) - weave(noise + 0.5 * grid) == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("period", [3, 6, 16])
def test_a_wave_of_another_period_is_no_grid(period: int) -> None:
    noise = _noise(4, 3, 128, 128)
    assert weave(noise + 0.5 * _wave(period, 128, -1)) == pytest.approx(weave(noise), abs=1)


def test_neither_brightness_nor_contrast_is_a_grid(photograph: Tensor) -> None:
    assert weave(photograph / 2 + 0.3) == pytest.approx(weave(photograph), abs=0.05)


def test_a_plain_picture_gives_a_number() -> None:
    assert math.isfinite(weave(torch.full((1, 3, 64, 64), 0.5)))
