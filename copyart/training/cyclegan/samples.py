"""Sample grids: held-out pictures, what becomes of them, and what comes back."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from copyart.data import Domain, read_scaled
from copyart.metrics import checkerboard
from copyart.tensors import Pixels, to_image, to_tensor
from copyart.training.learner import Figure

MEASURES = (Figure("samples_checkerboard", "checkerboard left in pictures, dB", ("a", "b")),)

# Makes of a picture, 1 3 h w in [-1, 1], one of the other domain, and takes it back.
Painter: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]


class Sampler:
    """Paints the same held-out pictures again and again.

    Args:
        domains: Photos and paintings.
        multiple: What height and width of a picture have to be multiples of.
    """

    def __init__(self, domains: Sequence[Domain], multiple: int) -> None:
        a, b = domains
        side = a.load_size // multiple * multiple
        self.photos, self.paintings = _middles(a, side), _middles(b, side)

    def paint(self, there: Painter, back: Painter) -> tuple[Image.Image, dict[str, float]]:
        """Paints all of them.

        Args:
            there: Paints photos.
            back: Makes photos of paintings.

        Returns:
            A grid (on the left each photo, its painting and the photo that comes back; on the right each
            painting, its photo and the painting that comes back), and the checkerboard that the networks leave
            in pictures, in decibels.
        """
        left = [(photo, *there(photo)) for photo in self.photos]
        right = [(painting, *back(painting)) for painting in self.paintings]
        blank = torch.ones_like(self.photos[0])
        rows = [
            torch.cat([*(left[i] if i < len(left) else [blank] * 3), *(right[i] if i < len(right) else [blank] * 3)])
            for i in range(max(len(left), len(right)))
        ]
        grid = make_grid(torch.cat(rows), nrow=6, padding=4, pad_value=1.0)
        measured = {
            "samples_checkerboard_b": checkerboard(torch.cat([painted for _, painted, _ in left])),
            "samples_checkerboard_a": checkerboard(torch.cat([painted for _, painted, _ in right])),
        }
        return to_image(grid[None]), {name: round(value, 2) for name, value in measured.items()}


def middle(pixels: Pixels, side: int) -> Pixels:
    """The square in the middle of a picture, h w 3."""
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]


def _middles(domain: Domain, side: int) -> list[Tensor]:
    """The squares in the middle of the samples."""
    return [to_tensor(middle(read_scaled(path, domain.load_size), side)) for path in domain.samples]
