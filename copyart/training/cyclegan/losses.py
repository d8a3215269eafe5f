"""The terms that CycleGAN's generators minimise, each listed once in `TERMS`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from torch import Tensor

from copyart.config import TrainConfig
from copyart.training.adversarial import Adversarial
from copyart.training.learner import Figure

_PERIOD = 4  # pixels of the grid that two strides of two leave
_BOTH = ("a", "b")


@dataclass
class Side:
    """One domain in the generators' turn, as the terms see it; pictures are b 3 h w in [-1, 1].

    Attributes:
        real: Pictures of the domain.
        fake: Pictures of the other domain, painted as if they were of this one.
        identity: `real`, painted as if they had to become of this domain; `real` itself where no term asks for it.
        adversarial: What scores are made a loss by.
        make_cycled: Takes the paintings of `real` back to this domain.
        judge: Scores `fake` as the discriminator sees it.
    """

    real: Tensor
    fake: Tensor
    identity: Tensor
    adversarial: Adversarial
    make_cycled: Callable[[], Tensor]
    judge: Callable[[Tensor], Tensor]

    @cached_property
    def cycled(self) -> Tensor:
        """`real` after the way there and back."""
        return self.make_cycled()

    @cached_property
    def scores(self) -> Tensor:
        """The discriminator's scores of `fake`."""
        return self.judge(self.fake)


@dataclass(frozen=True)
class Term:
    """One part of the sum that the generators minimise; it is left out where its weight is 0.

    Attributes:
        figure: Its name, under which a run notes it for each domain, and its label for people.
        weight: What it is taken times.
        loss: A single number for one domain.
    """

    figure: Figure
    weight: Callable[[TrainConfig], float]
    loss: Callable[[Side], Tensor]

    @property
    def name(self) -> str:
        """Its name, without the domain."""
        return self.figure.name


def adversarial_loss(side: Side) -> Tensor:
    """The generator's part of the game with the discriminator (Goodfellow et al. 2014)."""
    return side.adversarial.generator_loss(side.scores)


def cycle_loss(cycled: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference of pictures before and after the way there and back (Zhu et al. 2017)."""
    return F.l1_loss(cycled, real)


def identity_loss(identity: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference that a generator makes to what is already of its kind (Taigman et al. 2017)."""
    return F.l1_loss(identity, real)


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


TERMS = (
    Term(Figure("adversarial", "passing for real", _BOTH), lambda config: 1.0, adversarial_loss),
    Term(
        Figure("cycle", "coming back", _BOTH),
        lambda config: config.cycle,
        lambda side: cycle_loss(side.cycled, side.real),
    ),
    Term(
        Figure("identity", "leaving its own alone", _BOTH),
        lambda config: config.identity,
        lambda side: identity_loss(side.identity, side.real),
    ),
    Term(
        Figure("checkerboard", "leaving no checkerboard", _BOTH),
        lambda config: config.checkerboard,
        lambda side: checkerboard_loss(side.fake),
    ),
)
DISCRIMINATOR = Figure("discriminator", "telling real from painted", _BOTH)
