"""Plain networks with plain parameters: generators paint, discriminators judge."""

from torch import nn

from copyart.networks.discriminators import DISCRIMINATORS, Discriminator, PatchGAN, ProjectedGAN
from copyart.networks.generators import GENERATORS, Compact, Generator, ResNet, UNet
from copyart.networks.holding import hold_statistics
from copyart.networks.layers import Blur, InstanceNorm

__all__ = [
    "DISCRIMINATORS",
    "GENERATORS",
    "Blur",
    "Compact",
    "Discriminator",
    "Generator",
    "InstanceNorm",
    "PatchGAN",
    "ProjectedGAN",
    "ResNet",
    "UNet",
    "hold_statistics",
    "initialise",
]


def initialise(network: nn.Module) -> None:
    """Draws new weights as Zhu et al. (2017) do: convolutions from N(0, 0.02), no biases, norms that change nothing.

    A compact generator with an underpainting begins with that alone; a projected discriminator has drawn its own.
    """
    if isinstance(network, ProjectedGAN):
        return
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.BatchNorm2d | InstanceNorm) and part.weight is not None and part.bias is not None:
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)
    if isinstance(network, Compact) and network.underpainting is not None:
        nn.init.zeros_(network.get_parameter("out.conv.weight"))
