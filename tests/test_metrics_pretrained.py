"""Pretrained networks are fetched once, and held to their hashes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from local_hub import LocalHub, Repo

from copyart.errors import DownloadError, EvaluationError
from copyart.metrics import ALEXNET, INCEPTION, Weights, find_weights


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


def test_the_networks_of_the_field_are_named() -> None:
    assert (INCEPTION.sha256[:8], ALEXNET.sha256[:8]) == ("6726825d", "7be5be79")  # as in their files' own names
    assert all(weights.sha256[:8] in weights.url for weights in (INCEPTION, ALEXNET))
