"""The sum that an enlarger minimises: pixels, features, and passing for a real picture."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.training.learner import Figure

LOSSES = (
    Figure("pixels", "pixels given back", about="The mean of what a colour is away from the original's, of 2."),
    Figure("features", "features given back"),
    Figure("checkerboard", "leaving no checkerboard"),
    Figure("adversarial", "passing for real"),
    Figure("discriminator", "telling real from enlarged"),
)


def resized(pictures: Tensor, draw: float) -> Tensor:
    """Pictures, b 3 h w, made up to 1.4 times as large; `draw` is uniform in [0, 1).

    A network that looks through strides of 2 sees some grids of pixels not at all, until they fall elsewhere.
    """
    height, width = (int(side * (1 + 0.4 * draw)) for side in pictures.shape[-2:])
    return F.interpolate(pictures, (height, width), mode="bilinear")


def pixel_loss(enlarged: Tensor, original: Tensor, small: Tensor, is_painted: Tensor) -> Tensor:
    """The mean absolute difference to the originals; of those painted over, which have none, to what was enlarged.

    Args:
        enlarged: b 3 h w in [-1, 1].
        original: b 3 h w.
        small: b 3 h/scale w/scale; enlarged pictures that are shrunk again are to be like it.
        is_painted: b, 1 for those that were painted over after they had been shrunk, else 0.
    """
    # The mean of each place would do as well, if a picture of squares were not perfect then.
    again = F.interpolate(enlarged, small.shape[-2:], mode="bicubic", antialias=True)
    plain = (enlarged - original).abs().mean(dim=(1, 2, 3))
    painted = (again - small).abs().mean(dim=(1, 2, 3))
    return torch.where(is_painted > 0, painted, plain).mean()


def feature_distance(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """The distance of what a network finds in pictures, after Zhang et al. (2018, LPIPS), who weigh channels too.

    Args:
        found: Features of the pictures at several scales, each b c h w.
        wanted: Those of the pictures that they are to be like.

    Returns:
        b: the mean over the scales of the squared distance of features of unit length, from 0 to 4.
    """
    pairs = zip(found, wanted, strict=True)
    each = [
        (F.normalize(one, dim=1) - F.normalize(other, dim=1)).square().sum(dim=1).mean(dim=(1, 2))
        for one, other in pairs
    ]
    return torch.stack(each).mean(dim=0)
