"""Training through torch-xla, on its CPU where there is no TPU: `PJRT_DEVICE=CPU pytest -m xla`."""

import os
from pathlib import Path

import pytest
from runs import TOML, make_domain

from copyart.recipes import configure

pytestmark = [
    pytest.mark.xla,
    pytest.mark.skipif("PJRT_DEVICE" not in os.environ, reason="PJRT_DEVICE does not say where XLA is to compute"),
    pytest.mark.filterwarnings("default"),  # torch-xla has some of its own
]


def test_after_the_first_steps_nothing_is_compiled_again_and_nothing_falls_back(tmp_path: Path) -> None:
    metrics = pytest.importorskip("torch_xla.debug.metrics")
    from copyart.training import train

    (tmp_path / "run.toml").write_text(TOML)
    config = configure(
        file=tmp_path / "run.toml",
        domain_a=str(make_domain(tmp_path / "photos", seed=1)),
        domain_b=str(make_domain(tmp_path / "paintings", seed=2)),
        out=str(tmp_path / "run"),
        device="tpu",
        precision="fp32",
        steps=20,
        save_every=100,
        sample_every=100,
    )
    compiled, last = [], None
    for last in train(config):
        compiled.append(metrics.metric_data("CompileTime")[0])
        if last.step == 19:  # the last step also paints samples, and saves
            fallen_back = {name for name in metrics.counter_names() if name.startswith("aten::")}
    assert last is not None
    assert last.step == 20
    assert last.device.startswith("xla")
    assert all(0 <= loss < 100 for name, loss in last.losses.items() if name.startswith(("cycle", "identity")))
    assert len(set(compiled[4:])) == 1, compiled
    assert fallen_back <= {"aten::_local_scalar_dense"}, "the losses are read, and nothing else"
