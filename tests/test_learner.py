"""The training loop knows no model: a toy that learns from one domain has all that CycleGAN has."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import toy
from conftest import Here
from rich.console import Console
from runs import make_domain

from copyart.cli.training_view import view
from copyart.config import TASKS, RunConfig, task_named
from copyart.errors import OptionError
from copyart.models import Style
from copyart.recipes import configure
from copyart.training import train
from copyart.training.learner import find_learner

TRAINING = Path(train.__code__.co_filename).parent
CONFIG = """
task = "toy"
image_size = 32
load_size = 40
log_every = 1
save_every = 5
sample_every = 10
evaluate_every = 10
holdout = 0.25
learning_rate = 0.01
batch_size = 2
"""


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(CONFIG)
    make_domain(tmp_path / "pictures", 12)


def config_of(**fields: Any) -> RunConfig:
    return configure(file=Path("toy.toml"), domain_a="pictures", device="cpu", precision="fp32", **fields)


def start(*words: object) -> "subprocess.Popen[str]":
    """The command line with the toy among its tasks, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, toy.__file__, *map(str, words)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def noted(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def steps_of(run: Path) -> list[tuple[int, float]]:
    return [(line["step"], line["shift"]) for line in noted(run) if "shift" in line]


def last_state(run: Path) -> Any:
    return torch.load(sorted((run / "checkpoint").glob("*.pt"))[-1], weights_only=True)["state"]


def test_a_toy_is_trained_shown_sampled_evaluated_and_reported(tmp_path: Path) -> None:
    told = list(train(config_of(out="run", steps=200)))
    assert told[-1].done
    assert told[-1].losses["shift"] < told[0].losses["shift"] / 4
    assert told[-1].pictures_per_second > 0
    run = tmp_path / "run"
    assert {"shift", "epoch", "learning_rate", "pictures_per_second"} <= noted(run)[0].keys()
    assert [line["brightness"] for line in noted(run) if "brightness" in line]
    assert len(list((run / "samples").glob("*.png"))) == 20
    standing = json.loads((run / "evaluation.json").read_text())
    assert standing["judged"] == "error"
    assert json.loads((run / "style" / "colours.json").read_text())["step"] == standing["best_step"] > 100
    assert (run / "domain-a.txt").exists()
    assert not (run / "domain-b.txt").exists()
    page = (run / "report.html").read_text()
    for words in (
        "Colours not turned round yet", "Brightness of the grid", "Error on held-out pictures",
        "pictures as they are", "Each picture, turned round.", "0 is best.",
    ):  # fmt: skip
        assert words in page
    console = Console(width=100)
    with console.capture() as seen:
        console.print(view(told[-1]))
    assert re.search(r"colours not turned round yet +0\.\d+", seen.get())
    assert re.search(r"error 0\.\d+ \(best 0\.\d+ at step \d+; pictures as they are 0\.\d+\)", seen.get())


@pytest.mark.slow
def test_a_toy_that_was_killed_goes_on_to_the_same_weights_to_the_bit(tmp_path: Path) -> None:
    options = (
        "--config",
        "toy.toml",
        "--domain-a",
        "pictures",
        "--device",
        "cpu",
        "--precision",
        "fp32",
        "--steps",
        60,
    )
    running = start("train", *options, "--out", "killed")
    metrics, until = tmp_path / "killed" / "metrics.jsonl", time.monotonic() + 600
    while not metrics.exists() or len(metrics.read_text().splitlines()) < 23:
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.005)
    running.kill()
    running.communicate()
    resumed = start("train", "--resume", "--out", "killed", "--device", "cpu")
    assert resumed.wait(600) == 0, resumed.communicate()[0]
    assert "error" in resumed.communicate()[0]
    list(train(config_of(out="whole", steps=60)))
    assert steps_of(tmp_path / "killed") == steps_of(tmp_path / "whole")
    one, other = (last_state(tmp_path / name) for name in ("killed", "whole"))
    assert all(torch.equal(weight, other["network"][name]) for name, weight in one["network"].items())
    styles = [(tmp_path / name / "style" / "colours.json").read_text() for name in ("killed", "whole")]
    assert styles[0] == styles[1]


def test_a_toy_is_planned_and_asks_for_its_one_domain(here: Here) -> None:
    code, out, _ = here("train", "--config", "toy.toml", "--domain-a", "pictures", "--device", "cpu", "--dry-run")
    assert code == 0
    assert {"colours    12 parameters", "pictures   9", "held out   3"} <= set(out)
    code, _, told = here("train", "--config", "toy.toml", "--dry-run")
    assert (code, told) == (2, ["Error: domain_a is missing; name one with --domain-a"])


def test_a_task_that_there_is_not_is_met_with_those_there_are() -> None:
    with pytest.raises(OptionError, match=r"^task is 'sculpture'; choose cyclegan or enlarge or generate or toy$"):
        task_named("sculpture")


@pytest.mark.parametrize("task", TASKS)
def test_what_learns_a_task_says_what_its_losses_are_in_words(task: str) -> None:
    learner = find_learner(task)
    figures = [*learner.losses, *learner.measures, *learner.scores]
    names = [name for figure in figures for name in figure.names()]
    assert len(names) == len(set(names))
    assert all(figure.label and set(figure.parts) <= set(TASKS[task].config.DOMAINS) for figure in figures)
    assert learner.grid.endswith(".")


FOREIGN = re.compile(r"cycle|identity|[a-z]_[ab]\b|domain-[ab]\b", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(TRAINING.glob("*.py")), ids=lambda path: path.name)
def test_no_file_of_the_loop_speaks_of_a_model(path: Path) -> None:
    found = [line for line in path.read_text().splitlines() if FOREIGN.search(line)]
    assert found == []


def test_what_cannot_be_learned_on_from_a_style_says_so(tiny: Style) -> None:
    with pytest.raises(OptionError, match=r"^start is .*tiny, from which nothing of this task can be learned on"):
        list(train(config_of(out="run", steps=1, start=str(tiny.folder))))
    assert not Path("run").exists()
