"""The grid that strides of networks leave in pictures, as a loss."""

import torch.nn.functional as F
from torch import Tensor

_PERIOD = 4  # pixels of the grid that two strides of two leave


def checkerboard_loss(pictures: Tensor) -> Tensor:
    """The strength of the grid of 4 x 4 pixels that networks' strides leave, beyond what any picture has at random.

    The mean of what is finest in a picture is taken apart for each of the 16 places of such a grid. Brushwork is as
    strong in one place as in another; what differs from place to place, all over the picture, is a grid (as those
    that Odena et al. 2016 describe). The loss is the deviation over the places less what the picture's own strength
    leaves at random, where that is positive. That strength has no gradient: to paint smoothly wins nothing.

    Args:
        pictures: b 3 h w in [-1, 1], h and w at least 26.
    """
    x = pictures.float()
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    fine = (4 * x[..., 1:-1, 1:-1] - around) / 8
    h, w = (size // _PERIOD * _PERIOD for size in fine.shape[-2:])
    places = F.pixel_unshuffle(fine[..., :h, :w].flatten(0, 1)[:, None], _PERIOD).flatten(2)
    deviation = (places.mean(dim=2).var(dim=1, unbiased=False) + 1e-8).sqrt()
    strength = places.detach().square().mean(dim=(1, 2)).sqrt()
    return F.relu(deviation - strength / places.shape[2] ** 0.5).mean()
