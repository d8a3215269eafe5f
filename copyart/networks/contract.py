"""The promises of a network: which pictures or codes it takes, how large its pictures are, how far it sees."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
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


class NoiseNetwork(nn.Module):
    """A network from codes, which are noise, to pictures, that carries its own constraints.

    It turns a code into styles, a row for each place in it that goes by one, and draws a picture of these.

    Attributes:
        code: How many numbers a code has; they are from N(0, 1).
        image_size: Width and height of its pictures in pixels.
        channels: Of its pictures: 3, or 1 where they are grey.
        places: Rows of styles.
        parts: The places by what they set, `coarse`, `middle` and `fine`; none where pictures cannot be mixed.
        noise_sizes: Width and height of each noise that it adds while it draws, in order.
    """

    code: int
    image_size: int
    channels: int
    places: int
    parts: Mapping[str, range]
    noise_sizes: Sequence[int]

    def styles(self, codes: Tensor, truncation: float = 1.0) -> Tensor:
        """The styles of codes, b `code`: b `places` c.

        Args:
            codes: The codes.
            truncation: How far styles are from the mean of all, of how far they would be: with less, pictures are more
                alike and have fewer faults (Karras et al. 2019).
        """
        raise NotImplementedError

    def draw(self, styles: Tensor, noise: Sequence[Tensor] = ()) -> Tensor:
        """Draws pictures of styles.

        Args:
            styles: b `places` c.
            noise: For each of `noise_sizes` b 1 h w of N(0, 1); where there is none, that which the network keeps, and
                equal styles make equal pictures.

        Returns:
            b `channels` `image_size` `image_size`, about in [-1, 1].
        """
        raise NotImplementedError

    def forward(
        self,
        codes: Tensor,
        others: Tensor | None = None,
        crossing: Tensor | None = None,
        noise: Sequence[Tensor] = (),
    ) -> Tensor:
        """Draws pictures of codes, b `code`, or of two codes each.

        Args:
            codes: The codes.
            others: As many others.
            crossing: b, the place from which on styles are those of the others.
            noise: As `draw` takes it.
        """
        styles = self.styles(codes)
        if others is not None and crossing is not None:
            later = torch.arange(self.places, device=codes.device) >= crossing[:, None]
            styles = torch.where(later[..., None], self.styles(others), styles)
        return self.draw(styles, noise)

    def settle(self, codes: Tensor) -> None:
        """Measures with codes, b `code`, what it takes to draw pictures one by one, or to truncate their styles."""
        raise NotImplementedError

    def draw_weights(self) -> None:
        """Draws new weights."""
        raise NotImplementedError
