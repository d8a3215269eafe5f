"""Pictures to judge, and a small network to judge them with."""

from pathlib import Path

import torch
from torch import Tensor, nn

from copyart.evaluation import (
    Networks,
    Score,
)
from copyart.evaluation.pictures import Pictures

NEITHER = Networks("no network", "no network")


class Small(nn.Module):
    """A fixed network in the place of Inception: 24 features of any picture."""

    def __init__(self) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(0)
        self.kernel = torch.randn(24, 3, 8, 8, generator=chance) / 14

    def forward(self, x: Tensor) -> Tensor:
        assert x.dtype == torch.uint8
        return torch.nn.functional.conv2d(x.float() / 127.5 - 1, self.kernel, stride=4).relu().mean(dim=(2, 3))


def make_pictures(count: int, seed: int = 0, *, side: int = 64, tint: float = 0.0, name: str = "x") -> Pictures:
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 8, 8, generator=chance) + tint * torch.tensor([0.5, 0.1, -0.4])[:, None, None]
    pixels = (torch.nn.functional.interpolate(coarse, size=side, mode="bicubic").clamp(0, 1) * 255).to(torch.uint8)
    return Pictures(name, [Path(f"{i:04d}.png") for i in range(count)], pixels, [(side, side)] * count)


def by_key(scores: list[Score]) -> dict[str, Score]:
    return {score.measure.key: score for score in scores}
