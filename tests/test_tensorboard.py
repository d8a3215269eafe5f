"""TensorBoard: its figures are extra, and a run needs none of them."""

import sys
from pathlib import Path

import pytest
from runs import small_run

from copyart.training import train


def test_without_tensorboard_a_run_keeps_all_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert list(train(small_run(tmp_path, 4, 4, steps=2)))[-1].done
    kept = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"metrics.jsonl", "samples", "checkpoint", "style", "report.html"} <= kept
    assert "tensorboard" not in kept
