"""Critics, the paper's discriminators: networks that tell paintings from what a generator made."""

import itertools

from torch import Tensor, nn

from copyart.networks.layers import Blur, Norm, make_norm


class PatchGAN(nn.Module):
    """Judges every patch of a picture by itself: 70 x 70 pixels with three layers (Isola et al. 2017).

    Args:
        base_channels: Channels after the first convolution; doubled with each layer, eight times as many at most.
        layers: Convolutions that halve the picture.
        heads: Scores a patch gets. A critic with two objectives has two, over one trunk.
        norm: `instance` as in Zhu et al. (2017), or `batch`.
        antialias: Halve by blurring, not by a stride, which leaves less of a grid in what generators learn from it.
    """

    def __init__(
        self,
        *,
        base_channels: int = 64,
        layers: int = 3,
        heads: int = 1,
        norm: Norm = "instance",
        antialias: bool = False,
    ) -> None:
        super().__init__()
        bias = norm == "instance"
        channels = [base_channels * min(2**i, 8) for i in range(layers + 1)]

        # With antialiasing a layer sees all that is fine, and only what it found is halved (Park et al. 2020).
        stride, halve = (1, [Blur(stride=2)]) if antialias else (2, [])
        parts: list[nn.Module] = [nn.Conv2d(3, base_channels, 4, stride=stride, padding=1), nn.LeakyReLU(0.2), *halve]
        for i, o in itertools.pairwise(channels[:-1]):
            conv = nn.Conv2d(i, o, 4, stride=stride, padding=1, bias=bias)
            parts += [conv, make_norm(norm, o), nn.LeakyReLU(0.2), *halve]
        last = nn.Conv2d(channels[-2], channels[-1], 4, padding=1, bias=bias)
        parts += [last, make_norm(norm, channels[-1]), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*parts)
        self.heads = nn.Conv2d(channels[-1], heads, 4, padding=1)
        self.min_size = 2**layers * 4

    def forward(self, x: Tensor) -> Tensor:
        """Scores `x`, b 3 h w in [-1, 1], h and w of at least `min_size`: b heads h' w', no sigmoid."""
        scores: Tensor = self.heads(self.trunk(x))
        return scores
