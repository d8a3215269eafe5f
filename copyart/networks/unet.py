"""The U-Net of pix2pix: an encoder, and a decoder that is given the encoder's features (Ronneberger et al. 2015)."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.contract import Generator
from copyart.networks.layers import Norm, Upsample, make_norm, make_upsampling


class UNet(Generator):
    """The U-Net of pix2pix (Isola et al. 2017): down to one pixel and back, with the encoder's features beside.

    Args:
        base_channels: Channels after the first convolution; doubled three times on the way down.
        depth: How often the picture is halved: 8 for U-Net-256, 7 for U-Net-128.
        norm: `instance`, of each picture (Ulyanov et al. 2016), or `batch` (Ioffe and Szegedy 2015).
        dropout: Drop half of the values in the innermost layers of the decoder, at random and only while training.
        upsample: `transposed` convolutions as in the paper, or `resize` and convolve, which leaves no
            checkerboard (Odena et al. 2016).
    """

    without_blocks = "the outermost level alone"

    def __init__(
        self,
        *,
        base_channels: int = 64,
        depth: int = 8,
        norm: Norm = "instance",
        dropout: bool = False,
        upsample: Upsample = "transposed",
    ) -> None:
        super().__init__()
        self.size_multiple = self.min_size = 2**depth
        # Each level looks three of its own pixels further on each side, and those are 1, 2, 4, ... wide.
        self.receptive_field = 1 + 2 * 3 * (2**depth - 1)
        self.values_per_pixel = 2 * base_channels
        bias = norm == "instance"
        channels = [3, *(base_channels * 2 ** min(i, 3) for i in range(depth))]

        self.down = nn.ModuleList()
        for level, (i, o) in enumerate(itertools.pairwise(channels), start=1):
            outermost, innermost = level == 1, level == depth
            conv = nn.Conv2d(i, o, 4, stride=2, padding=1, bias=bias or outermost or innermost)
            self.down.append(conv if outermost or innermost else nn.Sequential(conv, make_norm(norm, o)))

        self.up = nn.ModuleList()
        for level in range(depth, 1, -1):
            i, o = channels[level] * (1 if level == depth else 2), channels[level - 1]
            drop = [nn.Dropout(0.5)] if dropout and 5 <= level < depth else []
            self.up.append(
                nn.Sequential(make_upsampling(upsample, i, o, kernel=4, bias=bias), make_norm(norm, o), *drop)
            )
        self.up.append(make_upsampling(upsample, 2 * channels[1], 3, kernel=4))

    def forward(self, x: Tensor) -> Tensor:
        """Paints `x`, b 3 h w in [-1, 1]; h and w multiples of 2^depth."""
        features: list[Tensor] = []
        for down in self.down:
            x = down(F.leaky_relu(x, 0.2) if features else x)
            features.append(x)
        x = features.pop()
        for up in self.up:
            x = up(F.relu(x))
            x = torch.cat([x, features.pop()], dim=1) if features else x
        return torch.tanh(x)

    def layers(self) -> dict[str, nn.Module]:
        """The convolutions by name and level, from 1, the outermost, in and back; each with its norm."""
        depth = len(self.down)
        down = {f"down {level}": part for level, part in enumerate(self.down, start=1)}
        return down | {f"up {depth - i}": part for i, part in enumerate(self.up)}

    def residuals(self) -> dict[str, str]:
        """The levels, from the second on: each brings what the encoder saw at it, and lets the next join."""
        return {f"up {level}": f"level {level}" for level in range(2, len(self.down) + 1)}
