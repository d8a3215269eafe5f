"""A step of CycleGAN, in the order of the paper (Zhu et al. 2017): the generators' turn, then the discriminators'."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from copyart.config import TrainConfig
from copyart.networks import lay_streaks, mixes_batch
from copyart.training.adversarial import ADVERSARIAL, Adversarial, discriminator_loss
from copyart.training.augmentation import DRAWS, diff_augment
from copyart.training.cyclegan.eyes import Eyes
from copyart.training.cyclegan.losses import DISCRIMINATOR, TERMS, Side
from copyart.training.cyclegan.matching import WINDOWS
from copyart.training.cyclegan.networks import Pair
from copyart.training.cyclegan.pool import Pool

PLACES = 2  # draws for where in the noise streaks begin
_PARTS = (DRAWS,) * 6 + (2,) * 2 + (WINDOWS, PLACES)
DRAWS_EACH = sum(_PARTS)  # random draws for a pair of pictures in a step


class Draws(NamedTuple):
    """The random draws of a step, by their use: numbers uniform in [0, 1), a row for each pair of pictures."""

    generator_a: Tensor
    generator_b: Tensor
    real_a: Tensor
    real_b: Tensor
    fake_a: Tensor
    fake_b: Tensor
    pool_a: Tensor
    pool_b: Tensor
    matches: Tensor
    places: Tensor


def split_draws(draws: Tensor) -> Draws:
    """Deals out b x `DRAWS_EACH` random draws."""
    return Draws(*torch.split(draws, list(_PARTS), dim=1))


@dataclass(frozen=True)
class Objective:
    """The sums that both sides minimise.

    Attributes:
        adversarial: What discriminators and generators want of the scores.
        weights: The weight of each of `TERMS`, by its name.
        augment: What is changed in pictures before a discriminator sees them.
        streaks: By how many per cent streaks lighten and darken photos before they are painted.
    """

    adversarial: Adversarial
    weights: Mapping[str, float]
    augment: Sequence[str]
    streaks: float


def make_objective(config: TrainConfig) -> Objective:
    """The objective that a configuration asks for."""
    weights = {term.name: term.weight(config) for term in TERMS}
    return Objective(ADVERSARIAL[config.adversarial], weights, config.augment, config.streaks)


class GeneratorTurn(NamedTuple):
    """The generators' sum and its terms, and what they painted."""

    loss: Tensor
    terms: dict[str, Tensor]
    fake_a: Tensor
    fake_b: Tensor


def generators_turn(
    generators: Pair[nn.Module],
    discriminators: Pair[nn.Module],
    real_a: Tensor,
    real_b: Tensor,
    objective: Objective,
    draws: Draws,
    eyes: Eyes,
) -> GeneratorTurn:
    """The sum that both generators minimise (Zhu et al. 2017, section 3), of pictures b 3 h w in [-1, 1]."""
    matches = draws.matches.flatten()

    def laid(photo: Tensor) -> Tensor:
        return lay_streaks(photo, objective.streaks, draws.places)

    def side(
        real: Tensor,
        fake: Tensor,
        identity: Tensor,
        make_cycled: Callable[[], Tensor],
        discriminator: nn.Module,
        own_draws: Tensor,
        source: Tensor,
    ) -> Side:
        def judge(fake: Tensor) -> Tensor:
            scores: Tensor = discriminator(diff_augment(fake, objective.augment, own_draws))
            return scores

        return Side(real, fake, identity, objective.adversarial, make_cycled, judge, source, eyes, matches)

    # Translate both ways; what is already there goes along in the same batch.
    identity = objective.weights["identity"] > 0
    fake_b, identity_b = _paint(generators.b, laid(real_a), real_b, both=identity)
    fake_a, identity_a = _paint(generators.a, real_b, real_a, both=identity)

    # Add up what is wanted of them. Each term does its part of the way forward itself.
    a = side(real_a, fake_a, identity_a, partial(generators.a, fake_b), discriminators.a, draws.generator_a, real_b)
    again_b = partial(generators.b, laid(fake_a))
    b = side(real_b, fake_b, identity_b, again_b, discriminators.b, draws.generator_b, real_a)
    terms: dict[str, Tensor] = {}
    weighted: list[Tensor] = []
    for term in TERMS:
        if objective.weights[term.name] > 0:
            losses = [term.loss({"a": a, "b": b}[part]) for part in term.figure.parts]
            terms |= dict(zip(term.figure.names(), losses, strict=True))
            weighted.append(objective.weights[term.name] * sum(losses[1:], losses[0]))
    return GeneratorTurn(sum(weighted[1:], weighted[0]), terms, fake_a, fake_b)


def discriminators_turn(
    discriminators: Pair[nn.Module],
    real_a: Tensor,
    real_b: Tensor,
    fake_a: Tensor,
    fake_b: Tensor,
    pools: Pair[Pool],
    objective: Objective,
    draws: Draws,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum that both discriminators minimise, and its terms; the pools take the new pictures in."""

    def judge(discriminator: nn.Module, real: Tensor, fake: Tensor, real_draws: Tensor, fake_draws: Tensor) -> Tensor:
        real = diff_augment(real, objective.augment, real_draws)
        fake = diff_augment(fake, objective.augment, fake_draws)
        real_scores, fake_scores = _apart(discriminator, real, fake)
        return discriminator_loss(objective.adversarial, real_scores, fake_scores)

    # Tell what is real from what was painted, now or some steps ago.
    shown_a = pools.a.swap(fake_a, draws.pool_a)
    shown_b = pools.b.swap(fake_b, draws.pool_b)
    of_a = judge(discriminators.a, real_a, shown_a, draws.real_a, draws.fake_a)
    of_b = judge(discriminators.b, real_b, shown_b, draws.real_b, draws.fake_b)
    return of_a + of_b, dict(zip(DISCRIMINATOR.names(), (of_a, of_b), strict=True))


def _paint(generator: nn.Module, photo: Tensor, already: Tensor, *, both: bool) -> tuple[Tensor, Tensor]:
    """The painting of one batch, and what becomes of the other if that is asked for."""
    if not both:
        return generator(photo), already
    painting, left_alone = _apart(generator, photo, already)
    return painting, left_alone


def _apart(network: nn.Module, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """A network of two batches: in one call where it is of each picture alone, which is the same and faster."""
    if mixes_batch(network):
        return network(first), network(second)
    one, two = network(torch.cat([first, second])).chunk(2)
    return one, two
