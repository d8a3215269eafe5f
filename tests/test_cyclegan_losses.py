"""The terms of CycleGAN: each is the number that its formula gives by hand."""

from collections.abc import Callable
from math import pi

import pytest
import torch
import torch.nn.functional as F
from plain_step import checkerboard
from torch import Tensor

from copyart.training.checkerboard import checkerboard_loss
from copyart.training.cyclegan.losses import cycle_loss, identity_loss


@pytest.mark.parametrize("loss", [cycle_loss, identity_loss])
def test_what_comes_back_is_compared_by_the_mean_absolute_difference(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    returned = torch.tensor([0.5, -1.0, 0.25, 1.0]).view(1, 1, 2, 2).requires_grad_()
    real = torch.tensor([0.0, 1.0, 0.25, 0.5]).view(1, 1, 2, 2)
    value = loss(returned, real)
    assert value.item() == pytest.approx((0.5 + 2 + 0 + 0.5) / 4)
    (gradient,) = torch.autograd.grad(value, returned)
    assert gradient.flatten().tolist() == [0.25, -0.25, 0, 0.25]


SIDES = pytest.mark.parametrize("sides", [(26, 26), (32, 32), (27, 35), (33, 64), (203, 130)])
FLOOR = 1e-4


def _smooth(height: int, width: int) -> Tensor:
    """Light that grows from one corner to the other, 1 3 h w."""
    down, right = torch.linspace(-0.5, 0.4, height), torch.linspace(-0.3, 0.5, width)
    return (down[:, None] + right).expand(1, 3, height, width)


def _wave(period: float, height: int, width: int, *, phase: float = 0.0) -> Tensor:
    return torch.cos(torch.arange(width) * (2 * pi / period) + phase).expand(1, 3, height, width)


def _noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _strokes(height: int, width: int) -> Tensor:
    """Brushwork: slanting strokes three pixels broad and nine long, as strong as noise, 1 3 h w."""
    stroke = F.conv2d(torch.eye(7)[None, None], torch.ones(1, 1, 3, 3), padding=2)
    strokes = F.conv2d(_noise(3, 1, height + 8, width + 8), stroke).transpose(0, 1)
    return (strokes - strokes.mean()) / strokes.std()


@SIDES
def test_a_checkerboard_is_what_deviates_over_the_places_of_a_grid_beyond_chance(
    sides: tuple[int, int],
) -> None:
    pictures = 0.3 * _noise(2, 3, *sides)
    assert checkerboard_loss(pictures).item() == pytest.approx(checkerboard(pictures).item(), rel=1e-4)


@SIDES
def test_a_smooth_picture_has_next_to_no_checkerboard(sides: tuple[int, int]) -> None:
    assert checkerboard_loss(_smooth(*sides)).item() <= FLOOR
    assert checkerboard_loss(torch.full((1, 3, *sides), 0.3)).item() == pytest.approx(FLOOR, rel=0.01)


def test_nothing_is_won_by_less_texture() -> None:
    """Descending its gradient leaves what has no grid as rough as it was."""
    rough = (0.1 * _noise(1, 3, 64, 64)).requires_grad_()
    worked = rough
    for _ in range(50):
        (gradient,) = torch.autograd.grad(checkerboard_loss(worked), worked)
        worked = (worked.detach() - 5 * gradient).requires_grad_()
    assert worked.std() > 0.97 * rough.std()


@SIDES
@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("upright", [True, False])
def test_a_faint_grid_costs_many_times_the_same_picture_without(
    sides: tuple[int, int], period: int, upright: bool
) -> None:
    smooth, grid = _smooth(*sides), 0.02 * _wave(period, *sides)
    grid = grid if upright else 0.02 * _wave(period, *reversed(sides)).transpose(-1, -2)
    assert checkerboard_loss(smooth + grid) > 25 * checkerboard_loss(smooth)
    strokes = smooth + 0.05 * _strokes(*sides)
    assert checkerboard_loss(strokes + 10 * grid) > 10 * checkerboard_loss(strokes)


@pytest.mark.parametrize("phase", [0.0, 0.25 * pi, 0.5 * pi, pi])
def test_a_grid_costs_the_same_wherever_it_begins(phase: float) -> None:
    grid, moved = _wave(4, 64, 64), _wave(4, 64, 64, phase=phase)
    assert checkerboard_loss(moved).item() == pytest.approx(checkerboard_loss(grid).item(), rel=1e-3)


def test_a_grid_in_one_colour_or_one_picture_is_seen() -> None:
    pictures = _smooth(64, 64).repeat(2, 1, 1, 1)
    pictures[1, 2] += 0.05 * _wave(4, 64, 64)[0, 2]
    assert checkerboard_loss(pictures) > 10 * FLOOR


@pytest.mark.parametrize("period", [3, 6, 8, 12])
def test_a_wave_of_another_period_costs_next_to_nothing(period: int) -> None:
    sides = (64, 64)
    assert (
        checkerboard_loss(_smooth(*sides) + 0.1 * _wave(period, *sides))
        < checkerboard_loss(0.1 * _wave(4, *sides)) / 20
    )


@SIDES
@pytest.mark.parametrize(("period", "times"), [(2, 5), (4, 2)])
def test_noise_and_brushwork_as_strong_as_a_grid_cost_far_less(
    sides: tuple[int, int], period: int, times: float
) -> None:
    wave = _wave(period, *sides)
    grid = checkerboard_loss(0.1 * wave / wave.square().mean().sqrt())
    assert checkerboard_loss(0.1 * _noise(1, 3, *sides)) < grid / times
    assert checkerboard_loss(0.1 * _strokes(*sides)) < grid / (2.5 * times)


@pytest.mark.parametrize("period", [2, 4])
def test_to_descend_its_gradient_takes_the_grid_out_of_a_picture_and_leaves_the_picture(period: int) -> None:
    picture = _smooth(32, 32) + 0.1 * _strokes(32, 32)
    grid = 0.1 * _wave(period, 32, 32)
    worked = (picture + grid).requires_grad_()
    begun = checkerboard_loss(worked).item()
    for _ in range(200):
        (gradient,) = torch.autograd.grad(checkerboard_loss(worked), worked)
        worked = (worked.detach() - 5 * gradient).requires_grad_()
    assert checkerboard_loss(worked).item() < begun / 10
    inside = (..., slice(2, 24), slice(2, 24))  # the windows of so small a picture end before its edges
    left = (worked.detach() - picture)[inside]
    assert left.square().mean() < grid[inside].square().mean() / 10


def test_a_picture_of_one_colour_has_a_finite_gradient() -> None:
    plain = torch.zeros(1, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(checkerboard_loss(plain), plain)
    assert gradient.isfinite().all()


def test_a_picture_in_bfloat16_has_the_checkerboard_of_the_same_numbers_in_float32() -> None:
    picture = (_smooth(32, 32) + 0.1 * _wave(4, 32, 32)).bfloat16().requires_grad_()
    loss = checkerboard_loss(picture)
    with torch.autocast("cpu", torch.bfloat16):
        assert checkerboard_loss(picture).item() == loss.item()
    assert loss.dtype == torch.float32
    assert loss.item() == checkerboard_loss(picture.float()).item()
    (gradient,) = torch.autograd.grad(loss, picture)
    assert gradient.dtype == torch.bfloat16
    assert gradient.abs().sum() > 0
