"""The promises of a network: which pictures it takes, how large it gives them back, how far it sees."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn


class Network(nn.Module):
    """A network from pictures to pictures, b 3 h w in [-1, 1], that carries its own constraints.

    Attributes:
        scale: Its output is so many times as high and as wide as its input: 1, 2 or 4.
        size_multiple: Height and width of the input must be multiples of it, and at least `min_size`.
        min_size: The smallest height and width that the network can take.
        receptive_field: Width in pixels of the square of the input around a pixel that this pixel's output depends
            on (Luo et al. 2016), the statistics of the normalisation given; a tile needs half of it as a border.
        values_per_pixel: About how many numbers the network keeps in memory at once for each pixel of its input.
    """

    scale: int = 1
    size_multiple: int
    min_size: int
    receptive_field: int
    values_per_pixel: int

    def padded(self, length: int) -> int:
        """The least height or width that the network takes and into which `length` pixels fit."""
        return -(-max(length, self.min_size) // self.size_multiple) * self.size_multiple

    def pad(self, x: Tensor) -> Tensor:
        """Continues `x`, b c h w, to the right and below until the network can take it; mirrored if it is large enough.

        Of what the network makes of it, the first h and w pixels, times `scale`, are of `x`.
        """
        height, width = x.shape[-2:]
        bottom, right = self.padded(height) - height, self.padded(width) - width
        if not (right or bottom):
            return x
        mirrored = right < width and bottom < height
        return F.pad(x, (0, right, 0, bottom), mode="reflect" if mirrored else "replicate")


class Generator(Network):
    """A network that makes a painting as large as its photo, and that can be looked into while it does.

    Attributes:
        without_blocks: What paints when none of its residuals do.
    """

    without_blocks: str

    def layers(self) -> dict[str, nn.Module]:
        """The layers by name, in the order in which a picture goes through them; each gives b c h w.

        Of a residual block it is what gives that which the block adds to what goes past it.
        """
        raise NotImplementedError

    def residuals(self) -> dict[str, str]:
        """The layers that it can paint without (they give zeros), in the order in which to let them join.

        Returns:
            By the name of each, what joins in with it.
        """
        raise NotImplementedError

    def broad_colors(self, x: Tensor) -> Tensor:
        """The colours over which it paints `x`, b 3 h w, in means of 4 x 4 pixels; only where it has a colour skip."""
        raise NotImplementedError

    @classmethod
    def described(cls, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments that build such a generator from `options`, with the defaults: not all are seen in the weights.

        Raises:
            TypeError: If nothing can be built from these.
        """
        bound = inspect.signature(cls).bind(**options)
        bound.apply_defaults()
        return bound.arguments
