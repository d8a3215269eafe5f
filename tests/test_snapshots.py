"""Snapshots: the styles of some steps of a run, kept beside its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import checkpoints, small_run
from safetensors.torch import load_file
from torch import Tensor

from copyart.checkpoints import load_generator, load_style
from copyart.config import TrainConfig
from copyart.models import MODEL_FILE, REVERSE_FILE
from copyart.training import train


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of eight small steps."""
    return small_run(tmp_path, 12, 7, steps=8)


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
