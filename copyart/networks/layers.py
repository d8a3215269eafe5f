"""What generators and critics are made of."""

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


class InstanceNorm(nn.Module):
    """Normalises each channel of each picture by its own mean and variance (Ulyanov et al. 2016).

    This differs from `nn.InstanceNorm2d`: it is written as a group norm of one channel a group, the same
    function, which on a CPU is as fast or faster and keeps the channels_last layout; there it also has a
    backward pass of its own, ten times as fast as torch's.
    """

    def __init__(self, channels: int, *, affine: bool = False) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalises `x`, b c h w, with h x w of at least 2."""
        if x.device.type == "cpu" and torch.is_grad_enabled():
            weight, bias = (None if w is None else w.to(x.dtype) for w in (self.weight, self.bias))
            y: Tensor = _InstanceNorm.apply(x, weight, bias)
            return y
        return F.group_norm(x, self.channels, self.weight, self.bias, eps=_EPS)


class _InstanceNorm(torch.autograd.Function):
    """Instance norm whose gradient is a x + b g + c, with three numbers a picture and channel."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        b, c, h, w = x.shape
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


def reflect(x: Tensor, width: int) -> Tensor:
    """Continues `x`, b c h w, by `width` pixels on each side, mirrored; `width` is less than h and w."""
    # Where a processor trains in bfloat16, torch would do this in float32, there and back.
    keep = torch.autocast("cpu", enabled=False) if x.device.type == "cpu" else contextlib.nullcontext()
    with keep:
        return F.pad(x, (width, width, width, width), mode="reflect")


class Enlarge(nn.Module):
    """Makes four pixels of each."""

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b c h w, to b c 2h 2w."""
        if x.device.type != "xla":
            return F.interpolate(x, scale_factor=2.0, mode="nearest")
        b, c, h, w = x.shape  # the same in words that XLA has a gradient for on every device
        return x[:, :, :, None, :, None].expand(b, c, h, 2, w, 2).reshape(b, c, 2 * h, 2 * w)


class ReflectionPad(nn.Module):
    """`reflect` as a layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """Continues `x`, b c h w."""
        return reflect(x, self.width)


class ReflectionConv(nn.Conv2d):
    """A convolution that keeps the size, or halves it with a stride of 2, over a mirrored border."""

    def __init__(self, i: int, o: int, kernel: int, stride: int = 1) -> None:
        super().__init__(i, o, kernel, stride=stride)
        self.width = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Convolves `x`, b i h w."""
        return super().forward(reflect(x, self.width))


class Blur(nn.Module):
    """Weighs each pixel with its neighbours, 1 2 1 either way, so that no frequency turns into another (Zhang 2019).

    Args:
        stride: 2 also halves the picture.
    """

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Blurs `x`, b c h w, with h and w of at least 2."""
        channels = x.shape[1]
        kernel = _blur_kernel(x.device, x.dtype).expand(channels, 1, 3, 3)
        return F.conv2d(reflect(x, 1), kernel, stride=self.stride, groups=channels)


@lru_cache
def _blur_kernel(device: torch.device, dtype: torch.dtype) -> Tensor:
    with torch.inference_mode(mode=False):  # it may be needed for learning later
        line = torch.tensor([0.25, 0.5, 0.25], device=device, dtype=dtype)
        return (line[:, None] * line)[None, None]


def make_norm(norm: Norm, channels: int) -> nn.Module:
    """A normalisation without weights where it is of each picture, with them where it is of the batch."""
    return InstanceNorm(channels) if norm == "instance" else nn.BatchNorm2d(channels)
