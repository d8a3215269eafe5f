"""Sample grids: pictures of codes that stay the same, and how far they are apart."""

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from copyart.codes import codes_of
from copyart.images import in_rows
from copyart.networks import NoiseNetwork
from copyart.tensors import from_bytes, to_pixels
from copyart.training.learner import Figure

SPREAD = Figure(
    "spread",
    "spread of the samples",
    about="The mean distance between two samples, of 2; where it falls to nearly nothing, all pictures are the same.",
)

_AT_ONCE = 32  # pictures
_GAP = 2  # pixels


@torch.no_grad()
def draw_seeds(network: NoiseNetwork, seeds: Sequence[int], device: torch.device) -> Tensor:
    """The pictures of seeds, b 3 h w, uint8, drawn by a network at rest."""
    drawn = [
        torch.from_numpy(to_pixels(colored(network(codes_of(seeds[i : i + _AT_ONCE], network.code).to(device)))))
        for i in range(0, len(seeds), _AT_ONCE)
    ]
    return torch.cat(drawn).permute(0, 3, 1, 2)


def colored(pictures: Tensor) -> Tensor:
    """Pictures, grey ones too, b 3 h w."""
    return pictures.expand(-1, 3, -1, -1)


def draw_grid(pictures: Tensor) -> Image.Image:
    """Draws pictures, b 3 h w, uint8, in rows."""
    columns = next(width for width in (8, 6, 4, len(pictures)) if len(pictures) % width == 0 or len(pictures) > 8)
    return in_rows([Image.fromarray(picture.permute(1, 2, 0).numpy()) for picture in pictures], columns, gap=_GAP)


def spread(pictures: Tensor) -> float:
    """The mean absolute distance between two pictures of b 3 h w, uint8, of 2."""
    values = from_bytes(pictures.flatten(1))
    return float(torch.pdist(values, p=1).mean() / values.shape[1])
