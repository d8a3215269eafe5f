"""Schedules: the learning rate of every step, and how many there are."""

from itertools import pairwise

import pytest

from copyart.config import TrainConfig
from copyart.errors import OptionError
from copyart.training.schedule import learning_rate, steps_of

COUNTS = [1, 2, 3, 4, 5, 7, 10, 101, 1000]


def rates(config: TrainConfig, steps: int) -> list[float]:
    return [learning_rate(config, step, steps) for step in range(steps)]


@pytest.mark.parametrize("steps", COUNTS)
def test_linear_is_constant_for_the_first_half(steps: int) -> None:
    found = rates(TrainConfig(learning_rate=0.01), steps)
    assert found[: steps // 2 + 1] == [0.01] * (steps // 2 + 1)


@pytest.mark.parametrize("steps", COUNTS)
def test_linear_falls_in_a_straight_line_to_nothing_where_the_run_ends(steps: int) -> None:
    config = TrainConfig(learning_rate=0.01)
    falling = [learning_rate(config, step, steps) for step in range(steps // 2, steps + 1)]
    assert falling[0] == 0.01
    assert falling[-1] == 0
    assert all(rate > 0 for rate in falling[:-1])
    falls = [before - after for before, after in pairwise(falling)]
    assert falls == pytest.approx([0.01 / (steps - steps // 2)] * len(falls))


def test_linear_of_the_paper_is_a_hundred_epochs_and_a_hundred() -> None:
    config = TrainConfig()
    assert [learning_rate(config, 10 * epoch, 2000) for epoch in (0, 99, 100)] == [2e-4] * 3
    assert learning_rate(config, 1500, 2000) == pytest.approx(1e-4)
    assert learning_rate(config, 1990, 2000) == pytest.approx(2e-6)


@pytest.mark.parametrize("steps", COUNTS)
def test_constant_stays(steps: int) -> None:
    assert rates(TrainConfig(learning_rate=3e-4, schedule="constant"), steps) == [3e-4] * steps


@pytest.mark.parametrize("schedule", ["2e-4:2,1e-4:1,5e-5:1", " 2e-4 : 0.2, 1e-4:.1 ,0.00005:1e-1"])
def test_stages_share_out_a_run_of_any_length(schedule: str) -> None:
    config = TrainConfig(schedule=schedule)
    assert rates(config, 8) == [2e-4] * 4 + [1e-4] * 2 + [5e-5] * 2
    assert rates(config, 400) == [2e-4] * 200 + [1e-4] * 100 + [5e-5] * 100


@pytest.mark.parametrize("steps", COUNTS)
def test_every_step_has_a_rate_of_some_stage_and_none_comes_before_an_earlier_one(steps: int) -> None:
    config = TrainConfig(schedule="3e-4:0.1,2e-4:0.1,1e-4:0.1")
    found = rates(config, steps)
    assert set(found) <= {3e-4, 2e-4, 1e-4}
    assert found[0] == 3e-4
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("schedule", ["1e-4:0", "2:3", "0:3", "1e400:3", "1e-4:1e400", "1e-4:3,", "1e-4", ""])
def test_stages_that_teach_nothing_are_refused(schedule: str) -> None:
    with pytest.raises(OptionError, match="give linear, constant, or stages"):
        TrainConfig(schedule=schedule)


def test_stages_leave_the_learning_rate_aside() -> None:
    assert rates(TrainConfig(learning_rate=1, schedule="2e-4:1"), 2) == [2e-4, 2e-4]


@pytest.mark.parametrize("epoch", [1, 3, 1072])
def test_a_run_is_as_long_as_its_epochs_unless_steps_are_given(epoch: int) -> None:
    assert steps_of(TrainConfig(epochs=5), epoch) == 5 * epoch
    assert steps_of(TrainConfig(epochs=5, steps=1), epoch) == 1
