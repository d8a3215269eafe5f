"""The style-based network of Karras et al. (2019, 2020): pictures whose forms, from coarse to fine, follow from styles.

All weights are from N(0, 1) and scaled where they are used, so that all learn at one pace (Karras et al. 2018).
"""

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.contract import NoiseNetwork
from copyart.networks.layers import exact

_SMALLEST = 4  # pixels
_SLOPE = 0.2  # of what is negative
_GAIN = 2**0.5  # gives back what a leaky ReLU takes of the deviation
_MAPPING_PACE = 0.01  # at which the mapping learns, beside all else
_EPS = 1e-8
_GROUP = 4  # pictures among which a discriminator looks for differences


class StyleGAN(NoiseNetwork):
    """A mapping from codes to styles, and convolutions that these modulate, from 4 x 4 to the picture's size.

    At each size what is drawn so far is enlarged, and what is drawn there is added to it (Karras et al. 2020).

    This differs from Karras et al.: inputs and outputs of a convolution are scaled instead of its kernel, one for each
    picture, which is the same and fast on any device; enlargements are bilinear, which is their filter but for the
    border, and come before the convolution; and the mean style is measured, not averaged as it learns.

    Args:
        image_size: Width and height of its pictures: 4 times a power of 2, at least 16.
        channels: 3, or 1 for grey pictures.
        code: Numbers of a code, and of a style.
        mapping: Layers of the mapping.
        base_channels: Channels at the picture's size; twice as many with each halving.
        most_channels: Those that there are at most.
    """

    mean_style: Tensor

    def __init__(
        self,
        *,
        image_size: int = 64,
        channels: int = 3,
        code: int = 128,
        mapping: int = 4,
        base_channels: int = 32,
        most_channels: int = 128,
    ) -> None:
        super().__init__()
        self.image_size, self.channels, self.code = image_size, channels, code
        widths = _widths(image_size, base_channels, most_channels)
        sizes = [_SMALLEST << i for i in range(len(widths))]
        self.places = 2 * len(sizes)
        self.parts = _parts(len(sizes))
        self.noise_sizes = [size for size in sizes for _ in range(2)][1:]

        self.mapping = nn.Sequential(*(_Dense(code, code, pace=_MAPPING_PACE, bent=True) for _ in range(mapping)))
        self.constant = nn.Parameter(torch.randn(1, widths[0], _SMALLEST, _SMALLEST))
        self.first = _StyledConv(widths[0], widths[0], code)
        self.first_colors = _Colors(widths[0], channels, code)
        self.blocks = nn.ModuleList(_Block(i, o, channels, code) for i, o in itertools.pairwise(widths))
        self.register_buffer("mean_style", torch.zeros(code))
        for i, size in enumerate(self.noise_sizes):
            self.register_buffer(f"noise_{i}", torch.randn(1, 1, size, size))

    def styles(self, codes: Tensor, truncation: float = 1.0) -> Tensor:
        """The styles of codes, b `code`, the same for all places: b `places` `code`."""
        style: Tensor = self.mapping(F.normalize(codes, dim=1) * self.code**0.5)
        if truncation != 1:
            style = self.mean_style + (style - self.mean_style) * truncation
        return style[:, None].expand(-1, self.places, -1)

    def draw(self, styles: Tensor, noise: Sequence[Tensor] = ()) -> Tensor:
        """Draws pictures of styles; see `NoiseNetwork.draw`."""
        noise = noise or [self.get_buffer(f"noise_{i}") for i in range(len(self.noise_sizes))]
        x = self.first(self.constant.expand(len(styles), -1, -1, -1), styles[:, 0], noise[0])
        picture: Tensor = self.first_colors(x, styles[:, 1])
        for i, block in enumerate(self.blocks):
            at = 2 * i + 1  # colours go by the style of the next size's first convolution, as in the paper
            x, colors = block(x, styles[:, at : at + 3], noise[at : at + 2])
            picture = _enlarged(picture) + colors
        return picture

    @torch.no_grad()
    def settle(self, codes: Tensor) -> None:
        """Measures the mean style of codes, b `code`."""
        self.mean_style.copy_(self.styles(codes)[:, 0].mean(dim=0))

    def draw_weights(self) -> None:
        """Leaves the weights as they were drawn when it was built."""


class ResidualDiscriminator(nn.Module):
    """Judges a whole picture, by residual blocks that halve it (Karras et al. 2020).

    Beside what is in a picture it sees by how much those of a group differ, so that pictures which are all alike are
    not taken for real (Karras et al. 2018). A group is four pictures that follow each other; of a batch that cannot be
    parted so, as many as can.

    This differs from Karras et al.: means of 2 x 2 take the place of their filter, before the second convolution.

    Args:
        image_size: Width and height of the pictures: 4 times a power of 2, at least 16.
        channels: Of the pictures.
        base_channels: Channels at the picture's size; twice as many with each halving.
        most_channels: Those that there are at most.
        heads: Scores that a picture gets.
    """

    mixes_batch = True

    def __init__(
        self,
        *,
        image_size: int = 64,
        channels: int = 3,
        base_channels: int = 32,
        most_channels: int = 128,
        heads: int = 1,
    ) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels, most_channels)[::-1]
        self.first = _Conv(channels, widths[0], 1)
        self.blocks = nn.Sequential(*(_HalvingBlock(i, o) for i, o in itertools.pairwise(widths)))
        self.last = _Conv(widths[-1] + 1, widths[-1], 3)
        self.dense = _Dense(widths[-1] * _SMALLEST**2, widths[-1], bent=True)
        self.heads = _Dense(widths[-1], heads)
        self.min_size = image_size

    def forward(self, x: Tensor) -> Tensor:
        """Scores pictures, b `channels` `image_size` `image_size` in [-1, 1]: b heads 1 1, no sigmoid."""
        x = self.blocks(self.first(x))
        x = self.last(torch.cat([x, _differences(x)], dim=1))
        scores: Tensor = self.heads(self.dense(x.flatten(1)))
        return scores[..., None, None]

    def draw_weights(self) -> None:
        """Leaves the weights as they were drawn when it was built."""


class _Dense(nn.Module):
    """A dense layer whose weights are scaled where they are used; `pace` is how fast it learns beside others."""

    def __init__(self, i: int, o: int, *, pace: float = 1.0, bias: float = 0.0, bent: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i) / pace)
        self.bias = nn.Parameter(torch.full((o,), bias / pace))
        self.scale, self.pace, self.bent = pace / i**0.5, pace, bent

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = F.linear(x, self.weight * self.scale, self.bias * self.pace)
        return F.leaky_relu(y, _SLOPE) * _GAIN if self.bent else y


class _Conv(nn.Module):
    """A convolution whose weights are scaled where they are used, bent by a leaky ReLU unless it is plain."""

    def __init__(self, i: int, o: int, kernel: int, *, plain: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i, kernel, kernel))
        self.bias = None if plain else nn.Parameter(torch.zeros(o))
        self.scale, self.padding = (i * kernel**2) ** -0.5, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)
        return y if self.bias is None else F.leaky_relu(y, _SLOPE) * _GAIN


class _ModulatedConv(nn.Module):
    """A convolution whose input channels a style scales; demodulated, what comes out has a deviation of about 1."""

    def __init__(self, i: int, o: int, kernel: int, style: int, *, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i, kernel, kernel))
        self.to_scales = _Dense(style, i, bias=1.0)
        self.scale, self.padding, self.demodulate = (i * kernel**2) ** -0.5, kernel // 2, demodulate

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        weight, scales = self.weight * self.scale, self.to_scales(style)
        y: Tensor = F.conv2d(x * scales[..., None, None].to(x.dtype), weight, padding=self.padding)
        if not self.demodulate:
            return y
        with torch.autocast(x.device.type, enabled=False):
            power: Tensor = exact(scales).square() @ exact(weight).square().sum(dim=(2, 3)).T
        return y * (power + _EPS).rsqrt()[..., None, None].to(y.dtype)


class _StyledConv(nn.Module):
    """A modulated convolution of 3 x 3, noise, a bias and a leaky ReLU."""

    def __init__(self, i: int, o: int, style: int) -> None:
        super().__init__()
        self.conv = _ModulatedConv(i, o, 3, style)
        self.strength = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(o))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        y = self.conv(x, style)
        y = y + (self.strength * noise).to(y.dtype) + self.bias[:, None, None].to(y.dtype)
        return F.leaky_relu(y, _SLOPE) * _GAIN


class _Colors(nn.Module):
    """The colours of what there is at one size, which add up to the picture."""

    def __init__(self, i: int, channels: int, style: int) -> None:
        super().__init__()
        self.conv = _ModulatedConv(i, channels, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        colors: Tensor = exact(self.conv(x, style)) + self.bias[:, None, None]
        return colors


class _Block(nn.Module):
    """Two styled convolutions at twice the size, and the colours of what comes out."""

    def __init__(self, i: int, o: int, channels: int, style: int) -> None:
        super().__init__()
        self.enlarging, self.conv = _StyledConv(i, o, style), _StyledConv(o, o, style)
        self.colors = _Colors(o, channels, style)

    def forward(self, x: Tensor, styles: Tensor, noise: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        x = self.enlarging(_enlarged(x), styles[:, 0], noise[0])
        x = self.conv(x, styles[:, 1], noise[1])
        return x, self.colors(x, styles[:, 2])


class _HalvingBlock(nn.Module):
    """Two convolutions, halving between them, beside a plain way past."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.before, self.after, self.past = _Conv(i, i, 3), _Conv(i, o, 3), _Conv(i, o, 1, plain=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.after(F.avg_pool2d(self.before(x), 2))
        past: Tensor = self.past(F.avg_pool2d(x, 2))
        return (y + past) / 2**0.5


def _enlarged(x: Tensor) -> Tensor:
    """Pictures twice as high and as wide."""
    return F.interpolate(x, scale_factor=2, mode="bilinear")


def _differences(x: Tensor) -> Tensor:
    """By how much the pictures of each group differ, b c h w: b 1 h w, one number a group."""
    b, c, h, w = x.shape
    group = next(size for size in range(_GROUP, 0, -1) if b % size == 0)
    groups = exact(x).reshape(b // group, group, c, h, w)
    deviation = (groups.var(dim=1, correction=0) + _EPS).sqrt().mean(dim=(1, 2, 3))
    return deviation.repeat_interleave(group)[:, None, None, None].expand(b, 1, h, w).to(x.dtype)


def _parts(sizes: int) -> dict[str, range]:
    """The places of coarse styles (4 and 8 pixels), of middle and of fine ones, where there are so many sizes."""
    middle = 3 + 2 * max(1, (sizes - 2) // 2)
    return {"coarse": range(3), "middle": range(3, middle), "fine": range(middle, 2 * sizes)}


def _widths(image_size: int, base_channels: int, most_channels: int) -> list[int]:
    """Channels at each size, from 4 x 4 to that of the picture.

    Raises:
        ValueError: If no doublings lead there.
    """
    doublings = (image_size // _SMALLEST).bit_length() - 1
    if doublings < 2 or _SMALLEST << doublings != image_size:
        raise ValueError(f"image_size is {image_size}, not {_SMALLEST} times a power of 2 of 4 or more")
    return [min(base_channels << (doublings - i), most_channels) for i in range(doublings + 1)]
