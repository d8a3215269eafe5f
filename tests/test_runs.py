"""Runs, as users start, stop, kill and resume them."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import Run as Command
from runs import TOML, losses, make_domain

from copyart.recipes import configure
from copyart.training import train


@pytest.fixture
def domains(tmp_path: Path) -> list[str]:
    """The options of a small run, whose config is run.toml."""
    make_domain(tmp_path / "photos", seed=1)
    make_domain(tmp_path / "paintings", 7, seed=2)
    (tmp_path / "run.toml").write_text(TOML)
    (tmp_path / "start.toml").write_text(f"{TOML}start = 'monnet'\n")
    where = ["--domain-a", "photos", "--domain-b", "paintings"]
    return [*where, "--config", "run.toml", "--device", "cpu", "--precision", "fp32"]


def test_a_style_tells_others_no_folder_of_this_computer(copyart: Command, domains: list[str], tmp_path: Path) -> None:
    where = [tmp_path / word if word in ("photos", "paintings") else word for word in domains]
    assert copyart("train", *where, "--steps", 2, "--out", tmp_path / "private" / "ann").returncode == 0
    style = tmp_path / "private" / "ann" / "style"
    told = (style / "config.json").read_text() + (style / "README.md").read_text()
    assert str(tmp_path) not in told
    assert "the folder photos and the folder paintings" in told


def checkpoint(run: Path) -> dict[str, object]:
    path = sorted((run / "checkpoint").glob("*.pt"))[-1]
    record: dict[str, object] = torch.load(path, weights_only=True)
    return record


def same(one: object, other: object) -> bool:
    """Whether two states are equal to the bit."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_a_run_ends_with_a_style_that_paints_and_a_report(copyart: Command, domains: list[str], photo: Path) -> None:
    done = copyart("train", *domains, "--steps", 12)
    assert done.returncode == 0, done.stderr
    run = photo.parent / "runs" / "paintings"
    assert {path.name for path in run.iterdir()} >= {
        "config.toml", "metrics.jsonl", "samples", "checkpoint", "style", "report.html", "tensorboard",
    }  # fmt: skip
    assert len(list((run / "checkpoint").iterdir())) == 2
    assert len(losses(run)) == 12
    assert copyart("translate", photo, "--style", "runs/paintings").returncode == 0
    assert copyart("translate", photo, "--style", "runs/paintings/style", "--reverse").returncode == 0
    page = (run / "report.html").read_text()
    assert page.count("<svg") == 1
    assert "data:image/png;base64," in page
    assert not re.search(r"(src|href)=.https?:", page)


@pytest.mark.slow
def test_a_run_that_was_killed_ends_in_the_same_networks_to_the_bit(
    copyart: Command, domains: list[str], tmp_path: Path
) -> None:
    assert copyart("train", *domains, "--steps", 40, "--out", "whole").returncode == 0
    command = [sys.executable, "-m", "copyart", "train", *domains, "--steps", "40", "--out", "killed"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    metrics = tmp_path / "killed" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") >= 17):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert copyart("train", "--resume", "--out", "killed").returncode == 0
    for part in ("networks", "adam", "pools"):
        one, other = (checkpoint(tmp_path / name)["state"][part] for name in ("whole", "killed"))  # type: ignore[index]
        assert same(one, other), part
    assert losses(tmp_path / "whole") == losses(tmp_path / "killed")


@pytest.mark.slow
def test_two_processes_lose_what_one_with_twice_the_batch_loses(
    copyart: Command, domains: list[str], tmp_path: Path
) -> None:
    # What rounding does grows with every step that is learned from it: hence small ones.
    options = [*domains, "--steps", "8", "--learning-rate", "1e-6"]
    assert copyart("train", *options, "--out", "one", "--batch-size", 2).returncode == 0
    launch = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    command = [sys.executable, "-m", *launch, "-m", "copyart", "train", *options, "--out", "two", "--batch-size", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == len(two) == 8
    for line, other in zip(one, two, strict=True):
        assert line == pytest.approx(other, abs=1e-4)


@pytest.mark.slow
def test_two_processes_stop_after_the_same_evaluation(copyart: Command, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(TOML)
    make_domain(tmp_path / "photos", 100, seed=1)
    make_domain(tmp_path / "paintings", 50, seed=2)
    options = ["--domain-a", "photos", "--domain-b", "paintings", "--config", "run.toml", "--holdout", "0.5"]
    options += ["--device", "cpu", "--precision", "fp32", "--steps", "20", "--evaluate-every", "2", "--patience", "1"]
    launch = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    still = ["--learning-rate", "1e-9", "--out", "two"]  # too little to grow better
    command = [sys.executable, "-m", *launch, "-m", "copyart", "train", *options, *still]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    stopped = json.loads((tmp_path / "two" / "evaluation.json").read_text())["step"]
    assert stopped < 20
    assert done.stdout.count(f"Stopped after step {stopped} of 20") == 1


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(copyart: Command, domains: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "copyart", "train", *domains, "--steps", "100000", "--out", "long"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "long" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") >= 3):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "copyart train --resume --out long" in out
    step = checkpoint(tmp_path / "long")["step"]
    assert step == json.loads(metrics.read_text().splitlines()[-1])["step"]
    assert f"step {step} of 100000" in out
    done = copyart("train", "--resume", "--steps", 5, "--out", "long")
    assert "steps 100000, not 5" in done.stderr


@pytest.mark.slow
def test_a_run_of_two_processes_is_not_gone_on_with_by_one(
    copyart: Command, domains: list[str], tmp_path: Path
) -> None:
    assert copyart("train", *domains, "--steps", 2, "--out", "two").returncode == 0
    for path in (tmp_path / "two" / "checkpoint").glob("*.pt"):
        record = torch.load(path, weights_only=True)
        for pool in record["state"]["pools"]:
            pool["pictures"] = pool["pictures"].repeat(2, 1, 1, 1, 1)
        torch.save(record, path)
    done = copyart("train", "--resume", "--out", "two")
    assert (done.returncode, done.stdout) == (1, "")
    assert "trained by 2 processes at a time, not 1" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_resume_alone_goes_on_with_the_last_run(domains: list[str], copyart: Command, tmp_path: Path) -> None:
    for name in ("old", "new"):
        config = configure(
            file=tmp_path / "run.toml", domain_a=str(tmp_path / "photos"), domain_b=str(tmp_path / "paintings"),
            out=str(tmp_path / "runs" / name), steps=12, device="cpu",
        )  # fmt: skip
        iterator = train(config)
        assert next(iterator).step == 1
        iterator.close()
    done = copyart("train", "--resume")
    assert done.returncode == 0, done.stderr
    assert "runs/new" in done.stdout
    assert checkpoint(tmp_path / "runs" / "new")["step"] == 12
    assert checkpoint(tmp_path / "runs" / "old")["step"] == 1


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    copyart: Command, domains: list[str], tmp_path: Path
) -> None:
    done = copyart("train", *domains, "--recipe", "two-objective", "--generator", "compact", "--dry-run")
    assert done.returncode == 0, done.stderr
    shown = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert 'adversarial = "two-objective"' in shown
    assert {"pictures 10 and 7", "held out 2 and 0"} <= set(shown)
    assert "steps 1,300 (1300.0 epochs of 1)" in shown
    assert not (tmp_path / "runs").exists()


def test_help_names_the_recipes(copyart: Command) -> None:
    shown = copyart("train", "--help").stdout
    assert all(f" {name}: " in shown for name in ("bold", "compact", "copyart", "paper", "two-objective"))


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--domain-a", "photos"], 2, "domain_b is missing"),
        (["--domain-a", "photos", "--domain-b", "photos", "--config", "run.toml"], 2, "overlap"),
        (["--domain-a", "photos", "--domain-b", ".", "--config", "run.toml"], 2, "overlap"),
        (["--domain-a", "photos", "--domain-b", "nowhere"], 1, "unknown"),
        (["--domain-a", "photos", "--domain-b", "run.toml"], 1, "is no file"),
        (["--domain-a", "photos", "--domain-b", "paintings", "--config", "start.toml"], 1, "style 'monnet' is unknown"),
        (["--recipe", "papr"], 2, "bold, compact, copyart, dcgan, enlarge, paper, stylegan, two-objective"),
        (["--config", "photos"], 2, "it is a folder"),
        (["--schedule", "fast"], 2, "linear, constant, or stages"),
        (["--resume"], 1, "no run in"),
        (["--resume", "--out", "photos"], 1, "holds no run"),
    ],
)
def test_what_cannot_be_meant_gets_one_line(
    copyart: Command, domains: list[str], tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    done = copyart("train", *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_report_of_a_run_that_goes_on_can_be_drawn(copyart: Command, domains: list[str], tmp_path: Path) -> None:
    config = configure(
        file=tmp_path / "run.toml", domain_a=str(tmp_path / "photos"), domain_b=str(tmp_path / "paintings"),
        out=str(tmp_path / "run"), steps=12, device="cpu",
    )  # fmt: skip
    running = train(config)
    for _ in range(3):
        next(running)
    done = copyart("report", "run")
    assert done.stdout.strip() == "run/report.html"
    assert "3 steps" in (tmp_path / "run" / "report.html").read_text()
    running.close()
    assert "holds no run" in copyart("report", "photos").stderr
