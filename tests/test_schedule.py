"""How fast is learned, and whether anything still is."""

from itertools import pairwise

import pytest

from copyart.config import TrainConfig
from copyart.errors import OptionError
from copyart.training.health import Health, is_sound
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


def lines_told(health: Health, loss: float, lines: int, name: str = "critic_a") -> list[int]:
    """After which of these lines something is told."""
    return [line for line in range(1, lines + 1) if health.watch({name: loss, "cycle_a": 0.0})]


def test_a_critic_that_has_won_is_told_once() -> None:
    assert lines_told(Health(), 0.0001, 300) == [50]


def test_a_critic_that_has_won_is_told_again_only_after_it_had_recovered() -> None:
    health = Health()
    assert lines_told(health, 0.0, 60) == [50]
    assert lines_told(health, 0.25, 5) == []
    again = lines_told(health, 0.0, 300)
    assert len(again) == 1
    assert again[0] > 50


def test_each_critic_is_watched_for_itself_and_named() -> None:
    health = Health()
    told = [line for _ in range(60) for line in health.watch({"critic_a": 0.2, "critic_b": 0.001})]
    assert len(told) == 1
    assert told[0].startswith("critic_b tells what is painted without fail (its loss is 0.0010)")
    assert "\n" not in told[0]


@pytest.mark.parametrize(("name", "loss"), [("critic_a", 0.0101), ("critic_a", 0.25), ("cycle", 0.0), ("gan_a", 0.0)])
def test_nothing_is_told_of_what_is_well(name: str, loss: float) -> None:
    assert lines_told(Health(), loss, 200, name) == []


def test_a_line_of_luck_is_smoothed_away() -> None:
    health = Health()
    assert lines_told(health, 0.25, 20) == []
    assert lines_told(health, 0.0, 60) == []
    assert 0.01 < health.smoothed["critic_a"] < 0.25


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_finite_number_is_unsound(loss: float) -> None:
    assert not is_sound({"critic_a": 0.5, "cycle_a": loss, "identity_a": 0.5})


@pytest.mark.parametrize("loss", [0.0, -3.5, 1e30])
def test_losses_that_are_finite_numbers_are_sound(loss: float) -> None:
    assert is_sound({"critic_a": loss, "cycle_a": 0.5})


@pytest.mark.parametrize("lines", [1, 2, 20, 300])
@pytest.mark.parametrize("steps", [1, 10, 500])
def test_a_moving_average_begins_with_what_was_seen_and_the_first_line_weighs_no_more_than_its_steps(
    lines: int, steps: int
) -> None:
    same, begun = Health(), Health()
    begun.watch({"cycle_a": 40.0}, 1)
    for _ in range(lines):
        same.watch({"cycle_a": 0.55}, steps)
        begun.watch({"cycle_a": 0.55}, steps)
    assert same.smoothed == {"cycle_a": 0.55}
    assert 0.55 <= begun.smoothed["cycle_a"] <= (40 + lines * steps * 0.55) / (1 + lines * steps)


def test_a_term_that_appears_later_begins_with_what_was_seen_of_it_too() -> None:
    health = Health()
    for _ in range(50):
        health.watch({"cycle_a": 0.5})
    for loss in (3.0, 1.0):
        health.watch({"cycle_a": 0.5, "lattice_a": loss})
    assert health.smoothed["cycle_a"] == 0.5
    assert health.smoothed["lattice_a"] == pytest.approx(2.0, abs=0.03)


def test_an_average_that_was_saved_goes_on_as_if_nothing_had_happened() -> None:
    losses = [{"critic_a": loss} for loss in (3.0, *[0.0] * 200)]
    whole, first, second = Health(), Health(), Health()
    told = [line for line in losses for _ in whole.watch(line)]
    assert len(told) == 1
    again = [line for line in losses[:70] for _ in first.watch(line)]
    second.load_state(first.state())
    again += [line for line in losses[70:] for _ in second.watch(line)]
    assert (again, second.smoothed) == (told, whole.smoothed)
    second.load_state({"smoothed": {"critic_a": 0.4}})  # as runs before had it
    second.watch({"critic_a": 0.4})
    assert second.smoothed == {"critic_a": 0.4}
