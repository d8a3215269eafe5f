"""Discriminators: networks that tell real pictures from what a generator made."""

import itertools
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from copyart.networks.efficientnet import EfficientNetLite
from copyart.networks.layers import Norm, make_norm

_SPREAD = 7.0  # of the features that an EfficientNet-Lite0 finds in photographs and paintings: their deviation
_MIXED = (32, 64, 64, 64)  # channels at each scale


class PatchGAN(nn.Module):
    """Judges every patch of a picture by itself: 70 x 70 pixels with three layers (Isola et al. 2017).

    Args:
        base_channels: Channels after the first convolution; doubled with each layer, eight times as many at most.
        layers: Convolutions that halve the picture.
        heads: Scores a patch gets. A discriminator with two objectives has two, over one trunk.
        norm: `instance` as in Zhu et al. (2017), or `batch`.
    """

    def __init__(self, *, base_channels: int = 64, layers: int = 3, heads: int = 1, norm: Norm = "instance") -> None:
        super().__init__()
        bias = norm == "instance"
        channels = [base_channels * min(2**i, 8) for i in range(layers + 1)]

        parts: list[nn.Module] = [nn.Conv2d(3, base_channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for i, o in itertools.pairwise(channels[:-1]):
            conv = nn.Conv2d(i, o, 4, stride=2, padding=1, bias=bias)
            parts += [conv, make_norm(norm, o), nn.LeakyReLU(0.2)]
        last = nn.Conv2d(channels[-2], channels[-1], 4, padding=1, bias=bias)
        parts += [last, make_norm(norm, channels[-1]), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*parts)
        self.heads = nn.Conv2d(channels[-1], heads, 4, padding=1)
        self.min_size = 2**layers * 4

    def forward(self, x: Tensor) -> Tensor:
        """Scores `x`, b 3 h w in [-1, 1], h and w of at least `min_size`: b heads h' w', no sigmoid."""
        scores: Tensor = self.heads(self.trunk(x))
        return scores


class FinePatchGAN(nn.Module):
    """Judges patches of 32 x 32 pixels, from full size on, so that a grid of pixels is not missed.

    The norms are of the weights (Miyato et al. 2018), so that how strong the finest is counts.

    Args:
        base_channels: Channels at full size; twice and four times as many at a half and a quarter of it.
    """

    min_size = 8

    def __init__(self, *, base_channels: int = 32) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, base_channels, 3, padding=1)]
        for i in (base_channels, base_channels * 2):
            parts += [nn.Conv2d(i, i, 4, stride=2, padding=1), nn.Conv2d(i, i * 2, 3, padding=1)]
        normed = [layer for part in parts for layer in (spectral_norm(part), nn.LeakyReLU(0.2))]
        self.judge = nn.Sequential(*normed, nn.Conv2d(base_channels * 4, 1, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Scores `x`, b 3 h w in [-1, 1], h and w of at least `min_size`: b 1 h/4 w/4, no sigmoid."""
        scores: Tensor = self.judge(x)
        return scores


class ProjectedGAN(nn.Module):
    """Judges what a network that knows photographs finds in a picture, at four scales (Sauer et al. 2021).

    It need not learn to see, only what is of the artist: a fraction of the steps, and of the paintings. What the
    network finds is mixed at random, across channels and from coarse to fine, so that no part of it can be left out.

    This differs from Sauer et al.: scores are of patches, and their networks have no norms, so that palette counts.

    Args:
        channels: Of the networks that learn, one for each scale.
        heads: Scores a patch gets.
        wider: Whether others judge the picture shrunk by half as well, in which a patch is twice as large (Wang et
            al. 2018).
    """

    def __init__(self, *, channels: int = 64, heads: int = 1, wider: bool = False) -> None:
        super().__init__()
        self.features = EfficientNetLite()
        random = torch.Generator().manual_seed(0)
        coarser = (*_MIXED[1:], 0)

        def scales() -> nn.ModuleList:
            parts = zip(self.features.channels, _MIXED, coarser, strict=True)
            return nn.ModuleList(_Scale(found, mixed, below, channels, heads, random) for found, mixed, below in parts)

        self.scales = scales()
        self.wider = scales() if wider else None
        self.min_size = 64 if wider else 32

    def forward(self, x: Tensor) -> Tensor:
        """Scores `x`, b 3 h w in [-1, 1], h and w of at least `min_size`.

        Returns:
            b heads h' w', no sigmoid, one scale beside another.
        """
        with torch.autocast(x.device.type, enabled=False):  # in bfloat16 a CPU takes twice as long
            scores = self._judge(x, self.scales)
            if self.wider is not None:
                scores += self._judge(F.avg_pool2d(x, 2), self.wider)
        size = max(part.shape[-2:] for part in scores)
        return torch.cat([F.interpolate(part, size=size) for part in scores], dim=-1)

    def _judge(self, x: Tensor, scales: nn.ModuleList) -> list[Tensor]:
        """Scores at each scale, the coarsest first."""
        mixed: Tensor | None = None
        scores_of_scales: list[Tensor] = []
        for scale, features in zip(reversed(scales), reversed(self.features(x)), strict=True):
            mixed, scores = scale(features, mixed)
            scores_of_scales.append(scores)
        return scores_of_scales

    def draw_weights(self) -> None:
        """Leaves the weights as they were drawn at random when it was built."""


class _Scale(nn.Module):
    """Mixes what was found at one scale with what is mixed of the next coarser one, and judges it."""

    across: Tensor
    down: Tensor | None

    def __init__(
        self, found: int, mixed: int, coarser: int, channels: int, heads: int, random: torch.Generator
    ) -> None:
        super().__init__()
        self.register_buffer("across", torch.randn(mixed, found, 1, 1, generator=random) / (found**0.5 * _SPREAD))
        down = torch.randn(mixed, coarser, 3, 3, generator=random) / (9 * coarser) ** 0.5 if coarser else None
        self.register_buffer("down", down)
        self.judge = nn.Sequential(
            nn.Conv2d(mixed, channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, heads, 1),
        )
        for part in self.judge:
            if isinstance(part, nn.Conv2d) and part.bias is not None:
                nn.init.kaiming_normal_(part.weight, 0.2)
                nn.init.zeros_(part.bias)

    def forward(self, found: Tensor, coarser: Tensor | None) -> tuple[Tensor, Tensor]:
        mixed = F.conv2d(found, self.across)
        if coarser is not None and self.down is not None:
            enlarged = F.interpolate(coarser, size=found.shape[-2:])
            mixed = (mixed + F.conv2d(enlarged, self.down, padding=1)) / 2**0.5
        return mixed, self.judge(mixed)


Discriminator: TypeAlias = PatchGAN | ProjectedGAN

DISCRIMINATORS: dict[str, type[Discriminator]] = {"patch": PatchGAN, "projected": ProjectedGAN}
