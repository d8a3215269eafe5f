"""Figures out of the features of an Inception network: the field's usual ones, computed by torch-fidelity.

Inception-v3 (Szegedy et al. 2016) was taught to name what ImageNet's photographs show. Its last layer before the names
gives 2,048 numbers a picture, its features: pictures that show alike things in an alike way have alike ones.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from copyart.extras import require

_EPSILON = 0.1  # of the competition: nearest cosine distances of more on the mean do not count as memorised
_SUBSETS, _SUBSET = 100, 1000  # how many, and pictures in each at most
_AT_ONCE = 16  # pictures

FEATURES = 2048


def check_installed() -> None:
    """Makes sure that torch-fidelity, which computes with the network, is installed, before the network is fetched.

    Raises:
        MissingExtraError: If not.
    """
    require("evaluate", "the Inception network")


def load_inception(weights: Path, device: torch.device) -> nn.Module:
    """Loads the Inception network of FID (Heusel et al. 2017), as torch-fidelity has it: b 3 h w uint8 to b 2048.

    Args:
        weights: The file of its weights; `copyart.metrics.pretrained.find_weights` fetches it.
        device: The device that computes.
    """
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    network = FeatureExtractorInceptionV3("inception-v3-compat", [str(FEATURES)], str(weights))
    return cast(nn.Module, _First(network).to(device).eval())


class _First(nn.Module):
    """The only features of a network that gives a tuple of them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.network(x)[0]
        return features


@torch.inference_mode()
def features_of(
    network: nn.Module, pictures: Tensor, device: torch.device, watch: Callable[[int], None] = lambda _: None
) -> Tensor:
    """Features of pictures, as a network gives them.

    Args:
        network: b 3 h w uint8 to b n.
        pictures: b 3 h w, uint8.
        device: The device that the network is on.
        watch: Told after each few how many pictures they were.

    Returns:
        b n, float64.
    """

    def parts() -> Iterator[Tensor]:
        for some in torch.split(pictures, _AT_ONCE):
            yield network(some.to(device)).cpu().double()
            watch(len(some))

    return torch.cat(list(parts()))


def fid(features: Tensor, goal: Tensor) -> float:
    """The Fréchet Inception distance (Heusel et al. 2017): 0 for the same; fewer pictures make it larger.

    Each set of features is taken for a normal distribution; the distance is that of their means and covariances.

    Args:
        features: b n, float64.
        goal: Those to come near to, m n.
    """
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    ours, theirs = fid_features_to_statistics(features), fid_features_to_statistics(goal)
    return float(fid_statistics_to_metric(ours, theirs, verbose=False)["frechet_inception_distance"])


def memorization(features: Tensor, goal: Tensor) -> float:
    """The divisor that makes a Fréchet distance count what was memorised (Bai et al. 2021): 1 where nothing was.

    The mean, over the pictures, of the cosine distance to the nearest one of `goal`; 1 where that is 0.1 or more.
    """
    ours, theirs = (each / each.norm(dim=1, keepdim=True).clamp_min(1e-12) for each in (features, goal))
    nearest = torch.cat([1 - (some @ theirs.T).abs().amax(dim=1) for some in torch.split(ours, 1024)]).mean()
    return float(nearest) if nearest < _EPSILON else 1.0


def mifid(distance: float, memorized: float) -> float:
    """The memorisation-informed Fréchet distance of the Kaggle competition, out of `fid` and `memorization`."""
    return distance / (memorized + 1e-14) if distance > 1e-8 else 0.0


def kid(features: Tensor, goal: Tensor) -> tuple[float, float]:
    """The kernel Inception distance (Bińkowski et al. 2018), which does not depend on how many pictures there are.

    The squared distance between the means of both sets of features in the space of a polynomial kernel of degree 3.

    Returns:
        The mean and the deviation over 100 subsets of half of the pictures, 1,000 at most.
    """
    from torch_fidelity.metric_kid import kid_features_to_metric

    subset = min(_SUBSET, min(len(features), len(goal)) // 2)
    found = kid_features_to_metric(features, goal, kid_subsets=_SUBSETS, kid_subset_size=subset, verbose=False)
    return found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]


def precision_and_recall(features: Tensor, goal: Tensor) -> tuple[float, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019): whether pictures are good, and of all kinds.

    A picture could be one of a set if it is nearer to some picture of it than that one's third neighbour there.

    Returns:
        The share of the pictures that could be some of `goal`, and the share of `goal` that could be some of them.
    """
    from torch_fidelity.metric_prc import prc_features_to_metric

    found = prc_features_to_metric(features, goal, verbose=False, save_cpu_ram=True)
    return found["precision"], found["recall"]
