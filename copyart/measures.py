"""What can be measured of pictures without any pretrained network."""

import torch
from torch import Tensor


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
