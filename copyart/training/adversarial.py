"""The game of generators and discriminators (Goodfellow et al. 2014): what each side minimises.

Scores are what a discriminator gives to a batch, `b heads h w`, before any sigmoid; a loss is a single number.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


def least_squares(scores: Tensor, *, real: bool) -> Tensor:
    """The mean square of what scores are away from 1 for real pictures, from 0 for others (Mao et al. 2017)."""
    return F.mse_loss(scores, torch.full_like(scores, float(real)))


def cross_entropy(scores: Tensor, *, real: bool) -> Tensor:
    """The binary cross-entropy of scores as log-odds of being real (Goodfellow et al. 2014, non-saturating)."""
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)))


def hinge(scores: Tensor, *, real: bool) -> Tensor:
    """The mean by which scores fall short of 1 for real pictures, exceed -1 for others (Lim and Ye 2017)."""
    return F.relu(1 - scores if real else 1 + scores).mean()


def two_objectives(scores: Tensor, *, real: bool) -> Tensor:
    """A hinge on the first head, and a cross-entropy with swapped labels on the second.

    The heads pull the trunk that they share in different ways, against mode collapse where pictures are few.
    """
    first, second = scores.chunk(2, dim=1)
    return hinge(first, real=real) + cross_entropy(second, real=not real)


def _generator_hinge(scores: Tensor) -> Tensor:
    return -scores.mean()


def _generator_two_objectives(scores: Tensor) -> Tensor:
    first, second = scores.chunk(2, dim=1)
    return 0.4 * (_generator_hinge(first) + cross_entropy(second, real=False))


class _DiscriminatorLoss(Protocol):
    def __call__(self, scores: Tensor, *, real: bool) -> Tensor: ...


class Adversarial(NamedTuple):
    """A pair of opposite aims.

    Attributes:
        discriminator_loss: What a discriminator minimises on scores of pictures that are `real` or not.
        generator_loss: What a generator minimises on the scores of its pictures.
        heads: Scores that it takes for each patch.
    """

    discriminator_loss: _DiscriminatorLoss
    generator_loss: Callable[[Tensor], Tensor]
    heads: int = 1


ADVERSARIAL = {
    "least-squares": Adversarial(least_squares, lambda scores: least_squares(scores, real=True)),
    "bce": Adversarial(cross_entropy, lambda scores: cross_entropy(scores, real=True)),
    "hinge": Adversarial(hinge, _generator_hinge),
    "two-objective": Adversarial(two_objectives, _generator_two_objectives, heads=2),
}


def discriminator_loss(adversarial: Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """Half of what a discriminator gets wrong on both, which slows it as in Zhu et al. (2017)."""
    return (adversarial.discriminator_loss(real, real=True) + adversarial.discriminator_loss(fake, real=False)) / 2
