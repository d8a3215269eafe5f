"""The ResNet of CycleGAN: blocks that each add something to what goes past them (He et al. 2016)."""

from torch import Tensor, nn

from copyart.networks.contract import Generator
from copyart.networks.layers import (
    Norm,
    ReflectionPad,
    Upsample,
    block_names,
    make_norm,
    make_upsampling,
    receptive_field,
)


class ResNet(Generator):
    """The generator of CycleGAN (Johnson et al. 2016, as in Zhu et al. 2017).

    With the default arguments its state dict has the keys of the authors' published PyTorch weights.

    Args:
        base_channels: Channels after the first convolution; four times as many in the blocks.
        blocks: Residual blocks: 6 for pictures of 128 pixels, 9 for 256 and more.
        norm: `instance` as in the paper, of each picture (Ulyanov et al. 2016), or `batch` (Ioffe and Szegedy 2015).
        dropout: Drop half of the values between the convolutions of a block, at random and only while training
            (Srivastava et al. 2014).
        skips: Add the encoder's features to the decoder's at each size.
        upsample: `transposed` convolutions as in the paper, or `resize` and convolve, which leaves no
            checkerboard (Odena et al. 2016).
    """

    size_multiple = 4
    min_size = 8
    without_blocks = "encoder and decoder alone"

    def __init__(
        self,
        *,
        base_channels: int = 64,
        blocks: int = 9,
        norm: Norm = "instance",
        dropout: bool = False,
        skips: bool = False,
        upsample: Upsample = "transposed",
    ) -> None:
        super().__init__()
        self.skips = skips
        self.block_names = block_names(blocks)
        self.decoder = 10 + blocks  # where it begins in `model`: behind the stem, two halvings and the blocks
        self.receptive_field = receptive_field(blocks, upsample)
        self.values_per_pixel = 3 * base_channels
        bias = norm == "instance"  # a batch norm has its own
        c = base_channels

        layers: list[nn.Module] = [
            ReflectionPad(3),
            nn.Conv2d(3, c, 7, bias=bias),
            make_norm(norm, c),
            nn.ReLU(),
        ]
        for i in (c, 2 * c):
            layers += [nn.Conv2d(i, 2 * i, 3, stride=2, padding=1, bias=bias), make_norm(norm, 2 * i), nn.ReLU()]
        layers += [_ResNetBlock(4 * c, norm, dropout=dropout) for _ in range(blocks)]
        for i in (4 * c, 2 * c):
            layers += [make_upsampling(upsample, i, i // 2, bias=bias), make_norm(norm, i // 2), nn.ReLU()]
        layers += [ReflectionPad(3), nn.Conv2d(c, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Paints `x`, b 3 h w in [-1, 1]; h and w multiples of 4, at least 8."""
        model, decoder = self.model, self.decoder
        if not self.skips:
            y: Tensor = model(x)
            return y
        full = model[:4](x)
        half = model[4:7](full)
        quarter = model[7:decoder](half)
        half = half + model[decoder : decoder + 3](quarter)
        full = full + model[decoder + 3 : decoder + 6](half)
        painting: Tensor = model[decoder + 6 :](full)
        return painting

    def layers(self) -> dict[str, nn.Module]:
        """The layers by name, each with its norm and ReLU (negative values become 0; Nair and Hinton 2010)."""
        model, decoder = self.model, self.decoder
        blocks = zip(self.block_names, model[10:decoder], strict=True)
        return {
            "stem": model[3],
            "down 1": model[6],
            "down 2": model[9],
            **{name: block.get_submodule("conv_block") for name, block in blocks},
            "up 1": model[decoder + 2],
            "up 2": model[decoder + 5],
            "out": model[decoder + 7],
        }

    def residuals(self) -> dict[str, str]:
        """The residual blocks, from the first."""
        return {name: name for name in self.block_names}


class _ResNetBlock(nn.Module):
    def __init__(self, channels: int, norm: Norm, *, dropout: bool) -> None:
        super().__init__()
        bias = norm == "instance"
        layers = [
            ReflectionPad(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            make_norm(norm, channels),
            nn.ReLU(),
        ]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [ReflectionPad(1), nn.Conv2d(channels, channels, 3, bias=bias), make_norm(norm, channels)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.conv_block(x)
        return x + residual
