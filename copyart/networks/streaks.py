"""Streaks: noise drawn out along the forms of a photo. A generator makes long strokes of them, also of an empty sky.

A convolutional network sees nothing in an even place, so it fills it with one mark again and again. Streaks give it
something to paint there that goes with the rest of the photo.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.networks.colors import luma

_PERIOD = 512  # pixels after which the noise begins again: a power of two
_LAST = _PERIOD - 1
_STEPS, _STRIDE = 6, 2.0  # a streak goes so many steps of so many pixels to each side
_DEVIATION = 5.6  # of the sum of all steps
_SIDES = (2, 8, 24)  # in means of so many pixels are the forms looked for
_CALM = 4  # over so many pixels directions are averaged, so that none is beside its opposite
_TURN = 0.35  # radians, at most, by which streaks wind about the forms
_EVEN = 1e-6  # of a slope: how little it takes to be a form; without, streaks are level


def find_flow(x: Tensor) -> Tensor:
    """The directions along the forms of pictures, b 3 h w in [-1, 1]: unit vectors (right, down), b 2 h w.

    Directions are across the gradients, averaged near and far as structure tensors (Kyprianidis and Doellner 2008):
    what is near decides, and in an even place what is next to it.
    """
    around = F.pad(_blur(luma(x.float())), (1, 1, 1, 1), mode="replicate")
    right = (around[:, :, 1:-1, 2:] - around[:, :, 1:-1, :-2]) / 2
    down = (around[:, :, 2:, 1:-1] - around[:, :, :-2, 1:-1]) / 2
    twice = torch.cat([right**2 - down**2, 2 * right * down], dim=1)  # at twice the angle, where opposites are one
    twice[:, 0] -= _EVEN
    tensors = torch.stack([_average(twice, side) for side in _SIDES]).sum(dim=0)
    lengths = tensors.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-12)
    calm = _average(tensors / lengths, _CALM)
    angle = (torch.atan2(calm[:, 1], calm[:, 0]) + math.pi) / 2
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)


def draw_streaks(
    flow: Tensor, size: tuple[int, int], rows: tuple[int, int] | None = None, places: Tensor | None = None
) -> Tensor:
    """Draws noise out along a flow: line integral convolution (Cabral and Leedom 1993).

    Args:
        flow: Directions in whole pictures, b 2 h' w', of any size.
        size: Height and width in pixels of these pictures.
        rows: Draw those from the first to before the second; all when None.
        places: Where in the noise each picture begins, b 2 in [0, 1); all at its beginning when None.

    Returns:
        Lighter and darker streaks, b 1 rows width, with a mean of about 0 and a deviation of about 1.
    """
    (height, width), (top, bottom) = size, rows or (0, size[0])
    b, _, fine_rows, fine_columns = flow.shape
    noise = _noise(flow.device).flatten()
    ways_right, ways_down = flow.transpose(0, 1).flatten(1)
    first = (torch.arange(b, device=flow.device) * (fine_rows * fine_columns)).view(b, 1, 1)
    down, right = torch.meshgrid(
        torch.arange(top, bottom, device=flow.device, dtype=torch.float32),
        torch.arange(width, device=flow.device, dtype=torch.float32),
        indexing="ij",
    )
    if places is None:
        places = torch.zeros(1, 2, device=flow.device)
    shift_down, shift_right = (places.float() * _PERIOD).long().view(-1, 2, 1, 1).unbind(dim=1)
    turn = _turn(down + shift_down, right + shift_right)
    cos, sin = torch.cos(turn), torch.sin(turn)

    def pick(values: Tensor, places: Tensor) -> Tensor:
        """Picks out of a list of values; a third of the time that an index takes."""
        return values.index_select(0, places.flatten()).view_as(places)

    def look(y: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The way on from places, down and right, and the noise there."""
        row = (y * (fine_rows / height)).clamp(0, fine_rows - 1).long()
        column = (x * (fine_columns / width)).clamp(0, fine_columns - 1).long()
        there = first + row * fine_columns + column
        along, across = pick(ways_right, there), pick(ways_down, there)
        in_noise = (y.round().long() + shift_down & _LAST) * _PERIOD + (x.round().long() + shift_right & _LAST)
        return sin * along + cos * across, cos * along - sin * across, pick(noise, in_noise)

    start = down.expand(b, -1, -1), right.expand(b, -1, -1)
    way_down, way_right, total = look(*start)
    for sign in (1.0, -1.0):
        y, x = start
        before_down, before_right = sign * way_down, sign * way_right
        for _ in range(_STEPS):
            y, x = y + _STRIDE * before_down, x + _STRIDE * before_right
            now_down, now_right, found = look(y, x)
            ahead = torch.where(now_down * before_down + now_right * before_right < 0, -1.0, 1.0)
            before_down, before_right = ahead * now_down, ahead * now_right
            total = total + found
    return total[:, None] / _DEVIATION


def lay_streaks(x: Tensor, percent: float, places: Tensor | None = None) -> Tensor:
    """Lays streaks over whole pictures; none where `percent` is 0.

    Args:
        x: b 3 h w in [-1, 1].
        percent: The deviation by which they lighten and darken, out of the way from black to white.
        places: Where in the noise each picture begins, b 2 in [0, 1); all at its beginning when None.
    """
    if not percent:
        return x
    with torch.no_grad():
        streaks = draw_streaks(find_flow(x), (x.shape[2], x.shape[3]), places=places)
    return x + (streaks * (percent / 50)).to(x.dtype)


def _average(x: Tensor, side: int) -> Tensor:
    """Means of about so many pixels around each, b c h w."""
    small = _blur(F.avg_pool2d(x, side, ceil_mode=True, count_include_pad=False))
    return F.interpolate(small, size=x.shape[-2:], mode="bilinear")


def _blur(x: Tensor) -> Tensor:
    """Weighs each pixel with two on each side, 1 4 6 4 1 either way."""
    channels = x.shape[1]
    line = x.new_tensor([1, 4, 6, 4, 1]) / 16
    x = F.pad(x, (2, 2, 2, 2), mode="replicate")
    x = F.conv2d(x, line.view(1, 1, 5, 1).expand(channels, 1, 5, 1), groups=channels)
    return F.conv2d(x, line.view(1, 1, 1, 5).expand(channels, 1, 1, 5), groups=channels)


def _turn(down: Tensor, right: Tensor) -> Tensor:
    """The angles by which streaks wind, in waves of some hundred pixels."""
    y, x = down * (2 * math.pi), right * (2 * math.pi)
    return _TURN * torch.sin(x / 97 + 1.3 * torch.sin(y / 131)) * torch.sin(y / 83 + 1.7 * torch.sin(x / 149))


@lru_cache
def _noise(device: torch.device) -> Tensor:
    """Noise a little wider than pixels, which ends as it begins, with a deviation of 1."""
    with torch.inference_mode(mode=False):
        drawn = torch.rand(_PERIOD, _PERIOD, generator=torch.Generator().manual_seed(0)) - 0.5
        wider = F.pad(drawn[None, None], (4, 4, 4, 4), mode="circular")
        blurred = _blur(_blur(wider))[0, 0, 4:-4, 4:-4]
        return (blurred / blurred.std()).to(device)
