"""The pool: half of what discriminators are shown is old, and it is drawn by the numbers given."""

import pytest
import torch
from torch import Tensor

from copyart.training.cyclegan.pool import Pool

ALMOST_ONE = float(torch.nextafter(torch.tensor(1.0), torch.tensor(0.0)))  # the largest number drawn
SWAP, KEEP = 0.49, 0.5


def _new(*numbers: float) -> Tensor:
    """A batch of pictures that are each one number throughout."""
    return torch.tensor(numbers).view(-1, 1, 1, 1).expand(-1, 3, 2, 4)


def _numbers(pictures: Tensor) -> list[float]:
    assert pictures.shape[1:] == (3, 2, 4)
    assert torch.equal(pictures, _new(*pictures[:, 0, 0, 0].tolist()))
    return [float(number) for number in pictures[:, 0, 0, 0]]


def _show(pool: Pool, number: float, slot: float, swap: float) -> float:
    (shown,) = _numbers(pool.swap(_new(number), torch.tensor([[slot, swap]])))
    return shown


def _full(slots: int) -> Pool:
    """A pool of one place that holds 1, 2, ... `slots`."""
    pool = Pool(1, slots, (2, 4))
    for number in range(1, slots + 1):
        _show(pool, number, 0.0, KEEP)
    return pool


def test_it_fills_first_and_shows_what_is_new_whatever_is_drawn() -> None:
    pool = Pool(2, 3, (2, 4))
    for step in range(3):
        assert _numbers(pool.swap(_new(step + 1, step + 11), torch.rand(2, 2) / 2)) == [step + 1, step + 11]
        assert int(pool.filled) == step + 1
    assert [_numbers(held) for held in pool.pictures] == [[1, 2, 3], [11, 12, 13]]


def test_then_it_swaps_or_keeps_as_drawn() -> None:
    pool = _full(3)
    assert _show(pool, 4, 0.4, SWAP) == 2
    assert _show(pool, 5, 0.4, SWAP) == 4
    assert _show(pool, 6, 0.0, SWAP) == 1
    assert _show(pool, 7, ALMOST_ONE, 0.0) == 3
    assert _show(pool, 8, 0.4, KEEP) == 8
    assert _show(pool, 9, 0.0, ALMOST_ONE) == 9
    assert _numbers(pool.pictures[0]) == [6, 5, 7]
    assert int(pool.filled) == 3


@pytest.mark.parametrize("slots", [1, 3, 50, 1000])
def test_the_largest_number_drawn_is_the_last_slot(slots: int) -> None:
    pool = _full(slots)
    assert _show(pool, 0, ALMOST_ONE, SWAP) == slots


def test_once_full_it_shows_or_holds_each_picture_and_never_both() -> None:
    torch.manual_seed(0)
    pool = _full(5)
    held = set(_numbers(pool.pictures[0]))
    for number, (slot, swap) in enumerate(torch.rand(200, 2).tolist(), start=6):
        shown = _show(pool, number, slot, swap)
        now = _numbers(pool.pictures[0])
        assert sorted([*now, shown]) == sorted([*held, number])
        held = set(now)


def test_half_of_what_is_shown_is_old_and_every_slot_is_as_likely() -> None:
    torch.manual_seed(0)
    pool = _full(4)
    age = dict.fromkeys(range(4), 0)
    for number, (slot, swap) in enumerate(torch.rand(2000, 2).tolist(), start=5):
        before = _numbers(pool.pictures[0])
        shown = _show(pool, number, slot, swap)
        if shown != number:
            age[before.index(shown)] += 1
    assert sum(age.values()) == pytest.approx(1000, abs=90)  # four standard deviations
    assert list(age.values()) == [pytest.approx(250, abs=60)] * 4


def test_without_slots_it_shows_what_is_new() -> None:
    pool = Pool(2, 0, (2, 4))
    for step in range(3):
        assert _numbers(pool.swap(_new(step, step + 10), torch.zeros(2, 2))) == [step, step + 10]
    assert pool.pictures.numel() == 0


def test_each_place_of_a_batch_has_a_pool_of_its_own() -> None:
    torch.manual_seed(0)
    together, alone = Pool(3, 2, (2, 4)), [Pool(1, 2, (2, 4)) for _ in range(3)]
    for step in range(20):
        new, draws = _new(step, step + 100, step + 200), torch.rand(3, 2)
        shown = [pool.swap(new[i : i + 1], draws[i : i + 1]) for i, pool in enumerate(alone)]
        assert torch.equal(together.swap(new, draws), torch.cat(shown))


@pytest.mark.parametrize("slots", [0, 1])
def test_no_gradient_passes(slots: int) -> None:
    pool = Pool(1, slots, (2, 4))
    for swap in (KEEP, KEEP, SWAP):
        new = _new(1.0).clone().requires_grad_()
        assert not pool.swap(new * 2, torch.tensor([[0.0, swap]])).requires_grad
        assert not pool.pictures.requires_grad


def test_what_is_held_does_not_change_with_the_picture_that_was_taken_in() -> None:
    pool, new = Pool(1, 1, (2, 4)), _new(1.0).clone()
    pool.swap(new, torch.zeros(1, 2))
    new.fill_(7)
    assert _show(pool, 2, 0.0, SWAP) == 1


@pytest.mark.parametrize("steps", [1, 7])
def test_a_pool_goes_on_from_its_state(steps: int) -> None:
    torch.manual_seed(0)
    pool, other = Pool(2, 3, (2, 4)), Pool(2, 3, (2, 4))
    for step in range(steps):
        pool.swap(_new(step, step + 100), torch.rand(2, 2))
    other.load_state_dict({name: value.clone() for name, value in pool.state_dict().items()})
    for step in range(steps, steps + 20):
        new, draws = _new(step, step + 100), torch.rand(2, 2)
        assert torch.equal(pool.swap(new, draws), other.swap(new, draws))
    assert torch.equal(pool.pictures, other.pictures)


def test_nothing_of_it_ever_changes_shape_type_or_address() -> None:
    pool = Pool(2, 3, (2, 4))
    before = [(name, x.shape, x.dtype, x.data_ptr()) for name, x in pool.named_buffers()]
    assert [name for name, *_ in before] == ["pictures", "filled"]
    for step in range(10):
        pool.swap(_new(step, step), torch.rand(2, 2))
        assert [(name, x.shape, x.dtype, x.data_ptr()) for name, x in pool.named_buffers()] == before
