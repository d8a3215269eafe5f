"""Plain networks with plain parameters: generators paint, discriminators judge."""

from copyart.networks.colors import luma
from copyart.networks.compact import Compact
from copyart.networks.contract import Generator, Network, NoiseNetwork
from copyart.networks.dcgan import DCGAN, BatchNorm, DCGANDiscriminator
from copyart.networks.discriminators import DISCRIMINATORS, Discriminator, FinePatchGAN, PatchGAN, ProjectedGAN
from copyart.networks.efficientnet import EfficientNetLite
from copyart.networks.layers import Blur, InstanceNorm
from copyart.networks.rescaling import Halved, Twice, rescaled
from copyart.networks.resnet import ResNet
from copyart.networks.statistics import freeze_statistics, measures_pictures, mixes_batch
from copyart.networks.streaks import draw_streaks, find_flow, lay_streaks
from copyart.networks.stylegan import ResidualDiscriminator, StyleGAN
from copyart.networks.unet import UNet
from copyart.networks.upscaler import Upscaler
from copyart.networks.weights import initialise

__all__ = [
    "DCGAN",
    "DISCRIMINATORS",
    "GENERATORS",
    "NOISE_NETWORKS",
    "BatchNorm",
    "Blur",
    "Compact",
    "DCGANDiscriminator",
    "Discriminator",
    "EfficientNetLite",
    "FinePatchGAN",
    "Generator",
    "Halved",
    "InstanceNorm",
    "Network",
    "NoiseNetwork",
    "PatchGAN",
    "ProjectedGAN",
    "ResNet",
    "ResidualDiscriminator",
    "StyleGAN",
    "Twice",
    "UNet",
    "Upscaler",
    "draw_streaks",
    "find_flow",
    "freeze_statistics",
    "initialise",
    "lay_streaks",
    "luma",
    "measures_pictures",
    "mixes_batch",
    "rescaled",
]

GENERATORS: dict[str, type[Generator]] = {"resnet": ResNet, "compact": Compact, "unet": UNet}

# From noise to pictures, each with the discriminator of its paper.
NOISE_NETWORKS: dict[str, tuple[type[NoiseNetwork], type[DCGANDiscriminator | ResidualDiscriminator]]] = {
    "dcgan": (DCGAN, DCGANDiscriminator),
    "stylegan": (StyleGAN, ResidualDiscriminator),
}
