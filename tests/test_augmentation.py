"""DiffAugment: what a discriminator sees is changed by the random draws, and by nothing else."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.training.augmentation import CHANGES, DRAWS, change_color, cut_out, diff_augment, translate

ALMOST_ONE = float(torch.nextafter(torch.tensor(1.0), torch.tensor(0.0)))  # the largest number drawn
COLUMNS = {"brightness": 0, "saturation": 1, "contrast": 2, "down": 3, "right": 4, "hole_y": 5, "hole_x": 6}


def _draws(**changed: float) -> Tensor:
    """One picture's draws, the middle but for what is `changed`."""
    draws = torch.full((1, DRAWS), 0.5)
    for name, value in changed.items():
        draws[0, COLUMNS[name]] = value
    return draws


def _pixels(*colours: tuple[float, float, float]) -> Tensor:
    """A picture of one row."""
    return torch.tensor(colours).T[None, :, None]


def test_brightness_is_added() -> None:
    x = _pixels((0.2, -0.4, 0.5), (0.0, 0.1, -1.0))
    torch.testing.assert_close(change_color(x, _draws(brightness=0.75)), x + 0.25)
    torch.testing.assert_close(change_color(x, _draws(brightness=0.0)), x - 0.5)


def test_saturation_is_the_distance_from_a_pixel_s_grey() -> None:
    x = _pixels((0.0, 0.3, 0.6), (0.1, 0.1, -0.5))
    grey = _pixels((0.3, 0.3, 0.3), (-0.1, -0.1, -0.1))
    strong = _pixels((-0.15, 0.3, 0.75), (0.2, 0.2, -0.7))
    torch.testing.assert_close(change_color(x, _draws(saturation=0.0)), grey)
    torch.testing.assert_close(change_color(x, _draws(saturation=0.75)), strong)


def test_contrast_is_the_distance_from_the_picture_s_mean() -> None:
    x = _pixels((0.0, 0.3, 0.6), (0.6, 0.6, 0.6))  # the mean is 0.45
    flat = _pixels((0.225, 0.375, 0.525), (0.525, 0.525, 0.525))
    steep = _pixels((-0.1125, 0.2625, 0.6375), (0.6375, 0.6375, 0.6375))
    torch.testing.assert_close(change_color(x, _draws(contrast=0.0)), flat)
    torch.testing.assert_close(change_color(x, _draws(contrast=0.75)), steep)


def test_draws_of_the_middle_leave_colour_and_place() -> None:
    x = torch.rand(1, 3, 16, 24) * 2 - 1
    torch.testing.assert_close(diff_augment(x, ["color", "translation"], _draws()), x, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("draw", "moved"), [(0.0, 2), (0.3, 1), (0.5, 0), (0.7, -1), (0.9, -2), (ALMOST_ONE, -2)])
def test_a_picture_moves_by_whole_pixels_and_what_comes_in_is_zero(draw: float, moved: int) -> None:
    x = torch.rand(1, 3, 16, 16) + 1
    assert torch.equal(translate(x, _draws(down=draw)), F.pad(x, (0, 0, moved, -moved)))
    assert torch.equal(translate(x, _draws(right=draw)), F.pad(x, (moved, -moved, 0, 0)))


@pytest.mark.parametrize(("height", "width", "most"), [(16, 32, (2, 4)), (24, 8, (3, 1)), (20, 256, (3, 32))])
def test_every_move_up_to_an_eighth_of_the_size_is_as_likely(height: int, width: int, most: tuple[int, int]) -> None:
    x = torch.zeros(1, 3, height, width)
    x[..., height // 2, width // 2] = 1
    for dim, name in enumerate(("down", "right")):
        count = 2 * most[dim] + 1
        draws = torch.cat([_draws(**{name: (i + 0.5) / (4 * count)}) for i in range(4 * count)])
        places = translate(x.expand(len(draws), -1, -1, -1), draws)[:, 0].nonzero()[:, 1 + dim]
        moves = (places - x.shape[2 + dim] // 2).tolist()
        assert {move: moves.count(move) for move in moves} == dict.fromkeys(range(-most[dim], most[dim] + 1), 4)


@pytest.mark.parametrize(
    ("size", "draw", "hole"),
    [
        (8, 0.0, {0, 1}),  # half of it lies outside
        (8, 0.12, {0, 1, 2}),
        (8, 0.5, {2, 3, 4, 5}),
        (8, ALMOST_ONE, {6, 7}),
        (6, 0.0, {0, 1}),  # three pixels wide
        (6, 0.5, {2, 3, 4}),
        (6, ALMOST_ONE, {4, 5}),
    ],
)
def test_a_hole_has_half_the_size_and_may_lie_partly_outside(size: int, draw: float, hole: set[int]) -> None:
    for y, x in ((size, 12), (12, size)):
        draws = _draws(hole_y=draw) if y == size else _draws(hole_x=draw)
        rows, columns = (hole, set(range(3, 9))) if y == size else (set(range(3, 9)), hole)
        kept = cut_out(torch.ones(1, 3, y, x), draws)
        expected = [[0.0 if i in rows and j in columns else 1.0 for j in range(x)] for i in range(y)]
        assert kept[0].tolist() == [expected] * 3


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_keeps_the_shape_and_is_of_each_picture_and_its_draws_alone(name: str) -> None:
    torch.manual_seed(0)
    x, draws = torch.rand(2, 3, 16, 24) * 2 - 1, torch.rand(2, DRAWS)
    changed = CHANGES[name](x, draws)
    assert changed.shape == x.shape
    assert not torch.equal(changed, x)
    for i in range(2):
        torch.testing.assert_close(CHANGES[name](x[i : i + 1], draws[i : i + 1]), changed[i : i + 1])


@pytest.mark.parametrize("names", [*([name] for name in CHANGES), list(CHANGES)])
def test_gradients_pass_through(names: list[str]) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64, requires_grad=True)
    draws = torch.rand(2, DRAWS, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: diff_augment(x, names, draws), x)
    (gradient,) = torch.autograd.grad(diff_augment(x, names, draws).square().sum(), x)
    assert (gradient != 0).double().mean() > 0.3


def test_no_gradient_reaches_what_a_hole_hides() -> None:
    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(cut_out(x, _draws()).sum(), x)
    assert torch.equal(gradient, cut_out(torch.ones(1, 3, 8, 8), _draws()))


@pytest.mark.parametrize("name", CHANGES)
def test_equal_draws_make_equal_changes_and_others_make_others(name: str) -> None:
    x = torch.rand(1, 3, 16, 16).expand(3, -1, -1, -1)
    draws = torch.full((3, DRAWS), 0.2)
    draws[2] = 0.9
    first, second, other = diff_augment(x, [name], draws)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", CHANGES)
def test_each_picture_of_a_batch_is_changed_by_its_own_draws_only(name: str) -> None:
    torch.manual_seed(0)
    x, draws = torch.rand(4, 3, 16, 24), torch.rand(4, DRAWS)
    together = diff_augment(x, [name], draws)
    for i in range(4):
        torch.testing.assert_close(together[i : i + 1], diff_augment(x[i : i + 1], [name], draws[i : i + 1]))


def test_changes_are_made_in_the_order_given() -> None:
    x, draws = torch.rand(1, 3, 16, 16), _draws(brightness=0.9)
    assert (diff_augment(x, ["cutout", "color"], draws)[..., 8, 8] - 0.4).abs().max() < 1e-6
    assert diff_augment(x, ["color", "cutout"], draws)[..., 8, 8].abs().max() == 0


def test_without_changes_a_picture_stays_as_it_is() -> None:
    x = torch.rand(2, 3, 8, 8)
    assert torch.equal(diff_augment(x, [], torch.rand(2, DRAWS)), x)
