"""The terms that CycleGAN's generators minimise, each listed once in `TERMS`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from torch import Tensor

from copyart.config import TrainConfig
from copyart.training.adversarial import Adversarial
from copyart.training.checkerboard import checkerboard_loss
from copyart.training.learner import Figure

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
