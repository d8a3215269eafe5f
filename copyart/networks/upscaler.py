"""A network that enlarges pictures, small enough for a processor."""

from torch import Tensor, nn

from copyart.networks.contract import Network
from copyart.networks.layers import gather, spread

_SLOPE = 0.1  # of what is negative


class Upscaler(Network):
    """An enlarger of plain convolutions at the small size, whose channels become pixels at the end (Shi et al. 2016).

    What it computes is added to the picture's own pixels, each made `scale` x `scale`, so that it has only to learn
    what these lack. The layout is that of the compact networks of Wang et al. (2021).

    Args:
        scale: It gives pictures so many times as high and as wide: 2 or 4.
        channels: Of each convolution.
        layers: Convolutions, the first and the last among them.
        fold: 2 makes channels of every 2 x 2 pixels first, so that it computes at half the size.
    """

    min_size = 4

    def __init__(self, *, scale: int = 4, channels: int = 32, layers: int = 8, fold: int = 1) -> None:
        super().__init__()
        self.scale, self.fold = scale, fold
        self.size_multiple = fold
        self.receptive_field = fold * (2 * layers + 1)
        self.values_per_pixel = 3 * channels // fold**2 + 9 * scale**2

        parts: list[nn.Module] = [nn.Conv2d(3 * fold**2, channels, 3, padding=1), nn.LeakyReLU(_SLOPE, inplace=True)]
        for _ in range(layers - 2):
            parts += [nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(_SLOPE, inplace=True)]
        self.body = nn.Sequential(*parts, nn.Conv2d(channels, 3 * (fold * scale) ** 2, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b 3 h w in [-1, 1], to b 3 (h scale) (w scale), about as far."""
        places = gather(x, self.fold) if self.fold > 1 else x
        details = spread(self.body(places), self.fold) if self.fold > 1 else self.body(places)
        return spread(details + x.repeat(1, self.scale**2, 1, 1), self.scale)

    def draw_weights(self) -> None:
        """Draws new weights (He et al. 2015), the last ones small, so that it begins as a plain enlargement."""
        *inner, last = (part for part in self.body if isinstance(part, nn.Conv2d))
        for part in inner:
            nn.init.kaiming_normal_(part.weight, _SLOPE)
        nn.init.normal_(last.weight, std=1e-3)
        for part in (*inner, last):
            if part.bias is not None:
                nn.init.zeros_(part.bias)
