"""The layers that networks are made of."""

import contextlib
from functools import lru_cache
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

Norm: TypeAlias = Literal["instance", "batch"]
Upsample: TypeAlias = Literal["transposed", "resize"]

_EPS = 1e-5
_VECTOR = 32  # numbers of two bytes in the widest vectors that processors compute with


class Measuring(nn.Module):
    """A layer that goes by statistics of the whole picture, unless it is told to keep some.

    Attributes:
        frozen: Those that it keeps to, whatever it is given; see `freeze_statistics`.
        measuring: Measure them jointly over all pictures of the next batch, and freeze them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.frozen: tuple[Tensor, ...] | None = None
        self.measuring = False


class InstanceNorm(Measuring):
    """Normalises each channel of each picture by its own mean and variance (Ulyanov et al. 2016).

    This differs from `nn.InstanceNorm2d`: it is written as a group norm of one channel a group, the same
    function, which on a CPU is as fast or faster and keeps the channels_last layout; there it also has a
    backward pass of its own, ten times as fast as torch's. Frozen are mean and variance of each channel.
    """

    def __init__(self, channels: int, *, affine: bool = False) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalises `x`, b c h w, with h x w of at least 2."""
        if self.measuring:
            normed, mean, rstd = torch.native_batch_norm(x, self.weight, self.bias, None, None, True, 0.0, _EPS)
            self.frozen = mean, (rstd.float() ** -2 - _EPS).clamp(min=0).to(mean.dtype)
            return normed
        if self.frozen is not None:
            mean, variance = self.frozen
            return F.batch_norm(x, mean, variance, self.weight, self.bias, eps=_EPS)
        if x.device.type == "cpu" and torch.is_grad_enabled():
            weight, bias = (None if w is None else w.to(x.dtype) for w in (self.weight, self.bias))
            y: Tensor = _InstanceNorm.apply(x, weight, bias)
            return y
        if x.device.type == "cpu" and x.dtype == torch.bfloat16 and len(x) == 1 and self.channels < _VECTOR:
            return self._in_fours(x)
        return F.group_norm(x, self.channels, self.weight, self.bias, eps=_EPS)

    def _in_fours(self, x: Tensor) -> Tensor:
        """The same of one picture, with every four pixels of a row side by side as one with four times the channels.

        With fewer channels than fit its vectors a processor would go through them one by one, at a third of the speed.
        """
        _, c, h, w = x.shape
        if w % 4:
            return F.group_norm(x, c, self.weight, self.bias, eps=_EPS)
        wide = x.permute(0, 2, 3, 1).reshape(1, h, w // 4, 4 * c).contiguous().permute(0, 3, 1, 2)
        one, zero = torch.ones(4 * c), torch.zeros(4 * c)  # float32, and so are the statistics then
        _, mean, rstd = torch.native_group_norm(wide, one, zero, 1, 4 * c, h * w // 4, 4 * c, _EPS)
        means, variances = mean.view(4, c), rstd.view(4, c) ** -2 - _EPS
        joint = means.mean(dim=0)
        variance = (variances + (means - joint) ** 2).mean(dim=0)
        weight, bias = (None if v is None else v.float().repeat(4) for v in (self.weight, self.bias))
        y = F.batch_norm(wide, joint.repeat(4), variance.repeat(4), weight, bias, eps=_EPS)
        return y.permute(0, 2, 3, 1).reshape(1, h, w, c).permute(0, 3, 1, 2)


class _InstanceNorm(torch.autograd.Function):
    """Instance norm whose gradient is a x + b g + c, with three numbers a picture and channel."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        b, c, h, w = x.shape
        # Some versions of torch refuse a part of a larger tensor.
        x = x.contiguous(memory_format=torch.channels_last if x.stride(1) == 1 else torch.contiguous_format)
        y, mean, rstd = torch.native_group_norm(x, weight, bias, b, c, h * w, c, _EPS)
        ctx.save_for_backward(x, weight, mean, rstd)  # type: ignore[arg-type]  # torch keeps what is None too
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        x, weight, mean, rstd = ctx.saved_tensors  # type: ignore[attr-defined]  # torch adds them
        b, c, h, w = x.shape
        size = h * w
        # Pixels by channels: no copy where the layout is channels_last.
        exact = torch.promote_types(x.dtype, torch.float32)
        g, v = (t.permute(0, 2, 3, 1).reshape(b, size, c).to(exact) for t in (grad, x))
        mean, rstd = mean.to(exact), rstd.to(exact)

        sum_g = g.sum(dim=1)
        sum_gy = ((g * v).sum(dim=1) - mean * sum_g) * rstd
        scale = rstd if weight is None else rstd * weight.to(exact)
        of_x = -scale * rstd * sum_gy / size
        rest = -scale * sum_g / size - of_x * mean
        dx = torch.addcmul(rest[:, None], v, of_x[:, None]).addcmul_(g, scale[:, None])
        dx = dx.to(x.dtype).view(b, h, w, c).permute(0, 3, 1, 2)
        if weight is None:
            return dx, None, None
        return dx, sum_gy.sum(dim=0).to(weight.dtype), sum_g.sum(dim=0).to(weight.dtype)


def exact(x: Tensor) -> Tensor:
    """The same numbers in float32, or in a format that is finer."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def reflect(x: Tensor, border: int) -> Tensor:
    """Continues `x`, b c h w, by `border` pixels on each side, mirrored; `border` is less than h and w."""
    # Where a processor trains in bfloat16, torch would do this in float32, there and back.
    keep = torch.autocast("cpu", enabled=False) if x.device.type == "cpu" else contextlib.nullcontext()
    with keep:
        return F.pad(x, (border, border, border, border), mode="reflect")


class Enlarge(nn.Module):
    """An enlargement that makes four pixels of each, all alike."""

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b c h w, to b c 2h 2w."""
        if x.device.type != "xla":
            return F.interpolate(x, scale_factor=2.0, mode="nearest")
        b, c, h, w = x.shape  # the same in words that XLA has a gradient for on every device
        return x[:, :, :, None, :, None].expand(b, c, h, 2, w, 2).reshape(b, c, 2 * h, 2 * w)


class ReflectionPad(nn.Module):
    """`reflect` as a layer."""

    def __init__(self, border: int) -> None:
        super().__init__()
        self.border = border

    def forward(self, x: Tensor) -> Tensor:
        """Continues `x`, b c h w, to b c (h + 2 border) (w + 2 border)."""
        return reflect(x, self.border)


class ReflectionConv(nn.Conv2d):
    """A convolution that keeps the size, or halves it with a stride of 2, over a mirrored border."""

    def __init__(self, i: int, o: int, kernel: int, stride: int = 1) -> None:
        super().__init__(i, o, kernel, stride=stride)
        self.border = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Convolves `x`, b i h w, to b o h w, or b o h/2 w/2 with a stride of 2."""
        return super().forward(reflect(x, self.border))


class EnlargingConv(ReflectionConv):
    """A nearest-neighbour enlargement to four pixels of each, and a 3x3 convolution over a mirrored border.

    This differs from doing one after the other: the convolution sees four pixels that are one, so its nine taps are
    four sums of taps on the small picture, and the four pixels of each place are found at once. That is the same
    function with less than half of the multiply-adds, and no large picture in between.
    """

    def __init__(self, i: int, o: int) -> None:
        super().__init__(i, o, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges and convolves `x`, b i h w, to b o 2h 2w."""
        # Every 2x2 window finds the last pixel of the place at its upper left and the first of that at its lower
        # right; the windows hang over the border by a pixel on each side, and so do the pixels that they find.
        bias = None if self.bias is None else self.bias.repeat(4)
        y = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), _sum_taps(self.weight), bias)
        return spread(y, 2)[:, :, 1:-1, 1:-1]


def _sum_taps(weight: Tensor) -> Tensor:
    """A 3x3 kernel, o i 3 3, as the four 2x2 kernels of the pixels that one place becomes, 4o i 2 2."""
    for axis in (3, 2):
        first, middle, last = weight.unbind(axis)
        of_last_pixel = torch.stack([first + middle, last], dim=axis)
        of_first_pixel = torch.stack([first, middle + last], dim=axis)
        weight = torch.cat([of_last_pixel, of_first_pixel])
    return weight


class FewChannelsConv(ReflectionConv):
    """A convolution that keeps the size, over a mirrored border, to so few channels that processors work half idle.

    This differs from a plain one: it finds four pixels at once as four times the channels, which takes more
    multiply-adds (an 8x8 kernel for each, of which 7x7 are not zero) in less than half of the time.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolves `x`, b i h w with h and w even, to b o h w."""
        bias = None if self.bias is None else self.bias.repeat(4)
        return spread(F.conv2d(gather(reflect(x, self.border), 2), _four_at_once(self.weight), bias), 2)


def _four_at_once(weight: Tensor) -> Tensor:
    """A kernel o i k k as one for places of 2x2 pixels, 4o 4i (k+1)/2 (k+1)/2; k is odd."""
    shifted = [F.pad(weight, (column, 1 - column, row, 1 - row)) for row in (0, 1) for column in (0, 1)]
    return gather(torch.cat(shifted), 2)


def spread(x: Tensor, scale: int) -> Tensor:
    """Channels to pixels: b (rows columns c) h w to b c (h rows) (w columns), with `scale` rows and columns.

    This differs from `F.pixel_shuffle` (Shi et al. 2016): the channels of a pixel stay together, which in
    channels_last, where they are neighbours in memory, is several times as fast.
    """
    b, channels, h, w = x.shape
    c = channels // scale**2
    pixels = x.permute(0, 2, 3, 1).reshape(b, h, w, scale, scale, c).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(b, h * scale, w * scale, c).permute(0, 3, 1, 2)


def gather(x: Tensor, scale: int) -> Tensor:
    """Pixels to channels, b c (h scale) (w scale) to b (scale scale c) h w: the inverse of `spread`."""
    b, c, h, w = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(b, h // scale, scale, w // scale, scale, c).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(b, h // scale, w // scale, scale**2 * c).permute(0, 3, 1, 2)


class Blur(nn.Module):
    """Weighs each pixel with its neighbours, 1 2 1 either way, so that no frequency turns into another (Zhang 2019).

    Args:
        stride: 2 also halves the picture.
    """

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Blurs `x`, b c h w with h and w of at least 2, to b c h w, or half of each with a stride of 2."""
        channels = x.shape[1]
        kernel = _blur_kernel(x.device, x.dtype).expand(channels, 1, 3, 3)
        return F.conv2d(reflect(x, 1), kernel, stride=self.stride, groups=channels)


@lru_cache
def _blur_kernel(device: torch.device, dtype: torch.dtype) -> Tensor:
    with torch.inference_mode(mode=False):  # it may be needed for learning later
        line = torch.tensor([0.25, 0.5, 0.25], device=device, dtype=dtype)
        return (line[:, None] * line)[None, None]


def make_norm(norm: Norm, channels: int) -> nn.Module:
    """A normalisation: of each picture and without weights, or of the batch and with them (Ioffe and Szegedy 2015)."""
    return InstanceNorm(channels) if norm == "instance" else nn.BatchNorm2d(channels)


def make_upsampling(upsample: Upsample, i: int, o: int, *, kernel: int = 3, bias: bool = True) -> nn.Module:
    """Doubles height and width: b i h w to b o 2h 2w."""
    if upsample == "transposed":
        return nn.ConvTranspose2d(i, o, kernel, stride=2, padding=1, output_padding=4 - kernel, bias=bias)
    return nn.Sequential(Enlarge(), ReflectionPad(1), nn.Conv2d(i, o, 3, bias=bias))


def block_names(blocks: int) -> list[str]:
    """The names of residual blocks, from the first."""
    return [f"block {i}" for i in range(1, blocks + 1)]


def receptive_field(blocks: int, upsample: Upsample) -> int:
    """The receptive field of a 7x7, two 3x3 at strides of 2, `blocks` of two 3x3, two enlargements and a 7x7.

    A 3x3 looks one pixel of its own grid further on each side; pixels are 4 wide in the blocks. An enlarged
    pixel looks half a coarse one further, and the convolution after a resize one of the finer grid.
    """
    enlargements = (2 + 1) if upsample == "transposed" else (2 + 2) + (1 + 1)
    return 1 + 2 * (3 + 1 + 2 + blocks * 2 * 4 + enlargements + 3)
