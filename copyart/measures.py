"""What can be measured of pictures without any pretrained network.

Pictures are tensors b 3 h w in [-1, 1].
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_PATCH = 7  # pixels; with the numbers below as in Karras et al. (2018)
_DIRECTIONS = 512
_SMALLEST = 16  # pixels of the pyramid's last level
_PATCHES = 16_384  # of each level


def sliced_wasserstein(pictures: Tensor, goal: Tensor, *, seed: int = 0) -> float:
    """How far pictures are from others in colour and texture, times 1,000: 0 for the same (Karras et al. 2018).

    Patches of 7 x 7 are drawn from each level of the pictures' Laplacian pyramids, which part what is fine from
    what is coarse. The distance between the two sets of patches is the mean, over 512 directions, of how far
    one has to be moved to become the other.

    This differs from Karras et al.: both sets are normalised by the mean and deviation of `goal`, not each
    by its own, so that palette and contrast count.

    Args:
        pictures: b 3 h w in [-1, 1]; of all sizes h and w are the same and at least 16.
        goal: Those to come near to.
        seed: Sets which patches and directions are drawn.
    """
    chance = torch.Generator().manual_seed(seed)
    distances = []
    for level, goal_level in zip(_pyramid(pictures.float().cpu()), _pyramid(goal.float().cpu()), strict=True):
        mine, theirs = _some_patches(level, chance), _some_patches(goal_level, chance)
        mean, deviation = theirs.mean(dim=(0, 2), keepdim=True), theirs.std(dim=(0, 2), keepdim=True).clamp_min(1e-6)
        directions = F.normalize(torch.randn(3 * _PATCH**2, _DIRECTIONS, generator=chance), dim=0)
        shadows = [directions.T @ ((each - mean) / deviation).flatten(1).T for each in (mine, theirs)]
        first, second = (np.sort(shadow.numpy()) for shadow in shadows)  # eight times as fast as torch's
        distances.append(np.abs(first - second).mean())
    return 1000 * float(np.mean(distances))


def _pyramid(x: Tensor) -> list[Tensor]:
    """What each halving of pictures loses, and at last what is left."""
    levels = []
    while min(x.shape[-2:]) >= 2 * _SMALLEST:
        line = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
        kernel = (line[:, None] * line).expand(3, 1, 5, 5)
        smaller = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=3)
        levels.append(x - F.interpolate(smaller, size=x.shape[-2:], mode="bilinear"))
        x = smaller
    return [*levels, x]


def _some_patches(level: Tensor, chance: torch.Generator) -> Tensor:
    """Patches from anywhere in pictures: n 3 49."""
    b, _, h, w = level.shape
    which, top, left = (torch.randint(n, (_PATCHES,), generator=chance) for n in (b, h - _PATCH + 1, w - _PATCH + 1))
    reach = torch.arange(_PATCH)
    rows, columns = (top[:, None] + reach)[:, :, None], (left[:, None] + reach)[:, None, :]
    return level[which[:, None, None], :, rows, columns].flatten(1, 2).transpose(1, 2)


def weave(pictures: Tensor) -> float:
    """How strongly a grid of two or four pixels shows, in decibels over the frequencies beside it.

    Strided convolutions leave such grids (Odena et al. 2016); photographs of 256 pixels have next to none (0 to 2 dB).
    The spectrum is the mean over all rows and columns of the light; a grid's power is that at periods of
    exactly two and four pixels, what is beside it the median of its neighbourhood.

    Args:
        pictures: b 3 h w in [-1, 1], h and w at least 32.
    """
    light = pictures.float().mean(dim=1)
    worst = -torch.inf
    for lines in (light, light.transpose(1, 2)):
        size = lines.shape[-1] // 8 * 8
        lines = lines[..., :size] - lines[..., :size].mean(dim=-1, keepdim=True)
        power = torch.fft.rfft(lines * torch.hann_window(size, device=lines.device)).abs().square().mean(dim=(0, 1))
        reach = max(4, size // 16)
        for peak in (size // 4, size // 2):
            beside = power[[i for i in range(peak - reach, min(peak + reach + 1, len(power))) if abs(i - peak) > 2]]
            ratio = 10 * torch.log10(power[peak].clamp_min(1e-12) / beside.median().clamp_min(1e-12))
            worst = max(worst, float(ratio))
    return worst
