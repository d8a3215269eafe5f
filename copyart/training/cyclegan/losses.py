"""The terms that CycleGAN's generators minimise, each listed once in `TERMS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.config import TrainConfig
from copyart.networks import luma
from copyart.training.adversarial import Adversarial
from copyart.training.checkerboard import checkerboard_loss
from copyart.training.cyclegan.eyes import Eyes
from copyart.training.cyclegan.matching import Seen, look
from copyart.training.learner import Figure

_BOTH = ("a", "b")
_PAINTINGS = ("b",)
_BLOCK = 4  # pixels a side, whose mean is what is broad
_HUE = 5.0  # how much more a change of hue counts than one of light
_SPECK = 7  # pixels: what is narrower stands out of its surroundings
_HOT = 0.4  # of a colour that goes from 0 to 2.2: one pixel in a hundred of paintings stands out by as much


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
        source: The pictures of the other domain of which `fake` was painted.
        eyes: What terms look through, if they do.
        matches: A random draw in [0, 1) for each window of `source`.
    """

    real: Tensor
    fake: Tensor
    identity: Tensor
    adversarial: Adversarial
    make_cycled: Callable[[], Tensor]
    judge: Callable[[Tensor], Tensor]
    source: Tensor
    eyes: Eyes
    matches: Tensor

    @cached_property
    def cycled(self) -> Tensor:
        """`real` after the way there and back."""
        return self.make_cycled()

    @cached_property
    def scores(self) -> Tensor:
        """The discriminator's scores of `fake`."""
        return self.judge(self.fake)

    @cached_property
    def painted(self) -> Seen:
        """The description of `fake`, window by window."""
        return look(self.eyes.find(self.fake), self.fake)

    @cached_property
    def matched(self) -> Seen:
        """The windows that `fake` is to be like: those of the artist's paintings that are near to `source`."""
        with torch.no_grad():
            return self.eyes.bank.match(look(self.eyes.find(self.source), self.source), self.matches)


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


def light_cycle_loss(cycled: Tensor, real: Tensor) -> Tensor:
    """The mean absolute difference of the brightness of 4 x 4 pixels: drawing and light come back, colours may go."""
    before, after = (F.avg_pool2d(luma(x), _BLOCK) for x in (real, cycled))
    return F.l1_loss(after, before)


def feature_cycle_loss(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """The mean absolute difference of what is found before and after, over what is found; without the finest scale."""
    pairs = list(zip(found, wanted, strict=True))[1:]
    each = [(one - other).abs().mean() / (other.abs().mean() + 1e-3) for one, other in pairs]
    return torch.stack(each).mean()


def broad_loss(fake: Tensor, broad: Tensor) -> Tensor:
    """The mean square by which strokes change broad colours, in means of 4 x 4 pixels: those are the curves' part.

    Changes of hue count several times: strokes carry light, and a streak of another hue is seen at once.
    """
    change = F.avg_pool2d(fake, _BLOCK) - broad
    return change.square().mean() + _HUE * (change - luma(change)).square().mean()


def hot_spots_loss(fake: Tensor) -> Tensor:
    """The mean by which colours stand out of their opening by 7 pixels (Serra 1982), beyond what painters' do.

    Features can be matched by a speck or a streak of saturated colour; a stroke has others like it beside it.
    """
    red, green, blue = fake[:, 0], fake[:, 1], fake[:, 2]
    strength = ((red - green).square() + ((red + green) / 2 - blue).square() + 1e-4).sqrt()
    eroded = -F.max_pool2d(-strength, _SPECK, stride=1, padding=_SPECK // 2)
    opened = F.max_pool2d(eroded, _SPECK, stride=1, padding=_SPECK // 2)
    return F.relu(strength - opened - _HOT).mean()


def _feature_cycle(side: Side) -> Tensor:
    with torch.no_grad():
        wanted = side.eyes.find(side.real)
    return feature_cycle_loss(side.eyes.find(side.cycled), wanted)


TERMS = (
    Term(Figure("adversarial", "passing for real", _BOTH), lambda config: 1.0, adversarial_loss),
    Term(
        Figure("cycle", "coming back", _BOTH),
        lambda config: config.cycle,
        lambda side: cycle_loss(side.cycled, side.real),
    ),
    Term(
        Figure("light_cycle", "light coming back", _BOTH),
        lambda config: config.light_cycle,
        lambda side: light_cycle_loss(side.cycled, side.real),
    ),
    Term(
        Figure("feature_cycle", "features coming back", _BOTH),
        lambda config: config.feature_cycle,
        _feature_cycle,
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
    Term(
        Figure("statistics", "brushwork of a matched painting", _PAINTINGS),
        lambda config: config.statistics,
        lambda side: side.eyes.bank.statistics_loss(side.painted, side.matched),
    ),
    Term(
        Figure("palette", "palette of a matched painting", _PAINTINGS),
        lambda config: config.palette,
        lambda side: side.eyes.bank.palette_loss(side.painted, side.matched),
    ),
    Term(
        Figure("hot_spots", "leaving no hot spots", _PAINTINGS),
        lambda config: config.hot_spots,
        lambda side: hot_spots_loss(side.fake),
    ),
    Term(
        Figure("broad", "leaving broad colours to the curves", _PAINTINGS),
        lambda config: config.broad,
        lambda side: broad_loss(side.fake, side.eyes.painter.broad_colors(side.source)),
    ),
)
DISCRIMINATOR = Figure("discriminator", "telling real from painted", _BOTH)
