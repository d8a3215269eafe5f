"""Runs that learn on from a style."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import checkpoints, losses, small_run, states
from safetensors.torch import load_file
from torch import Tensor

from copyart.checkpoints import load_generator, save_style
from copyart.config import TrainConfig
from copyart.errors import BrokenStyleError, CopyartError, OptionError, UnknownStyleError
from copyart.models import MODEL_FILE, REVERSE_FILE, Style
from copyart.models.record import CONFIG_FILE
from copyart.networks import GENERATORS
from copyart.training import train


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of eight small steps."""
    return small_run(tmp_path, 12, 7, steps=8)


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
    line = refused_start(config, one_way(Style.read(begun), tmp_path / "one-way"), OptionError)
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
