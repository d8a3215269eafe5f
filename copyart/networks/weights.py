"""The weights that a network begins with."""

from collections.abc import Callable
from functools import partial

from torch import nn

from copyart.networks.layers import InstanceNorm


def initialise(network: nn.Module) -> None:
    """Draws new weights: as Zhu et al. (2017) do, or by the `draw_weights` of a network that begins otherwise."""
    draw: Callable[[], None] = getattr(network, "draw_weights", partial(draw_normal, network))
    draw()


def draw_normal(network: nn.Module) -> None:
    """Draws weights as Zhu et al. (2017) do: convolutions from N(0, 0.02), no biases, norms that change nothing."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d | InstanceNorm) and part.weight is not None and part.bias is not None:
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)
