"""The report of a run: one page, whatever there is to show."""

import re
from pathlib import Path

import pytest
from PIL import Image
from runs import small_run

from copyart.config import TrainConfig
from copyart.training import Run, train
from copyart.training.report import write_report


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of two small steps."""
    return small_run(tmp_path, 4, 4, steps=2)


def test_a_report_of_many_samples_shows_eight_the_first_and_the_last_among_them(
    config: TrainConfig, tmp_path: Path
) -> None:
    list(train(config))
    run = Run(tmp_path / "run")
    for step in range(3, 31):
        run.add_sample(step, Image.new("RGB", (4, 4)))
    page = write_report(run).read_text()
    captions = list(dict.fromkeys(re.findall(r"after (\d+) steps", page)))
    assert len(captions) == 8
    assert (captions[0], captions[-1]) == ("30", f"{int(run.samples()[0].stem)}")


def test_a_report_of_a_run_that_has_taken_no_step_says_so(config: TrainConfig, tmp_path: Path) -> None:
    Run(tmp_path / "run").create(config)
    assert "No step was taken yet." in write_report(Run(tmp_path / "run")).read_text()
