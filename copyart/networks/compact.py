"""A small ResNet for processors without a GPU."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.colors import ColorCurves
from copyart.networks.contract import Generator
from copyart.networks.layers import (
    Blur,
    Enlarge,
    EnlargingConv,
    FewChannelsConv,
    InstanceNorm,
    ReflectionConv,
    block_names,
    receptive_field,
)
from copyart.networks.weights import draw_normal

_STRENGTH = 1.5  # of the colour skip before the tanh, which then gives about the same colours


class Compact(Generator):
    """A small ResNet for processors without a GPU: an eighth of the multiply-adds of the paper's.

    This differs from Zhu et al. (2017): few channels, every enlargement is a nearest-neighbour resize and a
    convolution (Odena et al. 2016), reflection padding throughout, and the norms have weights and biases.

    Args:
        base_channels: Channels after the first convolution; four times as many in the blocks.
        blocks: Residual blocks.
        antialias: Blur before every halving and enlarge bilinearly, so that no frequency turns into another
            (Zhang 2019, as in Park et al. 2020).
        color_skip: Begin with the picture's broad colours, averaged over some eight pixels, and add strokes to
            them: colours need not be learned, and dark pictures stay dark, which the norms forget.
        color_curves: Move these broad colours first, to those that a painter would choose; see `ColorCurves`.
        underpainting: The word for `color_skip` in recipes and records that were written before it had that name.
    """

    size_multiple = 4
    min_size = 8

    def __init__(
        self,
        *,
        base_channels: int = 24,
        blocks: int = 6,
        antialias: bool = False,
        color_skip: bool = False,
        color_curves: bool = False,
        underpainting: bool = False,
    ) -> None:
        super().__init__()
        color_skip = color_skip or underpainting or color_curves
        self.without_blocks = "the underpainting alone" if color_skip else "encoder and decoder alone"
        # Saved weights have it by this name.
        self.underpainting = nn.Parameter(torch.full((3, 1, 1), _STRENGTH)) if color_skip else None
        self.curves = ColorCurves() if color_curves else None
        # A blur looks one pixel further, at widths of 1 and 2; a bilinear enlargement half a coarse one.
        self.receptive_field = receptive_field(blocks, "resize") + (2 * (1 + 2 + 2 + 1) if antialias else 0)
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
        return torch.tanh(y if self.underpainting is None else y + self.underpainting * self._broad(x))

    def layers(self) -> dict[str, nn.Module]:
        """The layers by name, each with its norm and ReLU (negative values become 0; Nair and Hinton 2010)."""
        return {
            "stem": self.stem,
            **{f"down {i}": down for i, down in enumerate(self.down, start=1)},
            **{f"block {i}": block.get_submodule("norm2") for i, block in enumerate(self.blocks, start=1)},
            **{f"up {i}": up for i, up in enumerate(self.up, start=1)},
            "out": self.out["conv"],
        }

    def residuals(self) -> dict[str, str]:
        """The residual blocks; before them, where there is a colour skip, what else there is."""
        rest = {} if self.underpainting is None else {"out": "encoder and decoder"}
        return rest | {name: name for name in block_names(len(self.blocks))}

    @classmethod
    def described(cls, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments that build such a generator from `options`, with the defaults, by today's words.

        Raises:
            TypeError: If nothing can be built from these.
        """
        described = dict(super().described(options))
        described["color_skip"] |= described.pop("underpainting")
        return described

    def draw_weights(self) -> None:
        """Draws new weights; where there is a colour skip, the painting begins with that alone."""
        draw_normal(self)
        if self.underpainting is not None:
            nn.init.zeros_(self.get_parameter("out.conv.weight"))
        if self.curves is not None:
            self.curves.draw_weights()

    def broad_colors(self, x: Tensor) -> Tensor:
        """The colours over which it paints `x`, b 3 h w, in means of 4 x 4 pixels; only where it has a colour skip."""
        if self.underpainting is None:
            return super().broad_colors(x)
        return torch.tanh(self.underpainting * self._small(x))

    def _broad(self, x: Tensor) -> Tensor:
        """The broad colours of a picture: means of 4 x 4 pixels, enlarged again to b 3 h w; h and w multiples of 4."""
        return F.interpolate(self._small(x), scale_factor=4, mode="bilinear")

    def _small(self, x: Tensor) -> Tensor:
        small = F.avg_pool2d(x, 4).contiguous()  # three channels are enlarged three times as fast so
        return small if self.curves is None else self.curves(small)


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
