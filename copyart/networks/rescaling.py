"""Networks that enlarge by another scale than the one that they learned."""

import torch.nn.functional as F
from torch import Tensor

from copyart.networks.contract import Network


class Halved(Network):
    """A network whose pictures are made half as high and as wide again: each 2 x 2 pixels become their mean.

    Args:
        network: Of scale 4, or any even one.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.scale = network.scale // 2
        self.size_multiple, self.min_size = network.size_multiple, network.min_size
        self.receptive_field = network.receptive_field
        self.values_per_pixel = network.values_per_pixel + 3 * network.scale**2

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b 3 h w in [-1, 1], to b 3 (h scale) (w scale), in [-1, 1]."""
        y: Tensor = self.network(x)
        return F.avg_pool2d(y.clamp(-1, 1), 2)


class Twice(Network):
    """A network that is given what it made of a picture once more.

    Args:
        network: Of scale 2, or another, whose square is the scale then.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        first = network.scale
        self.scale = first**2
        self.size_multiple, self.min_size = network.size_multiple, network.min_size
        # The second time it sees as many pixels, of which `first` are as wide as one of the picture.
        self.receptive_field = network.receptive_field + 2 * -(-(network.receptive_field // 2) // first)
        self.values_per_pixel = first**2 * network.values_per_pixel + 3 * first**2

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b 3 h w in [-1, 1], to b 3 (h scale) (w scale), about as far."""
        y: Tensor = self.network(self.network(x).clamp(-1, 1))
        return y


def rescaled(network: Network, scale: int) -> Network:
    """A network that enlarges by 2 or 4, made of one that enlarges by 2 or 4."""
    if network.scale == scale:
        return network
    return Halved(network) if network.scale > scale else Twice(network)
