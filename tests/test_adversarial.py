"""The aims of generators and discriminators: each is the number that its paper's formula gives by hand."""

from math import exp, log

import pytest
import torch
from torch import Tensor

from copyart.training.adversarial import (
    ADVERSARIAL,
    cross_entropy,
    discriminator_loss,
    hinge,
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
    assert ADVERSARIAL[name].generator_loss(torch.tensor(SCORES).view(3, 1, 1, 1)).item() == pytest.approx(value)


def test_a_generator_has_two_fifths_of_two_objectives() -> None:
    swapped = (_softplus(1.5) + _softplus(0)) / 2
    fooled = ADVERSARIAL["two-objective"].generator_loss(_heads((0.25, -3.0), (1.5, 0.0)))
    assert fooled.item() == pytest.approx(0.4 * (-(0.25 - 3) / 2 + swapped))


def test_the_two_objectives_alone_take_two_heads() -> None:
    assert {name: term.heads for name, term in ADVERSARIAL.items()} == {
        "least-squares": 1,
        "bce": 1,
        "hinge": 1,
        "two-objective": 2,
    }


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_discriminator_raises_real_scores_and_lowers_others_and_a_generator_raises_its_own(name: str) -> None:
    term = ADVERSARIAL[name]
    scores = torch.full((2, term.heads, 3, 3), 0.5, requires_grad=True)
    swap = torch.tensor([1.0, -1.0])[: term.heads].view(1, -1, 1, 1)  # the second of two heads is upside down
    for loss, step in (
        (term.discriminator_loss(scores, real=True), 1),
        (term.discriminator_loss(scores, real=False), -1),
        (term.generator_loss(scores), 1),
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
def test_a_discriminator_minimises_half_of_both_its_errors(name: str, value: float) -> None:
    term = ADVERSARIAL[name]
    real, fake = (torch.full((1, term.heads, 1, 1), score) for score in (0.5, -2.0))
    assert discriminator_loss(term, real, fake).item() == pytest.approx(value)


def test_a_discriminator_takes_as_many_of_either_as_it_is_given() -> None:
    real, fake = torch.zeros(1, 1, 2, 2), torch.full((3, 1, 2, 2), 2.0)
    assert discriminator_loss(ADVERSARIAL["least-squares"], real, fake).item() == pytest.approx((1 + 4) / 2)
