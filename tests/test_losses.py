"""What is minimised: every term is the number that its paper's formula gives by hand."""

from collections.abc import Callable
from math import exp, log, pi

import pytest
import torch
import torch.nn.functional as F
from plain_step import lattice
from torch import Tensor

from copyart.losses import (
    ADVERSARIAL,
    critic_loss,
    cross_entropy,
    cycle_loss,
    hinge,
    identity_loss,
    lattice_loss,
    least_squares,
    two_objectives,
)

SCORES = (0.5, -2.0, 2.0)


def _softplus(x: float) -> float:
    return log(1 + exp(x))


BCE_REAL = (_softplus(-0.5) + _softplus(2) + _softplus(-2)) / 3
BCE_FAKE = (_softplus(0.5) + _softplus(-2) + _softplus(2)) / 3


def _heads(first: tuple[float, ...], second: tuple[float, ...]) -> Tensor:
    """Scores of as many pictures as there are numbers, of one patch each, b 2 1 1."""
    return torch.tensor([first, second]).T[:, :, None, None]


def test_least_squares_is_the_mean_square_from_one_or_from_zero() -> None:
    scores = torch.tensor(SCORES).view(1, 1, 1, 3)
    assert least_squares(scores, real=True).item() == pytest.approx((0.25 + 9 + 1) / 3)
    assert least_squares(scores, real=False).item() == pytest.approx((0.25 + 4 + 4) / 3)


def test_cross_entropy_is_of_scores_as_log_odds() -> None:
    scores = torch.tensor(SCORES).view(1, 1, 3, 1)
    assert cross_entropy(scores, real=True).item() == pytest.approx(BCE_REAL)
    assert cross_entropy(scores, real=False).item() == pytest.approx(BCE_FAKE)


def test_cross_entropy_stays_finite_for_the_surest_of_scores() -> None:
    assert cross_entropy(torch.tensor([1000.0]), real=False).item() == 1000
    assert cross_entropy(torch.tensor([1000.0]), real=True).item() == 0


def test_hinge_counts_only_what_falls_short_of_the_margin() -> None:
    scores = torch.tensor(SCORES).view(3, 1, 1, 1)
    assert hinge(scores, real=True).item() == pytest.approx((0.5 + 3 + 0) / 3)
    assert hinge(scores, real=False).item() == pytest.approx((1.5 + 0 + 3) / 3)


def test_two_objectives_are_a_hinge_and_a_cross_entropy_with_swapped_labels() -> None:
    scores = _heads((0.25, -3.0), (1.5, 0.0))
    swapped_real = (_softplus(1.5) + _softplus(0)) / 2
    swapped_fake = (_softplus(-1.5) + _softplus(0)) / 2
    assert two_objectives(scores, real=True).item() == pytest.approx((0.75 + 4) / 2 + swapped_real)
    assert two_objectives(scores, real=False).item() == pytest.approx((1.25 + 0) / 2 + swapped_fake)


@pytest.mark.parametrize(
    ("name", "value"),
    [("least-squares", (0.25 + 9 + 1) / 3), ("bce", BCE_REAL), ("hinge", -(0.5 - 2 + 2) / 3)],
)
def test_a_generator_minimises_what_its_paper_says(name: str, value: float) -> None:
    assert ADVERSARIAL[name].fool(torch.tensor(SCORES).view(3, 1, 1, 1)).item() == pytest.approx(value)


def test_a_generator_has_two_fifths_of_two_objectives() -> None:
    swapped = (_softplus(1.5) + _softplus(0)) / 2
    fooled = ADVERSARIAL["two-objective"].fool(_heads((0.25, -3.0), (1.5, 0.0)))
    assert fooled.item() == pytest.approx(0.4 * (-(0.25 - 3) / 2 + swapped))


def test_the_two_objectives_alone_take_two_heads() -> None:
    assert {name: term.heads for name, term in ADVERSARIAL.items()} == {
        "least-squares": 1,
        "bce": 1,
        "hinge": 1,
        "two-objective": 2,
    }


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_critic_raises_real_scores_and_lowers_others_and_a_generator_raises_its_own(name: str) -> None:
    term = ADVERSARIAL[name]
    scores = torch.full((2, term.heads, 3, 3), 0.5, requires_grad=True)
    swap = torch.tensor([1.0, -1.0])[: term.heads].view(1, -1, 1, 1)  # the second of two heads is upside down
    for loss, step in (
        (term.judge(scores, real=True), 1),
        (term.judge(scores, real=False), -1),
        (term.fool(scores), 1),
    ):
        (gradient,) = torch.autograd.grad(loss, scores)
        torch.testing.assert_close(-gradient.sign(), (step * swap).expand_as(scores))


def test_a_hinge_asks_nothing_of_scores_past_the_margin() -> None:
    real, fake = torch.tensor([1.5, 0.5], requires_grad=True), torch.tensor([-1.5, -0.5], requires_grad=True)
    assert torch.autograd.grad(hinge(real, real=True), real)[0].tolist() == [0, -0.5]
    assert torch.autograd.grad(hinge(fake, real=False), fake)[0].tolist() == [0, 0.5]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("least-squares", (0.25 + 4) / 2),  # (0.5 - 1)^2 and (-2 - 0)^2
        ("bce", (_softplus(-0.5) + _softplus(-2)) / 2),
        ("hinge", (0.5 + 0) / 2),
        ("two-objective", (0.5 + _softplus(0.5) + 0 + _softplus(2)) / 2),
    ],
)
def test_a_critic_minimises_half_of_both_its_errors(name: str, value: float) -> None:
    term = ADVERSARIAL[name]
    real, fake = (torch.full((1, term.heads, 1, 1), score) for score in (0.5, -2.0))
    assert critic_loss(term, real, fake).item() == pytest.approx(value)


def test_a_critic_takes_as_many_of_either_as_it_is_given() -> None:
    real, fake = torch.zeros(1, 1, 2, 2), torch.full((3, 1, 2, 2), 2.0)
    assert critic_loss(ADVERSARIAL["least-squares"], real, fake).item() == pytest.approx((1 + 4) / 2)


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
def test_the_lattice_is_what_deviates_more_over_the_places_of_a_grid_than_by_chance(sides: tuple[int, int]) -> None:
    pictures = 0.3 * _noise(2, 3, *sides)
    assert lattice_loss(pictures).item() == pytest.approx(lattice(pictures).item(), rel=1e-4)


@SIDES
def test_a_smooth_picture_has_next_to_no_lattice(sides: tuple[int, int]) -> None:
    assert lattice_loss(_smooth(*sides)).item() <= FLOOR
    assert lattice_loss(torch.full((1, 3, *sides), 0.3)).item() == pytest.approx(FLOOR, rel=0.01)


def test_nothing_is_won_by_less_texture() -> None:
    """Descending its gradient leaves what has no grid as rough as it was."""
    rough = (0.1 * _noise(1, 3, 64, 64)).requires_grad_()
    worked = rough
    for _ in range(50):
        (gradient,) = torch.autograd.grad(lattice_loss(worked), worked)
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
    assert lattice_loss(smooth + grid) > 25 * lattice_loss(smooth)
    strokes = smooth + 0.05 * _strokes(*sides)
    assert lattice_loss(strokes + 10 * grid) > 10 * lattice_loss(strokes)


@pytest.mark.parametrize("phase", [0.0, 0.25 * pi, 0.5 * pi, pi])
def test_a_grid_costs_the_same_wherever_it_begins(phase: float) -> None:
    grid, moved = _wave(4, 64, 64), _wave(4, 64, 64, phase=phase)
    assert lattice_loss(moved).item() == pytest.approx(lattice_loss(grid).item(), rel=1e-3)


def test_a_grid_in_one_colour_or_one_picture_is_seen() -> None:
    pictures = _smooth(64, 64).repeat(2, 1, 1, 1)
    pictures[1, 2] += 0.05 * _wave(4, 64, 64)[0, 2]
    assert lattice_loss(pictures) > 10 * FLOOR


@pytest.mark.parametrize("period", [3, 6, 8, 12])
def test_a_wave_of_another_period_costs_next_to_nothing(period: int) -> None:
    sides = (64, 64)
    assert lattice_loss(_smooth(*sides) + 0.1 * _wave(period, *sides)) < lattice_loss(0.1 * _wave(4, *sides)) / 20


@SIDES
@pytest.mark.parametrize(("period", "times"), [(2, 5), (4, 2)])
def test_noise_and_brushwork_as_strong_as_a_grid_cost_far_less(
    sides: tuple[int, int], period: int, times: float
) -> None:
    wave = _wave(period, *sides)
    grid = lattice_loss(0.1 * wave / wave.square().mean().sqrt())
    assert lattice_loss(0.1 * _noise(1, 3, *sides)) < grid / times
    assert lattice_loss(0.1 * _strokes(*sides)) < grid / (2.5 * times)


@pytest.mark.parametrize("period", [2, 4])
def test_to_descend_its_gradient_takes_the_grid_out_of_a_picture_and_leaves_the_picture(period: int) -> None:
    picture = _smooth(32, 32) + 0.1 * _strokes(32, 32)
    grid = 0.1 * _wave(period, 32, 32)
    worked = (picture + grid).requires_grad_()
    begun = lattice_loss(worked).item()
    for _ in range(200):
        (gradient,) = torch.autograd.grad(lattice_loss(worked), worked)
        worked = (worked.detach() - 5 * gradient).requires_grad_()
    assert lattice_loss(worked).item() < begun / 10
    inside = (..., slice(2, 24), slice(2, 24))  # the windows of so small a picture end before its edges
    left = (worked.detach() - picture)[inside]
    assert left.square().mean() < grid[inside].square().mean() / 10


def test_a_picture_of_one_colour_has_a_finite_gradient() -> None:
    plain = torch.zeros(1, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(lattice_loss(plain), plain)
    assert gradient.isfinite().all()


def test_a_picture_in_bfloat16_has_the_lattice_of_the_same_numbers_in_float32() -> None:
    picture = (_smooth(32, 32) + 0.1 * _wave(4, 32, 32)).bfloat16().requires_grad_()
    loss = lattice_loss(picture)
    with torch.autocast("cpu", torch.bfloat16):
        assert lattice_loss(picture).item() == loss.item()
    assert loss.dtype == torch.float32
    assert loss.item() == lattice_loss(picture.float()).item()
    (gradient,) = torch.autograd.grad(loss, picture)
    assert gradient.dtype == torch.bfloat16
    assert gradient.abs().sum() > 0
