"""Figures out of Inception's features equal those of the libraries, and tell near from far."""

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

from copyart.errors import MissingExtraError
from copyart.metrics import FEATURES, check_installed, features_of, inception, load_inception


class AsTheyAre(nn.Module):
    """Features to features, by which libraries are given ours."""

    num_features = 24

    def forward(self, x: Tensor) -> Tensor:
        return x


def _features(count: int, seed: int, *, shift: float = 0.0) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return (torch.randn(count, 24, generator=chance).double() + shift).exp()


@pytest.mark.filterwarnings("ignore:Metric `")
def test_fid_mifid_and_kid_are_those_of_torchmetrics() -> None:
    ours, theirs = _features(80, 1), _features(90, 2, shift=0.1)
    fid, mifid = (
        FrechetInceptionDistance(feature=AsTheyAre()),
        MemorizationInformedFrechetInceptionDistance(feature=AsTheyAre()),
    )
    kid = KernelInceptionDistance(feature=AsTheyAre(), subsets=2, subset_size=80)
    for metric in (fid.set_dtype(torch.float64), mifid, kid):
        metric.update(ours, real=True)
        metric.update(theirs, real=False)
    distance = inception.fid(ours, theirs)
    assert distance == pytest.approx(float(fid.compute()), rel=1e-4)
    assert inception.mifid(distance, inception.memorization(ours, theirs)) == pytest.approx(
        float(mifid.compute()), rel=1e-4
    )
    whole = KernelInceptionDistance(feature=AsTheyAre(), subsets=1, subset_size=90)
    whole.update(theirs, real=True)
    whole.update(_features(90, 3), real=False)
    from torch_fidelity.metric_kid import kid_features_to_metric

    library = kid_features_to_metric(theirs, _features(90, 3), kid_subsets=1, kid_subset_size=90, verbose=False)
    assert library["kernel_inception_distance_mean"] == pytest.approx(float(whole.compute()[0]), abs=1e-4)


@pytest.mark.filterwarnings("ignore:Metric `")
def test_what_was_memorised_counts_as_the_competition_counts_it() -> None:
    """For every generated picture the nearest training picture; torchmetrics takes the sets the other way round."""
    training = _features(60, 1)
    copies = training[:50] * 1.01 + 0.02
    expected = torch.stack(
        [
            torch.stack([1 - torch.cosine_similarity(one, other, dim=0).abs() for other in training]).min()
            for one in copies
        ]
    ).mean()
    assert expected < 0.1
    assert inception.memorization(copies, training) == pytest.approx(float(expected), rel=1e-9)
    mifid = MemorizationInformedFrechetInceptionDistance(feature=AsTheyAre())
    mifid.update(copies, real=True)  # the first are those whose nearest are looked for
    mifid.update(training, real=False)
    ours = inception.mifid(inception.fid(copies, training), inception.memorization(copies, training))
    assert ours == pytest.approx(float(mifid.compute()), rel=1e-4)
    assert ours > 10 * inception.fid(copies, training)


def test_mifid_is_fid_where_nothing_was_memorised() -> None:
    ours, theirs = _features(60, 1), _features(60, 2)
    assert inception.memorization(ours, theirs) == 1.0
    distance = inception.fid(ours, theirs)
    assert inception.mifid(distance, 1.0) == pytest.approx(distance)


def test_precision_and_recall_tell_poor_from_narrow() -> None:
    goal = _features(100, 1)
    assert inception.precision_and_recall(goal, goal) == (1.0, 1.0)
    poor, narrow = _features(100, 2, shift=3.0), goal[:5].repeat(20, 1) + 1e-4 * _features(100, 3)
    assert inception.precision_and_recall(poor, goal)[0] < 0.2
    precision, recall = inception.precision_and_recall(narrow, goal)
    assert precision > 0.9
    assert recall < 0.2


def test_kid_of_two_halves_of_one_kind_is_nought_within_its_deviation() -> None:
    near, _ = inception.kid(_features(100, 1), _features(100, 2))
    far, deviation = inception.kid(_features(100, 1), _features(100, 2, shift=0.5))
    assert abs(near) < far / 10
    assert deviation > 0


def test_without_the_inception_network_s_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(MissingExtraError, match="the Inception network needs torch-fidelity, not installed here: pip"):
        check_installed()


CPU = torch.device("cpu")


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
