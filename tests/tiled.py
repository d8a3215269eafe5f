"""Small networks for tests of tiling, and how far pictures are apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.config import TilingConfig
from copyart.networks import Compact, Generator, Network, ResNet, UNet
from copyart.tensors import Pixels
from copyart.tiling import TiledNetwork

CPU = torch.device("cpu")
ALL: dict[str, Callable[[], Generator]] = {
    "resnet": lambda: ResNet(base_channels=4, blocks=1),
    "resnet, batch norm, dropout": lambda: ResNet(base_channels=4, blocks=1, norm="batch", dropout=True),
    "resnet, skips": lambda: ResNet(base_channels=4, blocks=1, skips=True),
    "resnet, resize": lambda: ResNet(base_channels=4, blocks=1, upsample="resize"),
    "compact": lambda: Compact(base_channels=4, blocks=1),
    "compact, color skip": lambda: Compact(base_channels=4, blocks=1, color_skip=True),
    "compact, antialias": lambda: Compact(base_channels=4, blocks=1, antialias=True, color_skip=True),
    "unet": lambda: UNet(base_channels=4, depth=3),
    "unet, resize": lambda: UNet(base_channels=4, depth=3, upsample="resize"),
}


class Limited(Compact):
    """A network that raises when it is given more pixels at once than there is memory for."""

    def __init__(self, limit: int, error: Exception | None = None, **options: Any) -> None:
        super().__init__(**{"base_channels": 4, "blocks": 1, "color_skip": True, **options})
        self.limit = limit
        self.error = error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    def forward(self, x: Tensor) -> Tensor:
        b, _, height, width = x.shape
        if b * height * width > self.limit:
            raise self.error
        return super().forward(x)


def make(kind: str) -> Generator:
    torch.manual_seed(0)
    return ALL[kind]().eval()


def compact() -> Generator:
    return make("compact, color skip")


def limited(limit: int, error: Exception | None = None) -> Limited:
    torch.manual_seed(0)
    return Limited(limit, error).eval()


def tiled_network(network: Network, *, tile: int | None = None, memory: int | None = None) -> TiledNetwork:
    return TiledNetwork(network, CPU, torch.float32, TilingConfig(tile, memory))


def enlarged(china: Path, width: int, height: int) -> Pixels:
    """The photograph, `width` wide, cut to `height`."""
    with Image.open(china) as image:
        whole = image.convert("RGB").resize(
            (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
        )
    return np.asarray(whole)[-height:]


def difference(a: Pixels, b: Pixels) -> tuple[float, int]:
    """The mean and the largest difference in levels of 255."""
    assert a.shape == b.shape
    levels = np.abs(a.astype(int) - b)
    return float(levels.mean()), int(levels.max())


def alike(a: Pixels, b: Pixels) -> bool:
    """Whether two paintings are the same but for how their last digits are rounded to levels."""
    mean, most = difference(a, b)
    return mean < 0.01 and most <= 1
