"""`copyart.train` and what it refuses, tells and survives."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from limits import small_disk
from runs import checkpoints, losses, make_domain, small_run, states
from torch import Tensor

import copyart
from copyart.checkpoints import load_generator
from copyart.config import TrainConfig
from copyart.errors import (
    DeviceError,
    DomainError,
    OptionError,
    RunError,
    TrainingError,
)
from copyart.models import Style
from copyart.training import Progress, train
from copyart.training.cyclegan.learner import CycleGAN


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of eight small steps."""
    return small_run(tmp_path, 12, 7, steps=8)


def test_a_run_tells_how_far_it_is(config: TrainConfig) -> None:
    told = list(copyart.train(config))
    assert [record.step for record in told] == list(range(1, 9))
    last = told[-1]
    assert isinstance(last, Progress)
    assert last.steps == 8
    assert last.epoch == pytest.approx(8 / 10)
    assert set(last.losses) == {
        f"{kind}_{side}" for kind in ("adversarial", "cycle", "identity", "discriminator") for side in "ab"
    }
    assert 0 < told[-1].learning_rate < told[0].learning_rate
    assert min(last.pictures_per_second, last.seconds, last.memory) > 0


def test_the_style_holds_the_ema_and_not_what_still_learns(config: TrainConfig, tmp_path: Path) -> None:
    list(train(config))
    saved = load_generator(Style.read(tmp_path / "run" / "style")).state_dict()
    networks = states(tmp_path / "run")
    assert all(torch.equal(saved[name], networks["ema_b"][name]) for name in saved)
    assert not all(torch.equal(saved[name], networks["generator_b"][name]) for name in saved)


@pytest.mark.slow
def test_equal_seeds_make_equal_runs_and_others_do_not(config: TrainConfig, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        list(train(replace(config, out=str(tmp_path / name), seed=seed)))
    one, two, three = (losses(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one != three


@pytest.mark.parametrize(
    "values",
    [
        {"adversarial": "hinge"},
        {"adversarial": "bce", "pool": 0},
        {"adversarial": "two-objective", "batch_size": 2},
        {"generator": "resnet", "generator_options": {"base_channels": 4, "blocks": 1}, "schedule": "2e-4:1,1e-5:1"},
        {
            "generator": "resnet",
            "generator_options": {"base_channels": 4, "blocks": 1, "norm": "batch", "dropout": True},
        },
        {"generator": "unet", "generator_options": {"base_channels": 4, "depth": 5}, "identity": 0.0},
        {"precision": "fp16"},
        {"precision": "bf16", "clip_discriminators": 1.0, "ema": 0.0},
        {"memory_share": 0.0, "workers": 1, "augment": ()},
        {"checkerboard": 2.0, "precision": "bf16"},
    ],
    ids=lambda values: " ".join(map(str, values.values())),
)
def test_every_choice_learns_something_finite_and_paints(
    config: TrainConfig, tmp_path: Path, values: dict[str, object]
) -> None:
    told = list(train(replace(config, steps=3, **values)))  # type: ignore[arg-type]
    assert all(torch.isfinite(torch.tensor(list(record.losses.values()))).all() for record in told)
    generator = load_generator(Style.read(tmp_path / "run" / "style"), reverse=True)
    assert generator(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


def poison(monkeypatch: pytest.MonkeyPatch, *, attempt: int) -> None:
    """Makes step 7 of a run break its networks, as a fault of the device would."""
    step = CycleGAN.step

    def broken(self: CycleGAN, batch: list[Tensor], number: int, rate: float, at: int = 0) -> dict[str, Tensor]:
        if number == 6 and at <= attempt:
            with torch.no_grad():
                next(self.generators.b.parameters()).fill_(torch.nan)
        return step(self, batch, number, rate, at)

    monkeypatch.setattr(CycleGAN, "step", broken)


def test_losses_that_are_no_numbers_lead_back_to_the_last_good_state_once(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poison(monkeypatch, attempt=0)
    assert list(train(config))[-1].step == 8
    assert "In step 7 the losses were no numbers" in caplog.text
    assert "back to step 5" in caplog.text
    assert all(
        torch.isfinite(weight).all() for network in states(tmp_path / "run").values() for weight in network.values()
    )
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)


def test_losses_that_are_no_numbers_again_end_the_run_and_the_good_state_is_kept(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, attempt=1)
    with pytest.raises(TrainingError, match=r"no numbers again, in step 7 .*--learning-rate"):
        list(train(config))
    assert checkpoints(tmp_path / "run")[-1].name == "step-00000005.pt"
    assert all(
        torch.isfinite(weight).all() for network in states(tmp_path / "run").values() for weight in network.values()
    )


def test_of_checkpoints_that_are_cut_short_the_one_before_is_used(
    config: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    list(train(config))
    expected = states(tmp_path / "run")
    before, last = checkpoints(tmp_path / "run")
    last.write_bytes(last.read_bytes()[:-1000])
    caplog.set_level(logging.INFO, "copyart")
    assert list(train(config, resume=True))[-1].step == 8
    assert f"{last} is cut short" in caplog.text
    networks = states(tmp_path / "run")
    assert all(torch.equal(networks[name][key], expected[name][key]) for name in expected for key in expected[name])
    for path in (before, last):
        path.write_bytes(b"PK")
    with pytest.raises(RunError, match="no whole checkpoint"):
        list(train(config, resume=True))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cycle": 5.0}, r"cycle 10.0, not 5.0"),
        ({"steps": 9}, r"steps 8, not 9"),
        ({"checkerboard": 2.0}, r"checkerboard 0.0, not 2.0"),
        ({"start": "monet"}, r"start '', not 'monet'"),
        ({"batch_size": 2}, r"batch_size 1, not 2"),
        ({"generator_options": {"base_channels": 4, "blocks": 1}}, "generator_options"),
        ({"domain_a": "elsewhere"}, "domain_a"),
    ],
)
def test_a_run_is_not_gone_on_with_as_another(
    config: TrainConfig, tmp_path: Path, values: dict[str, object], words: str
) -> None:
    make_domain(tmp_path / "elsewhere", seed=1)
    list(train(config))
    if "domain_a" in values:
        values = {"domain_a": str(tmp_path / "elsewhere")}
    with pytest.raises(RunError, match=words):
        list(train(replace(config, **values), resume=True))  # type: ignore[arg-type]


def test_a_run_is_not_gone_on_with_on_other_pictures(config: TrainConfig, tmp_path: Path) -> None:
    list(train(config))
    (tmp_path / "paintings" / "03.png").unlink()
    with pytest.raises(RunError, match="the pictures of domain_b"):
        list(train(config, resume=True))


def test_a_run_that_is_there_is_not_begun_again(config: TrainConfig, tmp_path: Path) -> None:
    list(train(config))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    with pytest.raises(RunError, match="--resume"):
        list(train(config))
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}


def test_what_is_there_to_go_on_with_is_not_lost_on_a_full_disk(config: TrainConfig, tmp_path: Path) -> None:
    running = train(config)
    for record in running:
        if record.step == 7:
            break
    with small_disk(50_000), pytest.raises(RunError, match=r"disk|larger"):
        running.close()
    assert [path.name for path in checkpoints(tmp_path / "run")] == ["step-00000000.pt", "step-00000005.pt"]
    assert not list((tmp_path / "run").rglob("*.part"))
    assert list(train(config, resume=True))[-1].step == 8


def test_a_batch_that_does_not_fit_names_one_that_does(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"batch_size 65000 .* give --batch-size \d+$") as refused:
        list(train(replace(config, batch_size=65_000, pool=0)))
    fits = int(str(refused.value).rsplit(" ", 1)[1])
    assert 1 < fits < 65_000
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"domain_a": "nowhere"}, DomainError, "unknown"),
        ({"image_size": 34}, OptionError, "multiples of 4"),
        ({"generator_options": {"bloks": 2}}, OptionError, "bloks"),
        ({"discriminator_options": {"heads": 2}}, OptionError, "heads"),
        ({"device": "cuda:7"}, DeviceError, "cuda:7"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_made(
    config: TrainConfig, tmp_path: Path, values: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        list(train(replace(config, **values)))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_a_style_that_a_kill_left_between_two_is_written_again(config: TrainConfig, tmp_path: Path) -> None:
    running = train(config)
    next(running)
    running.close()
    run = tmp_path / "run"
    (run / "style").rename(run / ".copyart-old")
    resumed = train(config, resume=True)
    next(resumed)
    assert Style.read(run / "style").is_whole
    assert not (run / ".copyart-old").exists()
    resumed.close()


def test_when_asked_to_stop_it_saves_after_the_step_at_hand(config: TrainConfig, tmp_path: Path) -> None:
    told: list[Progress] = []
    told.extend(train(config, stop=lambda: True))
    assert [record.step for record in told] == [1]
    assert checkpoints(tmp_path / "run")[-1].name == "step-00000001.pt"
    assert not (tmp_path / "run" / "report.html").exists()
    assert list(train(config, resume=True))[-1].step == 8


def test_only_a_run_with_a_weight_on_the_checkerboard_tells_of_it(config: TrainConfig, tmp_path: Path) -> None:
    without, with_it = (
        next(iter(train(replace(config, checkerboard=weight, out=str(tmp_path / f"{weight}")))))
        for weight in (0.0, 3.0)
    )
    assert with_it.losses.keys() - without.losses.keys() == {"checkerboard_a", "checkerboard_b"}
    assert min(with_it.losses["checkerboard_a"], with_it.losses["checkerboard_b"]) > 0
    assert without.losses == pytest.approx({name: with_it.losses[name] for name in without.losses})


def test_a_run_is_named_after_what_it_learns_and_takes_no_other_s_place(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [next(iter(train(replace(config, out="", steps=1)))).folder for _ in range(3)]
    assert [str(folder) for folder in folders] == ["runs/paintings", "runs/paintings-2", "runs/paintings-3"]


def test_in_fp16_a_run_that_was_stopped_ends_in_the_same_networks_to_the_bit(
    config: TrainConfig, tmp_path: Path
) -> None:
    half = replace(config, precision="fp16", steps=4, save_every=2)
    list(train(replace(half, out=str(tmp_path / "whole"))))
    list(train(half, stop=iter([False, True]).__next__))
    assert list(train(half, resume=True))[-1].step == 4
    one, other = (
        torch.load(tmp_path / name / "checkpoint" / "step-00000004.pt", weights_only=True)["state"]["networks"]
        for name in ("whole", "run")
    )
    for name, network in one.items():
        assert all(torch.equal(weight, other[name][key]) for key, weight in network.items()), name


def test_samples_are_painted_whatever_becomes_of_their_files(config: TrainConfig, tmp_path: Path) -> None:
    running = train(replace(config, holdout=0.4))
    next(running)
    for name in ("photos", "paintings"):
        for path in (tmp_path / name).iterdir():
            path.unlink()
    assert list(running)[-1].done
    assert list((tmp_path / "run" / "samples").glob("*.png"))
