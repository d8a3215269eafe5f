"""`copyart.train` and what it refuses, tells and survives."""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from limits import small_disk
from runs import TOML, losses, make_domain
from safetensors.torch import load_file
from torch import Tensor

import copyart
from copyart.checkpoints import load_generator, load_style, save_style
from copyart.config import TrainConfig
from copyart.errors import (
    BrokenStyleError,
    CopyartError,
    DeviceError,
    DomainError,
    OptionError,
    RunError,
    TrainingError,
    UnknownStyleError,
)
from copyart.networks import GENERATORS
from copyart.recipes import configure
from copyart.styles import MODEL_FILE, REVERSE_FILE, Style, read_style
from copyart.styles.record import CONFIG_FILE
from copyart.training import Progress, train
from copyart.training.cyclegan.learner import CycleGAN


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of eight small steps."""
    (tmp_path / "run.toml").write_text(TOML)
    return configure(
        file=tmp_path / "run.toml",
        domain_a=str(make_domain(tmp_path / "photos", seed=1)),
        domain_b=str(make_domain(tmp_path / "paintings", 7, seed=2)),
        out=str(tmp_path / "run"),
        steps=8,
        device="cpu",
        precision="fp32",
    )


def checkpoints(run: Path) -> list[Path]:
    return sorted((run / "checkpoint").glob("*.pt"))


def states(run: Path) -> Mapping[str, Mapping[str, Tensor]]:
    networks: Mapping[str, Mapping[str, Tensor]] = torch.load(checkpoints(run)[-1], weights_only=True)["state"][
        "networks"
    ]
    return networks


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


def test_the_style_holds_the_averages_and_not_what_still_learns(config: TrainConfig, tmp_path: Path) -> None:
    list(train(config))
    saved = load_generator(read_style(tmp_path / "run" / "style")).state_dict()
    networks = states(tmp_path / "run")
    assert all(torch.equal(saved[name], networks["ema_b"][name]) for name in saved)
    assert not all(torch.equal(saved[name], networks["generator_b"][name]) for name in saved)


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
    generator = load_generator(read_style(tmp_path / "run" / "style"), reverse=True)
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
    assert read_style(run / "style").is_whole
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


def snapshots(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "snapshots").iterdir()) if (run / "snapshots").exists() else []


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What the files of a folder hold, and when they were written."""
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_snapshots_are_styles_of_their_steps_in_half_precision(config: TrainConfig, tmp_path: Path) -> None:
    seen: dict[int, dict[str, Mapping[str, Tensor]]] = {}
    style, run = tmp_path / "run" / "style", tmp_path / "run"
    for record in train(replace(config, snapshot_every=2, save_every=1)):
        seen[record.step - 1] = {name: load_file(style / name) for name in (MODEL_FILE, REVERSE_FILE)}
    seen[8] = {name: load_file(style / name) for name in (MODEL_FILE, REVERSE_FILE)}
    assert snapshots(run) == ["0000002", "0000004", "0000006", "0000008"]
    for step in (2, 4, 6, 8):
        snapshot = load_style(str(run / "snapshots" / f"{step:07d}"))
        snapshot.verify()
        assert snapshot.recipe.endswith(f", {step} steps")
        assert load_generator(snapshot)(torch.zeros(1, 3, 32, 32)).dtype == torch.float32
        for name, whole in seen[step].items():
            half = load_file(snapshot.folder / name)
            assert all(half[key].dtype == torch.float16 for key in half)
            assert all(torch.equal(half[key], whole[key].half()) for key in half.keys() | whole.keys())
    assert not torch.equal(seen[2][MODEL_FILE]["stem.conv.weight"], seen[4][MODEL_FILE]["stem.conv.weight"])
    assert "trained for 4 steps" in (run / "snapshots" / "0000004" / "README.md").read_text()
    assert load_file(style / MODEL_FILE)["stem.conv.weight"].dtype == torch.float32


def test_a_run_that_was_not_asked_for_snapshots_keeps_none(config: TrainConfig, tmp_path: Path) -> None:
    list(train(replace(config, steps=2)))
    assert not (tmp_path / "run" / "snapshots").exists()


def test_a_resumed_run_keeps_the_snapshots_before_it_and_goes_on_with_them(config: TrainConfig, tmp_path: Path) -> None:
    run = tmp_path / "run"
    config = replace(config, snapshot_every=2)
    assert list(train(config, stop=iter([False] * 4 + [True]).__next__))[-1].step == 5
    assert snapshots(run) == ["0000002", "0000004"]
    before = files(run / "snapshots")
    assert list(train(config, resume=True))[-1].step == 8
    assert snapshots(run) == ["0000002", "0000004", "0000006", "0000008"]
    after = files(run / "snapshots")
    assert {path: after[path] for path in before} == before


def test_a_resumed_run_may_keep_snapshots_at_other_steps(config: TrainConfig, tmp_path: Path) -> None:
    assert list(train(replace(config, snapshot_every=2), stop=iter([False] * 4 + [True]).__next__))[-1].step == 5
    list(train(replace(config, snapshot_every=7), resume=True))
    assert snapshots(tmp_path / "run") == ["0000002", "0000004", "0000007"]


def test_snapshots_of_steps_that_are_taken_again_are_written_again(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, snapshot_every=2)
    list(train(config))
    before = {path.name: files(path) for path in (tmp_path / "run" / "snapshots").iterdir()}
    checkpoints(tmp_path / "run")[-1].unlink()  # as if it was killed between the snapshot and the end
    assert list(train(config, resume=True))[-1].step == 8
    for name, of_step in before.items():
        again = files(tmp_path / "run" / "snapshots" / name)
        weights = [path for path in of_step if path.endswith(".safetensors")]
        assert len(weights) == 2
        assert all(again[path][0] == of_step[path][0] for path in weights)
        assert all((again[path][1] > of_step[path][1]) == (name > "0000005") for path in weights)


def test_snapshots_of_steps_that_are_taken_again_do_not_stay_where_none_are_kept_any_more(
    config: TrainConfig, tmp_path: Path
) -> None:
    list(train(replace(config, snapshot_every=2)))
    checkpoints(tmp_path / "run")[-1].unlink()
    (tmp_path / "run" / "snapshots" / ".copyart-half").mkdir()
    (tmp_path / "run" / "snapshots" / "mine").mkdir()
    list(train(replace(config, snapshot_every=0), resume=True))
    assert snapshots(tmp_path / "run") == ["0000002", "0000004", "mine"]


@pytest.fixture
def begun(config: TrainConfig, tmp_path: Path) -> Path:
    """The folder of the style of another run."""
    list(train(replace(config, seed=7, steps=2, out=str(tmp_path / "begun"))))
    return Path(tmp_path / "begun" / "style")


def equal(some: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(some[key], others[key]) for key in some)


@pytest.mark.parametrize("of_run", [False, True])
@pytest.mark.parametrize("ema", [0.999, 0.0])
def test_a_run_learns_on_from_the_generators_of_a_style_to_the_bit(
    config: TrainConfig, begun: Path, tmp_path: Path, ema: float, of_run: bool
) -> None:
    start = begun.parent if of_run else begun
    running = train(replace(config, start=str(start), ema=ema))
    assert next(running).step == 1
    (first,) = checkpoints(tmp_path / "run")
    networks = torch.load(first, weights_only=True)["state"]["networks"]
    to_b, to_a = load_file(begun / MODEL_FILE), load_file(begun / REVERSE_FILE)
    assert not equal(to_a, to_b)
    for kind in ("generator", "ema") if ema else ("generator",):
        assert equal(networks[f"{kind}_a"], to_a)
        assert equal(networks[f"{kind}_b"], to_b)
    running.close()
    learned = states(tmp_path / "run")
    assert not equal(learned["generator_b"], to_b)
    assert not equal(learned["generator_a"], to_a)


def test_a_run_begins_its_own_style_with_that_it_starts_from(config: TrainConfig, begun: Path, tmp_path: Path) -> None:
    running = train(replace(config, start=str(begun)))
    next(running)
    for name in (MODEL_FILE, REVERSE_FILE):
        assert equal(load_file(tmp_path / "run" / "style" / name), load_file(begun / name))
    running.close()


def test_a_run_may_start_from_a_snapshot(config: TrainConfig, tmp_path: Path) -> None:
    list(train(replace(config, steps=2, snapshot_every=2, out=str(tmp_path / "begun"))))
    snapshot = tmp_path / "begun" / "snapshots" / "0000002"
    running = train(replace(config, start=str(snapshot)))
    next(running)
    began = load_file(tmp_path / "run" / "style" / MODEL_FILE)
    assert equal(began, {key: weight.float() for key, weight in load_file(snapshot / MODEL_FILE).items()})
    running.close()


def test_discriminators_are_new_whatever_the_generators_start_from(
    config: TrainConfig, begun: Path, tmp_path: Path
) -> None:
    for name, start in (("from-style", str(begun)), ("from-nothing", "")):
        running = train(replace(config, start=start, out=str(tmp_path / name)))
        next(running)
    one, other = (
        torch.load(checkpoints(tmp_path / name)[0], weights_only=True) for name in ("from-style", "from-nothing")
    )
    for name in ("discriminator_a", "discriminator_b"):
        assert equal(one["state"]["networks"][name], other["state"]["networks"][name])


def test_to_go_on_with_a_run_takes_no_more_of_the_style_that_it_started_from(
    config: TrainConfig, begun: Path, tmp_path: Path
) -> None:
    config = replace(config, start=str(begun))
    whole, cut = (replace(config, out=str(tmp_path / name)) for name in ("whole", "cut"))
    list(train(whole))
    running = train(cut)
    assert next(running).step == 1
    running.close()
    shutil.rmtree(begun.parent)
    assert list(train(cut, resume=True))[-1].step == 8
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def one_way(style: Style, folder: Path) -> Path:
    """The style without its way back."""
    return save_style(replace(style, folder=folder), load_generator(style)).folder


def of_another_kind(kind: str, folder: Path, **parameters: object) -> Path:
    """A style whose generators are of another kind."""
    networks = [GENERATORS[kind](**parameters) for _ in range(2)]
    style = Style(
        name="other",
        title="Another",
        generator=kind,
        parameters=parameters,
        size_multiple=networks[0].size_multiple,
        trained_size=32,
        paint_size=64,
        license="MIT",
        training_data="none",
        recipe="none",
        folder=folder,
    )
    return save_style(style, *networks).folder


def refused_start(config: TrainConfig, start: Path | str, error: type[CopyartError]) -> str:
    with pytest.raises(error) as refused:
        list(train(replace(config, start=str(start))))
    assert "\n" not in str(refused.value)
    assert not Path(config.out).exists()
    return str(refused.value)


def test_a_style_without_a_way_back_cannot_be_learned_on_from(config: TrainConfig, begun: Path, tmp_path: Path) -> None:
    line = refused_start(config, one_way(read_style(begun), tmp_path / "one-way"), OptionError)
    assert line == "style begun has no way back to learn on from; start from another"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("resnet", {"base_channels": 8, "blocks": 1}),
        ("compact", {"base_channels": 4, "blocks": 1}),
        ("compact", {"base_channels": 8, "blocks": 2}),
        ("compact", {"base_channels": 8, "blocks": 1}),  # of the same shape, and without antialias another function
    ],
)
def test_a_style_of_other_networks_cannot_be_learned_on_from_and_both_are_named(
    config: TrainConfig, tmp_path: Path, kind: str, parameters: dict[str, object]
) -> None:
    line = refused_start(config, of_another_kind(kind, tmp_path / "other", **parameters), OptionError)
    assert f"style other is a {kind} with {parameters}" in line
    assert f"cannot become a {config.generator} with {dict(config.generator_options)}" in line


def test_an_unknown_or_broken_style_cannot_be_learned_on_from(config: TrainConfig, begun: Path, tmp_path: Path) -> None:
    assert "style 'monnet' is unknown; there are monet, " in refused_start(config, "monnet", UnknownStyleError)
    record = (begun / CONFIG_FILE).read_text()
    for damage, words in (
        ({"generator": "vit"}, "asks for a generator 'vit'"),
        ({"parameters": {"layers": 3}}, "asks for a compact"),
    ):
        (begun / CONFIG_FILE).write_text(json.dumps({**json.loads(record), **damage}))
        assert words in refused_start(config, begun, BrokenStyleError)
    (begun / CONFIG_FILE).write_text(record)
    (begun / REVERSE_FILE).write_bytes(b"cut short")
    assert "is not the file this style was saved with" in refused_start(config, begun, BrokenStyleError)
    assert not (tmp_path / "run").exists()
