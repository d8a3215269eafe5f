"""The plan of a run: what `--dry-run` tells of it."""

from pathlib import Path

import pytest
from conftest import Here
from runs import small_run

from copyart.config import TrainConfig


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of two small steps."""
    return small_run(tmp_path, 4, 4, steps=2)


def test_a_plan_says_as_a_run_would_that_too_few_are_held_out_to_judge_by(here: Here, config: TrainConfig) -> None:
    where = ("--domain-a", config.domain_a, "--domain-b", config.domain_b, "--config", "run.toml")
    code, _, said = here("train", *where, "--evaluate-every", 1, "--dry-run", "--device", "cpu")
    assert code == 1
    assert "a score of fewer than " in said[-1]


def test_a_plan_of_what_is_not_fetched_yet_tells_its_epochs_or_steps(here: Here, config: TrainConfig) -> None:
    where = ("--domain-a", config.domain_a, "--domain-b", "vangogh", "--recipe", "paper", "--device", "cpu")
    code, out, _ = here("train", *where, "--dry-run")
    assert code == 0
    assert {"pictures         not fetched yet", "steps            200 epochs"} <= set(out)
    code, out, _ = here("train", *where, "--dry-run", "--steps", 5000)
    assert (code, out[-1]) == (0, "steps            5,000")
