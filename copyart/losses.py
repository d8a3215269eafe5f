"""What a CycleGAN minimises: terms of tensors, each a single number.

Scores are what a critic gives to a batch, `b heads h w`, before any sigmoid.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

_PERIOD = 4  # pixels of the grid that two strides of two leave


def least_squares(scores: Tensor, *, real: bool) -> Tensor:
    """How far scores are from 1 for real pictures, from 0 for others: the mean square (Mao et al. 2017)."""
    return F.mse_loss(scores, torch.full_like(scores, float(real)))


def cross_entropy(scores: Tensor, *, real: bool) -> Tensor:
    """The binary cross-entropy of scores as log-odds of being real (Goodfellow et al. 2014, non-saturating)."""
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)))


def hinge(scores: Tensor, *, real: bool) -> Tensor:
    """How far scores fall short of 1 for real pictures, of -1 for others (Lim and Ye 2017)."""
    return F.relu(1 - scores if real else 1 + scores).mean()


def two_objectives(scores: Tensor, *, real: bool) -> Tensor:
    """A hinge on the first head, and a cross-entropy with swapped labels on the second.

    The heads pull the trunk that they share in different ways, against mode collapse where pictures are few.
    """
    first, second = scores.chunk(2, dim=1)
    return hinge(first, real=real) + cross_entropy(second, real=not real)


def _fool_hinge(scores: Tensor) -> Tensor:
    return -scores.mean()


def _fool_two_objectives(scores: Tensor) -> Tensor:
    first, second = scores.chunk(2, dim=1)
    return 0.4 * (_fool_hinge(first) + cross_entropy(second, real=False))


class _Judge(Protocol):
    def __call__(self, scores: Tensor, *, real: bool) -> Tensor: ...


class Adversarial(NamedTuple):
    """A pair of opposite aims.

    Attributes:
        judge: What a critic minimises on scores of pictures that are `real` or not.
        fool: What a generator minimises on the scores of its pictures.
        heads: Scores that it takes for each patch.
    """

    judge: _Judge
    fool: Callable[[Tensor], Tensor]
    heads: int = 1


ADVERSARIAL = {
    "least-squares": Adversarial(least_squares, lambda scores: least_squares(scores, real=True)),
    "bce": Adversarial(cross_entropy, lambda scores: cross_entropy(scores, real=True)),
    "hinge": Adversarial(hinge, _fool_hinge),
    "two-objective": Adversarial(two_objectives, _fool_two_objectives, heads=2),
}


def critic_loss(adversarial: Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """What a critic minimises: half of what it gets wrong, which slows it as in Zhu et al. (2017)."""
    return (adversarial.judge(real, real=True) + adversarial.judge(fake, real=False)) / 2


def cycle_loss(cycled: Tensor, real: Tensor) -> Tensor:
    """How far a picture is from itself after the way there and back: the mean absolute difference (Zhu et al. 2017)."""
    return F.l1_loss(cycled, real)


def identity_loss(identity: Tensor, real: Tensor) -> Tensor:
    """How much a generator changes what is already of its kind: the mean absolute difference (Taigman et al. 2017)."""
    return F.l1_loss(identity, real)


def lattice_loss(pictures: Tensor) -> Tensor:
    """How strongly the networks' strides show as a grid of 4 x 4 pixels, beyond what chance leaves in real pictures.

    What is finest in a picture is averaged, apart for each of the 16 places of such a grid. Brushwork is as strong
    in one place as in another; what differs from place to place, all over the picture, is a grid (as those
    that Odena et al. 2016 describe). The loss is the deviation over the places less what chance alone leaves of the
    picture's own strength, where that is positive. That strength has no gradient: to paint smoothly wins nothing.

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
