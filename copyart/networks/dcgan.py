"""DCGAN (Radford et al. 2016): pictures out of noise by plain convolutions, and a network that judges them."""

import itertools
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.contract import NoiseNetwork
from copyart.networks.layers import exact

_SMALLEST = 8  # pixels
_DEEPEST = 8  # times as many channels as there are beside the picture
_EPS = 1e-5


class BatchNorm(nn.Module):
    """Normalises each channel by its mean and variance over a batch (Ioffe and Szegedy 2015).

    This differs from `nn.BatchNorm2d`: nothing is averaged while it learns. What it goes by afterwards is measured
    over one batch, by `NoiseNetwork.settle`, so that it is right for averaged weights, too.

    Attributes:
        share: Averages a tensor over all processes, where there are several, and lets gradients pass.
        measuring: Keep the statistics of the next batch.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.share: Callable[[Tensor], Tensor] | None = None
        self.measuring = False

    def forward(self, x: Tensor) -> Tensor:
        """Normalises `x`, b c h w: by this batch while it learns, else by what was measured."""
        if self.measuring:
            wide = exact(x)
            self.mean.copy_(wide.mean(dim=(0, 2, 3)))
            self.variance.copy_(wide.var(dim=(0, 2, 3), correction=0))
        if not self.training:
            return F.batch_norm(x, self.mean, self.variance, self.weight, self.bias, eps=_EPS)
        if self.share is None:
            return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=_EPS)
        return self._shared(x, self.share)

    def _shared(self, x: Tensor, share: Callable[[Tensor], Tensor]) -> Tensor:
        """The same by the batches of all processes, as if they were one."""
        wide = exact(x)
        mean, square = share(torch.stack([wide.mean(dim=(0, 2, 3)), wide.square().mean(dim=(0, 2, 3))])).unbind()
        scale = self.weight * ((square - mean.square()).clamp(min=0) + _EPS).rsqrt()
        shift = self.bias - mean * scale
        return (wide * scale[:, None, None] + shift[:, None, None]).to(x.dtype)


class DCGAN(NoiseNetwork):
    """A dense layer to 8 x 8, and up-convolutions, the last of which keeps the size.

    Its one style is the code itself, whose mean is nought.

    Args:
        image_size: Width and height of its pictures: 8 times a power of 2.
        channels: 3, or 1 for grey pictures.
        code: Numbers of a code.
        base_channels: Channels beside the picture; twice as many with each halving, eight times as many at most.
    """

    places = 1

    def __init__(self, *, image_size: int = 64, channels: int = 3, code: int = 100, base_channels: int = 64) -> None:
        super().__init__()
        self.image_size, self.channels, self.code = image_size, channels, code
        self.parts, self.noise_sizes = {}, ()
        widths = _widths(image_size, base_channels)[::-1]
        self.dense = nn.Linear(code, widths[0] * _SMALLEST**2, bias=False)
        self.first = nn.Sequential(BatchNorm(widths[0]), nn.ReLU())
        parts: list[nn.Module] = []
        for i, o in itertools.pairwise(widths):
            parts += [nn.ConvTranspose2d(i, o, 4, stride=2, padding=1, bias=False), BatchNorm(o), nn.ReLU()]
        self.body = nn.Sequential(*parts, nn.ConvTranspose2d(widths[-1], channels, 5, padding=2), nn.Tanh())

    def styles(self, codes: Tensor, truncation: float = 1.0) -> Tensor:
        """The codes, nearer to nought: b 1 `code`."""
        return codes[:, None] * truncation

    def draw(self, styles: Tensor, noise: Sequence[Tensor] = ()) -> Tensor:
        """Draws pictures of codes, b 1 `code`; it adds no noise."""
        x = self.dense(styles[:, 0]).unflatten(1, (-1, _SMALLEST, _SMALLEST))
        pictures: Tensor = self.body(self.first(x))
        return pictures

    @torch.no_grad()
    def settle(self, codes: Tensor) -> None:
        """Measures the statistics of its norms, layer by layer, over codes, b `code`."""
        norms = [part for part in self.modules() if isinstance(part, BatchNorm)]
        learning = self.training
        for norm in norms:
            norm.measuring = True
        self.eval()  # each layer then goes by what was just measured there
        self(codes)
        self.train(learning)
        for norm in norms:
            norm.measuring = False

    def draw_weights(self) -> None:
        """Draws weights as the paper does: N(0, 0.02), gains of norms N(1, 0.02)."""
        draw_dcgan(self)


class DCGANDiscriminator(nn.Module):
    """Judges a whole picture: convolutions that halve it to 8 x 8, and a dense layer.

    Args:
        image_size: Width and height of the pictures: 8 times a power of 2.
        channels: Of the pictures.
        base_channels: Channels after the first convolution; doubled with each, eight times as many at most.
        heads: Scores that a picture gets.
    """

    mixes_batch = True

    def __init__(self, *, image_size: int = 64, channels: int = 3, base_channels: int = 64, heads: int = 1) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels)[:-1]
        parts: list[nn.Module] = [nn.Conv2d(channels, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for i, o in itertools.pairwise(widths):
            parts += [nn.Conv2d(i, o, 4, stride=2, padding=1, bias=False), BatchNorm(o), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*parts)
        self.heads = nn.Linear(widths[-1] * _SMALLEST**2, heads)
        self.min_size = image_size

    def forward(self, x: Tensor) -> Tensor:
        """Scores pictures, b `channels` `image_size` `image_size` in [-1, 1]: b heads 1 1, no sigmoid."""
        scores: Tensor = self.heads(self.trunk(x).flatten(1))
        return scores[..., None, None]

    def draw_weights(self) -> None:
        """Draws weights as the paper does: N(0, 0.02), gains of norms N(1, 0.02)."""
        draw_dcgan(self)


def draw_dcgan(network: nn.Module) -> None:
    """Draws weights as Radford et al. (2016): N(0, 0.02), no biases, gains of norms from N(1, 0.02)."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, BatchNorm):
            nn.init.normal_(part.weight, 1.0, 0.02)
            nn.init.zeros_(part.bias)


def _widths(image_size: int, base_channels: int) -> list[int]:
    """Channels at the picture's size, and after each halving down to 8 x 8.

    Raises:
        ValueError: If no halvings lead there.
    """
    halvings = (image_size // _SMALLEST).bit_length() - 1
    if halvings < 1 or _SMALLEST << halvings != image_size:
        raise ValueError(f"image_size is {image_size}, not {_SMALLEST} times a power of 2")
    return [base_channels * min(2**i, _DEEPEST) for i in range(halvings + 1)]
