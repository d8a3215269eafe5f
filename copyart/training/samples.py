"""Sample grids: held-out pictures, what becomes of them, and what comes back."""

import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from copyart.data import Domain, read_scaled
from copyart.metrics import checkerboard
from copyart.tensors import Pixels, to_image, to_tensor
from copyart.training.trainer import Trainer


class Sampler:
    """Paints the same held-out pictures again and again.

    Args:
        a: The domain of photos.
        b: The domain of paintings.
        multiple: What height and width of a picture have to be multiples of.
    """

    def __init__(self, a: Domain, b: Domain, multiple: int) -> None:
        side = a.load_size // multiple * multiple
        self.photos, self.paintings = _middles(a, side), _middles(b, side)

    def paint(self, trainer: Trainer) -> tuple[Image.Image, dict[str, float]]:
        """Paints all of them.

        Returns:
            A grid (on the left each photo, its painting and the photo that comes back; on the right each
            painting, its photo and the painting that comes back), and the grid that the networks leave in
            pictures, in decibels.
        """
        left = [(photo, *trainer.paint(photo)) for photo in self.photos]
        right = [(painting, *trainer.unpaint(painting)) for painting in self.paintings]
        blank = torch.ones_like(self.photos[0])
        rows = [
            torch.cat([*(left[i] if i < len(left) else [blank] * 3), *(right[i] if i < len(right) else [blank] * 3)])
            for i in range(max(len(left), len(right)))
        ]
        grid = make_grid(torch.cat(rows), nrow=6, padding=4, pad_value=1.0)
        measured = {
            "weave_b": checkerboard(torch.cat([painted for _, painted, _ in left])),
            "weave_a": checkerboard(torch.cat([painted for _, painted, _ in right])),
        }
        return to_image(grid[None]), {name: round(value, 2) for name, value in measured.items()}


def middle(pixels: Pixels, side: int) -> Pixels:
    """The square in the middle of a picture, h w 3."""
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]


def _middles(domain: Domain, side: int) -> list[Tensor]:
    """The squares in the middle of the samples."""
    return [to_tensor(middle(read_scaled(path, domain.load_size), side)) for path in domain.samples]
