"""Pretrained networks are fetched once, held to their hashes, and judge as the libraries do."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from local_hub import LocalHub, Repo

from copyart.errors import DownloadError, EvaluationError
from copyart.evaluation.inception import FEATURES, features_of, load_inception
from copyart.evaluation.perceptual import lpips
from copyart.evaluation.pretrained import ALEXNET, INCEPTION, Weights, find_weights

CPU = torch.device("cpu")


def _weights(hub: LocalHub, data: bytes) -> Weights:
    hub.repos = {"plain": Repo({"networks/weights.pth": data})}
    return Weights(
        "the network", f"{hub.address}/store/plain/networks/weights.pth", hashlib.sha256(data).hexdigest(), 1
    )


def test_weights_are_fetched_once(hub: LocalHub) -> None:
    weights = _weights(hub, b"weights")
    path = find_weights(weights)
    assert path.read_bytes() == b"weights"
    hub.repos = {}
    assert find_weights(weights) == path


def test_weights_that_were_damaged_are_fetched_again(hub: LocalHub) -> None:
    weights = _weights(hub, b"weights")
    find_weights(weights).write_bytes(b"wei")
    assert find_weights(weights).read_bytes() == b"weights"


def test_an_interrupted_download_is_gone_on_with(hub: LocalHub) -> None:
    data = bytes(range(256)) * 400
    weights = _weights(hub, data)
    hub.repos["plain"].cut = 70_000
    with pytest.raises(DownloadError, match=r"the network .* could not be fetched"):
        find_weights(weights)
    assert find_weights(weights).read_bytes() == data


def test_other_weights_than_promised_are_not_kept(hub: LocalHub) -> None:
    weights = replace(_weights(hub, b"weights"), sha256="0" * 64)
    for _ in range(2):
        with pytest.raises(DownloadError, match="what arrived has sha256"):
            find_weights(weights)


def test_weights_that_are_nowhere_are_named_with_their_size_and_address(hub: LocalHub) -> None:
    weights = _weights(hub, b"weights")
    hub.repos = {}
    with pytest.raises(DownloadError, match=r"the network \(1 MB from http://.*/weights.pth\) could not be fetched"):
        find_weights(weights)


def test_the_users_own_copy_must_be_the_right_one(hub: LocalHub, tmp_path: Path) -> None:
    weights, own = _weights(hub, b"weights"), tmp_path / "own.pth"
    own.write_bytes(b"weights")
    assert find_weights(weights, own) == own
    own.write_bytes(b"others")
    with pytest.raises(EvaluationError, match=r"own.pth is not the network .*; fetch http"):
        find_weights(weights, own)
    with pytest.raises(EvaluationError, match="cannot be read"):
        find_weights(weights, tmp_path / "none.pth")


@pytest.mark.slow
def test_inception_is_torch_fidelitys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of random weights, for the learned ones can be had only where there is a network."""
    from torch_fidelity import feature_extractor_inceptionv3 as library

    monkeypatch.setattr(library, "load_state_dict_from_url", lambda *_, **__: {})
    monkeypatch.setattr(library.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
    torch.manual_seed(0)
    network = library.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"])
    monkeypatch.undo()
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    pictures = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    seen = features_of(load_inception(tmp_path / "weights.pth", CPU), pictures, CPU)
    assert seen.shape == (3, FEATURES)
    with torch.inference_mode():
        assert torch.allclose(seen, network(pictures)[0].double(), atol=1e-5)


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
    found = lpips(path, pictures, paintings, CPU)
    assert torch.hub.get_dir() == before
    assert lpips(path, pictures, pictures, CPU) == 0

    network = _LPIPS(net="alex", pnet_rand=True)
    for part in network.net.children():
        part.load_state_dict({name: backbone.features.state_dict()[name] for name in part.state_dict()})
    expected = network(pictures.float() / 127.5 - 1, paintings.float() / 127.5 - 1).mean()
    assert found == pytest.approx(float(expected), rel=1e-4)


def test_the_networks_of_the_field_are_named() -> None:
    assert (INCEPTION.sha256[:8], ALEXNET.sha256[:8]) == ("6726825d", "7be5be79")  # as in their files' own names
    assert all(weights.sha256[:8] in weights.url for weights in (INCEPTION, ALEXNET))
