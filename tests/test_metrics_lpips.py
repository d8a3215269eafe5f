"""LPIPS is that of torchmetrics."""

from pathlib import Path

import pytest
import torch

from copyart.metrics import ALEXNET, mean_lpips

CPU = torch.device("cpu")


@pytest.mark.slow
def test_lpips_is_torchmetrics_and_loads_what_it_is_given(tmp_path: Path) -> None:
    from torchmetrics.functional.image.lpips import _LPIPS
    from torchvision.models import alexnet

    torch.manual_seed(0)
    backbone = alexnet(weights=None)
    path = tmp_path / "checkpoints" / ALEXNET.url.rpartition("/")[2]
    path.parent.mkdir()
    torch.save(backbone.state_dict(), path)
    pictures, paintings = torch.randint(0, 256, (2, 5, 3, 64, 64), dtype=torch.uint8)
    before = torch.hub.get_dir()
    found = mean_lpips(path, pictures, paintings, CPU)
    assert torch.hub.get_dir() == before
    assert mean_lpips(path, pictures, pictures, CPU) == 0

    network = _LPIPS(net="alex", pnet_rand=True)
    for part in network.net.children():
        part.load_state_dict({name: backbone.features.state_dict()[name] for name in part.state_dict()})
    expected = network(pictures.float() / 127.5 - 1, paintings.float() / 127.5 - 1).mean()
    assert found == pytest.approx(float(expected), rel=1e-4)
