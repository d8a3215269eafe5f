"""Generators: networks that turn pictures into paintings, `b 3 h w` in [-1, 1] to the same shape and range.

Each knows what it asks of its input: `size_multiple`, of which height and width must be multiples, and
`receptive_field`, the width in pixels of the square of the input around a pixel that this pixel of the
output can depend on (apart from what the normalisation measures, which is the whole picture).
"""

import itertools
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.layers import (
    Blur,
    Enlarge,
    EnlargingConv,
    FewChannelsConv,
    InstanceNorm,
    Norm,
    ReflectionConv,
    ReflectionPad,
    Upsample,
    make_norm,
)

_STRENGTH = 1.5  # of the underpainting before the tanh, which then gives about the same colours


class Generator(nn.Module):
    """What every generator promises.

    Attributes:
        size_multiple: Height and width of the input must be multiples of it, and at least `min_size`.
        min_size: The smallest height and width that the network can take.
        receptive_field: Width in pixels of the square around a pixel that its output depends on, the
            statistics of the normalisation given; a tile needs half of it as a border.
        values_per_pixel: About how many numbers the network keeps in memory at once for each pixel of its input.
        bare: What paints when none of its additions do.
    """

    size_multiple: int
    min_size: int
    receptive_field: int
    values_per_pixel: int
    bare: str

    def parts(self) -> dict[str, nn.Module]:
        """Its layers by name, in the order in which a picture goes through them; each gives b c h w.

        Of a residual block it is what gives that which the block adds to what goes past it.
        """
        raise NotImplementedError

    def additions(self) -> dict[str, str]:
        """Those of its parts that it can paint without (they give zeros), in the order in which to let them join.

        Returns:
            By the name of each, what joins in with it.
        """
        raise NotImplementedError


class ResNet(Generator):
    """The generator of CycleGAN (Johnson et al. 2016, as in Zhu et al. 2017).

    With the default arguments its state dict has the keys of the authors' published PyTorch weights.

    Args:
        base_channels: Channels after the first convolution; four times as many in the blocks.
        blocks: Residual blocks: 6 for pictures of 128 pixels, 9 for 256 and more.
        norm: `instance` as in the paper, or `batch`.
        dropout: Drop half of the channels' values between the convolutions of a block, while training.
        skips: Add the encoder's features to the decoder's at each size.
        upsample: `transposed` convolutions as in the paper, or `resize` and convolve, which leaves no
            checkerboard (Odena et al. 2016).
    """

    size_multiple = 4
    min_size = 8
    bare = "encoder and decoder alone"

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
        self.block_names = _block_names(blocks)
        self.decoder = 10 + blocks  # where it begins in `model`: behind the stem, two halvings and the blocks
        self.receptive_field = _receptive_field(blocks, upsample)
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
            layers += [_enlarge(upsample, i, i // 2, bias=bias), make_norm(norm, i // 2), nn.ReLU()]
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

    def parts(self) -> dict[str, nn.Module]:
        """Its layers by name, each with its norm and ReLU."""
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

    def additions(self) -> dict[str, str]:
        """The residual blocks."""
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


class Compact(Generator):
    """A small ResNet for processors without a GPU: an eighth of the multiply-adds of the paper's.

    This differs from Zhu et al. (2017): few channels, every enlargement is a nearest-neighbour resize and a
    convolution (Odena et al. 2016), reflection padding throughout, and the norms have weights and biases.

    Args:
        base_channels: Channels after the first convolution; four times as many in the blocks.
        blocks: Residual blocks.
        antialias: Blur before every halving and enlarge bilinearly, so that no frequency turns into another
            (Zhang 2019, as in Park et al. 2020).
        underpainting: Begin with the picture's broad colours, averaged over some eight pixels, and add strokes to
            them: colours need not be learned, and dark pictures stay dark, which the norms forget.
    """

    size_multiple = 4
    min_size = 8

    def __init__(
        self, *, base_channels: int = 24, blocks: int = 6, antialias: bool = False, underpainting: bool = False
    ) -> None:
        super().__init__()
        self.bare = "the underpainting alone" if underpainting else "encoder and decoder alone"
        self.underpainting = nn.Parameter(torch.full((3, 1, 1), _STRENGTH)) if underpainting else None
        # A blur looks one pixel further, at widths of 1 and 2; a bilinear enlargement half a coarse one.
        self.receptive_field = _receptive_field(blocks, "resize") + (2 * (1 + 2 + 2 + 1) if antialias else 0)
        self.values_per_pixel = (12 if antialias else 6) * base_channels
        self.enlarge = nn.Sequential(Enlarge(), Blur()) if antialias else nn.Identity()
        enlarging = partial(ReflectionConv, kernel=3) if antialias else EnlargingConv
        c = base_channels

        self.stem = _ConvNorm(ReflectionConv(3, c, 7), c)
        self.down = nn.Sequential(
            *(_ConvNorm(ReflectionConv(i, 2 * i, 3, stride=2), 2 * i, antialias) for i in (c, 2 * c))
        )
        self.blocks = nn.Sequential(*(_CompactBlock(4 * c) for _ in range(blocks)))
        self.up = nn.Sequential(*(_ConvNorm(enlarging(i, i // 2), i // 2) for i in (4 * c, 2 * c)))
        self.out = nn.ModuleDict({"conv": FewChannelsConv(c, 3, 7)})

    def forward(self, x: Tensor) -> Tensor:
        """Paints `x`, b 3 h w in [-1, 1]; h and w multiples of 4, at least 8."""
        y = self.blocks(self.down(self.stem(x)))
        for up in self.up:
            y = up(self.enlarge(y))
        y = self.out["conv"](y)
        return torch.tanh(y if self.underpainting is None else y + self.underpainting * _broad(x))

    def parts(self) -> dict[str, nn.Module]:
        """Its layers by name, each with its norm and ReLU."""
        return {
            "stem": self.stem,
            **{f"down {i}": down for i, down in enumerate(self.down, start=1)},
            **{f"block {i}": block.get_submodule("norm2") for i, block in enumerate(self.blocks, start=1)},
            **{f"up {i}": up for i, up in enumerate(self.up, start=1)},
            "out": self.out["conv"],
        }

    def additions(self) -> dict[str, str]:
        """The residual blocks; before them, where there is an underpainting, what else there is."""
        rest = {} if self.underpainting is None else {"out": "encoder and decoder"}
        return rest | {name: name for name in _block_names(len(self.blocks))}


def _broad(x: Tensor) -> Tensor:
    """The broad colours of a picture."""
    small = F.avg_pool2d(x, 4).contiguous()  # three channels are enlarged three times as fast so
    return F.interpolate(small, scale_factor=4, mode="bilinear")


class _ConvNorm(nn.Module):
    def __init__(self, conv: ReflectionConv, channels: int, antialias: bool = False) -> None:
        super().__init__()
        self.blur = Blur() if antialias else nn.Identity()
        self.conv = conv
        self.norm = InstanceNorm(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(self.blur(x))), inplace=True)


class _CompactBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = ReflectionConv(channels, channels, 3), InstanceNorm(channels, affine=True)
        self.conv2, self.norm2 = ReflectionConv(channels, channels, 3), InstanceNorm(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)), inplace=True)))
        return x + residual


class UNet(Generator):
    """The U-Net of pix2pix (Isola et al. 2017): down to one pixel and back, with the encoder's features beside.

    Args:
        base_channels: Channels after the first convolution; doubled three times on the way down.
        depth: How often the picture is halved: 8 for U-Net-256, 7 for U-Net-128.
        norm: `instance` or `batch`.
        dropout: Drop half of the values in the innermost layers of the decoder, while training.
        upsample: `transposed` convolutions as in the paper, or `resize` and convolve.
    """

    bare = "the outermost level alone"

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
            self.up.append(nn.Sequential(_enlarge(upsample, i, o, kernel=4, bias=bias), make_norm(norm, o), *drop))
        self.up.append(_enlarge(upsample, 2 * channels[1], 3, kernel=4))

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

    def parts(self) -> dict[str, nn.Module]:
        """Its convolutions by name and level, from 1, the outermost, in and back; each with its norm."""
        depth = len(self.down)
        down = {f"down {level}": part for level, part in enumerate(self.down, start=1)}
        return down | {f"up {depth - i}": part for i, part in enumerate(self.up)}

    def additions(self) -> dict[str, str]:
        """The levels, from the second on: each brings what the encoder saw at it, and lets the next join."""
        return {f"up {level}": f"level {level}" for level in range(2, len(self.down) + 1)}


GENERATORS: dict[str, type[Generator]] = {"resnet": ResNet, "compact": Compact, "unet": UNet}


def _block_names(blocks: int) -> list[str]:
    return [f"block {i}" for i in range(1, blocks + 1)]


def _enlarge(upsample: Upsample, i: int, o: int, *, kernel: int = 3, bias: bool = True) -> nn.Module:
    if upsample == "transposed":
        return nn.ConvTranspose2d(i, o, kernel, stride=2, padding=1, output_padding=4 - kernel, bias=bias)
    return nn.Sequential(Enlarge(), ReflectionPad(1), nn.Conv2d(i, o, 3, bias=bias))


def _receptive_field(blocks: int, upsample: Upsample) -> int:
    """Of a 7x7, two 3x3 at strides of 2, `blocks` of two 3x3, two enlargements and a 7x7.

    A 3x3 looks one pixel of its own grid further on each side; pixels are 4 wide in the blocks. An enlarged
    pixel looks half a coarse one further, and the convolution after a resize one of the finer grid.
    """
    enlargements = (2 + 1) if upsample == "transposed" else (2 + 2) + (1 + 1)
    return 1 + 2 * (3 + 1 + 2 + blocks * 2 * 4 + enlargements + 3)
