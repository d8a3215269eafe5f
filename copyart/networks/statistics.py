"""Frozen statistics: layers keep what they measured, so that all parts of a picture, or frames of a film, agree."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from copyart.networks.contract import Network
from copyart.networks.layers import Measuring

Kind = TypeVar("Kind", bound=Network)


@torch.inference_mode()
def freeze_statistics(network: Kind, x: Tensor) -> Kind:
    """Measures what layers of a network go by of the picture as a whole, jointly over all of `x`, and freezes it.

    Instance normalisation (Ulyanov et al. 2016) makes tiles that are painted one by one differ in colour, because
    each is normalised by its own mean and variance; so do colour curves that each tile chooses for itself. Frozen,
    they are the same for all, and a tile with a border of half the receptive field comes out as the same part of the
    whole picture would.

    Args:
        network: Any; it is not changed.
        x: Parts of one picture, or frames of a film, b 3 h w in [-1, 1].

    Returns:
        A network that shares the weights and goes by these statistics whatever it is given.
    """
    frozen = copy.deepcopy(network, {id(weight): weight for weight in (*network.parameters(), *network.buffers())})
    layers = [part for part in frozen.modules() if isinstance(part, Measuring)]
    for layer in layers:
        layer.measuring = True
    frozen(x)
    for layer in layers:
        layer.measuring = False
    return frozen


def measures_pictures(network: nn.Module) -> bool:
    """Tells whether a network goes by statistics of the picture that it is given, which can be frozen."""
    return any(isinstance(part, Measuring) for part in network.modules())


def mixes_batch(network: nn.Module) -> bool:
    """Tells whether a network's output for a picture depends, while it learns, on the others of its batch."""
    parts = network.modules()
    return any(isinstance(part, nn.BatchNorm2d) or getattr(part, "mixes_batch", False) for part in parts)
