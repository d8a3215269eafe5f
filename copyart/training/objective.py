"""The CycleGAN objective, in the order of the paper: the generators' turn, then the critics'."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from copyart.augmentation import DRAWS, diff_augment
from copyart.losses import Adversarial, critic_loss, cycle_loss, identity_loss, lattice_loss
from copyart.networks import mixes_batch
from copyart.pool import Pool

Part = TypeVar("Part", bound=nn.Module)

_PARTS = (DRAWS,) * 6 + (2,) * 2
DRAWS_EACH = sum(_PARTS)  # random numbers that a pair of pictures takes in a step


@dataclass
class Both(Generic[Part]):
    """Something for each domain: `to_b` paints what is of `a`; critic `b` judges what is to be of `b`."""

    a: Part
    b: Part

    def __iter__(self) -> Iterator[Part]:
        return iter((self.a, self.b))


class Draws(NamedTuple):
    """All chance of a step, by its use: numbers uniform in [0, 1), a row for each pair of pictures."""

    fool_a: Tensor
    fool_b: Tensor
    real_a: Tensor
    real_b: Tensor
    fake_a: Tensor
    fake_b: Tensor
    pool_a: Tensor
    pool_b: Tensor


def split_draws(draws: Tensor) -> Draws:
    """Deals out b x `DRAWS_EACH` numbers."""
    return Draws(*torch.split(draws, list(_PARTS), dim=1))


@dataclass(frozen=True)
class Objective:
    """What is minimised.

    Attributes:
        adversarial: What critics and generators want of the scores.
        cycle: Weight of the way there and back.
        identity: Weight of leaving alone what is already of the kind.
        lattice: Weight of leaving no grid.
        augment: What is changed in pictures before a critic sees them.
    """

    adversarial: Adversarial
    cycle: float
    identity: float
    lattice: float
    augment: Sequence[str]


class GeneratorTurn(NamedTuple):
    """The generators' sum and its terms, and what they painted."""

    loss: Tensor
    terms: dict[str, Tensor]
    fake_a: Tensor
    fake_b: Tensor


def generators_turn(
    to: Both[nn.Module], critics: Both[nn.Module], real_a: Tensor, real_b: Tensor, objective: Objective, draws: Draws
) -> GeneratorTurn:
    """The sum that both generators minimise (Zhu et al. 2017, section 3), of pictures b 3 h w in [-1, 1]."""

    def fool(critic: nn.Module, fake: Tensor, chance: Tensor) -> Tensor:
        return objective.adversarial.fool(critic(diff_augment(fake, objective.augment, chance)))

    # Translate both ways; what is already there goes along in the same batch.
    identity = objective.identity > 0
    fake_b, identity_b = _paint(to.b, real_a, real_b, both=identity)
    fake_a, identity_a = _paint(to.a, real_b, real_a, both=identity)

    # Fool the critics.
    terms = {
        "fool_a": fool(critics.a, fake_a, draws.fool_a),
        "fool_b": fool(critics.b, fake_b, draws.fool_b),
    }
    loss = terms["fool_a"] + terms["fool_b"]

    # Come back.
    terms["cycle_a"] = cycle_loss(to.a(fake_b), real_a)
    terms["cycle_b"] = cycle_loss(to.b(fake_a), real_b)
    loss = loss + objective.cycle * (terms["cycle_a"] + terms["cycle_b"])

    # Leave alone what is already there.
    if identity:
        terms["identity_a"] = identity_loss(identity_a, real_a)
        terms["identity_b"] = identity_loss(identity_b, real_b)
        loss = loss + objective.identity * (terms["identity_a"] + terms["identity_b"])

    # Leave no grid.
    if objective.lattice > 0:
        terms["lattice_a"] = lattice_loss(fake_a)
        terms["lattice_b"] = lattice_loss(fake_b)
        loss = loss + objective.lattice * (terms["lattice_a"] + terms["lattice_b"])

    return GeneratorTurn(loss, terms, fake_a, fake_b)


def critics_turn(
    critics: Both[nn.Module],
    real_a: Tensor,
    real_b: Tensor,
    fake_a: Tensor,
    fake_b: Tensor,
    pools: Both[Pool],
    objective: Objective,
    draws: Draws,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum that both critics minimise, and its terms; the pools take the new pictures in."""

    def judge(critic: nn.Module, real: Tensor, fake: Tensor, chance: Tensor, fake_chance: Tensor) -> Tensor:
        real = diff_augment(real, objective.augment, chance)
        fake = diff_augment(fake, objective.augment, fake_chance)
        real_scores, fake_scores = _apart(critic, real, fake)
        return critic_loss(objective.adversarial, real_scores, fake_scores)

    # Tell what is real from what was painted, now or some steps ago.
    shown_a = pools.a.swap(fake_a, draws.pool_a)
    shown_b = pools.b.swap(fake_b, draws.pool_b)
    terms = {
        "critic_a": judge(critics.a, real_a, shown_a, draws.real_a, draws.fake_a),
        "critic_b": judge(critics.b, real_b, shown_b, draws.real_b, draws.fake_b),
    }
    return terms["critic_a"] + terms["critic_b"], terms


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
