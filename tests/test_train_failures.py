"""What a run says where it can go no further: memory is used up, a state is of another version, a disk is closed."""

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Here
from limits import unprivileged
from runs import make_domain, small_run
from torch import Tensor

from copyart.config import TrainConfig
from copyart.data import read_domain
from copyart.errors import DeviceError, DomainError, RunError, TrainingError
from copyart.training import Run, train
from copyart.training.cyclegan.evaluation import Judge
from copyart.training.cyclegan.learner import CycleGAN


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of two small steps."""
    return small_run(tmp_path, 4, 4, steps=2)


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Makes the second step of a run fail, as a device does."""
    step = CycleGAN.step

    def failing(self: CycleGAN, batch: list[Tensor], number: int, *rest: Any) -> Mapping[str, Tensor]:
        if number == 1:
            raise error
        return step(self, batch, number, *rest)

    monkeypatch.setattr(CycleGAN, "step", failing)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), MemoryError()])
@pytest.mark.parametrize(
    ("batch_size", "advice"),
    [(2, "begin again with --batch-size 1"), (1, "begin again with a smaller --image-size")],
)
def test_a_step_that_the_memory_does_not_hold_names_a_smaller_one_and_what_was_learned_is_kept(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, error: Exception, batch_size: int, advice: str
) -> None:
    fail(monkeypatch, error)
    words = f"cpu ran out of memory in step 2 with batch_size {batch_size} at 32 pixels; {advice}$"
    with pytest.raises(DeviceError, match=words):
        list(train(replace(config, batch_size=batch_size)))
    monkeypatch.undo()
    assert list(train(replace(config, batch_size=batch_size), resume=True))[-1].step == 2


def test_a_fault_of_ours_in_a_step_is_not_taken_for_want_of_memory(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        list(train(config))


def test_a_checkpoint_of_another_version_is_named_and_not_tried_as_a_damaged_one(
    config: TrainConfig, tmp_path: Path
) -> None:
    list(train(config))
    last = sorted((tmp_path / "run" / "checkpoint").glob("*.pt"))[-1]
    torch.save(torch.load(last, weights_only=True) | {"format": 99}, last)
    with pytest.raises(RunError, match=rf"{last.name} is of another version of copyart; go on with that one"):
        list(train(config, resume=True))


def test_a_folder_in_which_no_run_can_be_made_is_named(config: TrainConfig, public: Path) -> None:
    with unprivileged(), pytest.raises(RunError, match=r"/run cannot be made: permission denied"):
        Run(public / "run").create(config)


def test_a_file_takes_no_run_s_place(config: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(RunError, match="run is there already"):
        list(train(config))
    assert (tmp_path / "run").read_text() == "mine"


def test_figures_that_cannot_be_written_are_an_error_in_one_line(config: TrainConfig, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.create(config)
    run.metrics_path.mkdir()
    with pytest.raises(RunError, match=r"metrics\.jsonl cannot be written: it is a folder"):
        run.add_metrics({"step": 1})


def test_a_domain_of_one_picture_is_refused_with_how_many_it_needs(config: TrainConfig, tmp_path: Path) -> None:
    few = make_domain(tmp_path / "few", 1)
    with pytest.raises(DomainError, match=r"few: of 1 pictures 1 can be learned from; a domain needs two at least"):
        list(train(replace(config, domain_b=str(few))))


@pytest.mark.parametrize("other", [("--config", "run.toml"), ("--recipe", "paper")])
def test_a_run_goes_on_with_its_own_configuration_alone(here: Here, other: tuple[str, str]) -> None:
    code, _, said = here("train", "--resume", *other)
    words = "Error: --resume goes on with the run's own configuration; leave --config and --recipe out"
    assert (code, said) == (2, [words])


def test_in_fp16_some_losses_may_be_no_numbers_and_in_fp32_none(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    step = CycleGAN.step

    def unsound(self: CycleGAN, batch: list[Tensor], number: int, *rest: Any) -> dict[str, Tensor]:
        losses = step(self, batch, number, *rest)
        return {name: loss / 0 for name, loss in losses.items()} if number < 3 else losses

    monkeypatch.setattr(CycleGAN, "step", unsound)
    assert list(train(replace(config, precision="fp16", steps=5)))[-1].step == 5
    assert "no numbers" not in caplog.text
    with pytest.raises(TrainingError, match="the losses are no numbers again, in step 1 "):
        list(train(replace(config, precision="fp32", steps=5, out=f"{config.out}-2")))


def test_where_nothing_is_left_to_judge_by_that_is_said(config: TrainConfig, tmp_path: Path) -> None:
    paths = sorted((tmp_path / "photos").iterdir())
    domain = read_domain("photos", paths, paths, replace(config, memory_share=0.0))
    for path in paths:
        path.unlink()
    with pytest.raises(DomainError, match=r"^photos: none of the 4 pictures to judge by can be read any more$"):
        _ = Judge((domain, domain), 4).photos


@pytest.mark.slow
def test_pictures_that_vanish_while_other_processes_read_them_end_a_run_in_one_line(
    config: TrainConfig, tmp_path: Path
) -> None:
    running = train(replace(config, memory_share=0.0, workers=1, steps=200))
    next(running)
    for path in (tmp_path / "paintings").iterdir():
        path.unlink()
    with pytest.raises(DomainError, match=r"paintings: none of its 4 pictures can be read any more$") as ended:
        list(running)
    assert "\n" not in str(ended.value)


def test_ctrl_c_before_the_first_step_ends_at_once(
    here: Here, config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CycleGAN, "__init__", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    where = ("--domain-a", config.domain_a, "--domain-b", config.domain_b, "--config", "run.toml", "--out", "run")
    code, out, _ = here("train", *where, "--device", "cpu")
    assert (code, out) == (130, [])
    assert not (tmp_path / "run").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
