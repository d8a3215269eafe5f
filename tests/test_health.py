"""Health: losses smoothed, and discriminators that have won told of."""

from pathlib import Path
from typing import Any

import pytest
from runs import small_run
from torch import Tensor

from copyart.training import train
from copyart.training.cyclegan.learner import CycleGAN
from copyart.training.health import Health, is_sound


def lines_told(health: Health, loss: float, lines: int, name: str = "discriminator_a") -> list[int]:
    """After which of these lines something is told."""
    return [line for line in range(1, lines + 1) if health.watch({name: loss, "cycle_a": 0.0})]


def test_a_discriminator_that_has_won_is_told_once() -> None:
    assert lines_told(Health(), 0.0001, 300) == [50]


def test_a_discriminator_that_has_won_is_told_again_only_after_it_had_recovered() -> None:
    health = Health()
    assert lines_told(health, 0.0, 60) == [50]
    assert lines_told(health, 0.25, 5) == []
    again = lines_told(health, 0.0, 300)
    assert len(again) == 1
    assert again[0] > 50


def test_each_discriminator_is_watched_for_itself_and_named() -> None:
    health = Health()
    told = [line for _ in range(60) for line in health.watch({"discriminator_a": 0.2, "discriminator_b": 0.001})]
    assert len(told) == 1
    assert told[0].startswith("discriminator_b tells what is painted without fail (its loss is 0.0010)")
    assert "\n" not in told[0]


@pytest.mark.parametrize(
    ("name", "loss"), [("discriminator_a", 0.0101), ("discriminator_a", 0.25), ("cycle", 0.0), ("gan_a", 0.0)]
)
def test_nothing_is_told_of_what_is_well(name: str, loss: float) -> None:
    assert lines_told(Health(), loss, 200, name) == []


def test_a_chance_line_is_smoothed_away() -> None:
    health = Health()
    assert lines_told(health, 0.25, 20) == []
    assert lines_told(health, 0.0, 60) == []
    assert 0.01 < health.smoothed["discriminator_a"] < 0.25


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_finite_number_is_unsound(loss: float) -> None:
    assert not is_sound({"discriminator_a": 0.5, "cycle_a": loss, "identity_a": 0.5})


@pytest.mark.parametrize("loss", [0.0, -3.5, 1e30])
def test_losses_that_are_finite_numbers_are_sound(loss: float) -> None:
    assert is_sound({"discriminator_a": loss, "cycle_a": 0.5})


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
        health.watch({"cycle_a": 0.5, "checkerboard_a": loss})
    assert health.smoothed["cycle_a"] == 0.5
    assert health.smoothed["checkerboard_a"] == pytest.approx(2.0, abs=0.03)


def test_an_average_that_was_saved_goes_on_as_if_nothing_had_happened() -> None:
    losses = [{"discriminator_a": loss} for loss in (3.0, *[0.0] * 200)]
    whole, first, second = Health(), Health(), Health()
    told = [line for line in losses for _ in whole.watch(line)]
    assert len(told) == 1
    again = [line for line in losses[:70] for _ in first.watch(line)]
    second.load_state(first.state())
    again += [line for line in losses[70:] for _ in second.watch(line)]
    assert (again, second.smoothed) == (told, whole.smoothed)
    second.load_state({"smoothed": {"discriminator_a": 0.4}})  # as runs before had it
    second.watch({"discriminator_a": 0.4})
    assert second.smoothed == {"discriminator_a": 0.4}


def test_losses_that_fp16_left_out_count_as_none() -> None:
    health = Health()
    assert health.watch({"discriminator_a": float("inf"), "cycle_a": 0.5}) == []
    assert health.smoothed == {"cycle_a": 0.5}


@pytest.mark.slow
def test_discriminators_that_win_are_told_of_while_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    step = CycleGAN.step

    def winning(self: CycleGAN, *given: Any) -> dict[str, Tensor]:
        losses = step(self, *given)
        return {name: 0 * loss if name == "discriminator_a" else loss for name, loss in losses.items()}

    monkeypatch.setattr(CycleGAN, "step", winning)
    list(train(small_run(tmp_path, 4, 4, steps=51, save_every=1000)))
    told = [message for message in caplog.messages if "without fail" in message]
    assert len(told) == 1
    assert told[0].startswith("discriminator_a tells what is painted without fail")
