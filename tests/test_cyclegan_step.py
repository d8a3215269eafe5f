"""The step: its gradients are the plain step's, its random draws follow from the seed."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
from plain_step import discriminator_gradients, generator_gradients, plainly
from runs import configured
from torch import Tensor, nn

from copyart.config import TrainConfig
from copyart.networks import Compact
from copyart.training.accelerator import make_accelerator
from copyart.training.checkerboard import checkerboard_loss
from copyart.training.cyclegan.eyes import Eyes
from copyart.training.cyclegan.learner import CycleGAN
from copyart.training.cyclegan.losses import TERMS, Term
from copyart.training.cyclegan.networks import Pair
from copyart.training.cyclegan.pool import Pool
from copyart.training.cyclegan.step import GeneratorTurn, discriminators_turn, generators_turn, split_draws

SMALL: dict[str, object] = {
    "image_size": 32,
    "load_size": 32,
    "device": "cpu",
    "precision": "fp32",
    "generator_options": {"base_channels": 8, "blocks": 2},
    "discriminator": "patch",
    "discriminator_options": {"base_channels": 8},
    "identity": 5.0,
    "checkerboard": 0.0,
}


def small(**values: object) -> TrainConfig:
    return configured("compact", **{**SMALL, **values})


def learner_of(config: TrainConfig) -> CycleGAN:
    return CycleGAN(config, make_accelerator(config)[0])


def pictures(count: int = 2, size: int = 32, seed: int = 0) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    a, b = torch.randint(0, 256, (2, count, 3, size, size), dtype=torch.uint8, generator=chance)
    return a, b


def distance(some: Iterable[Tensor], others: Iterable[Tensor]) -> float:
    """How far gradients are apart, as a share of their length, all weights together."""
    pairs = [(one.double(), other.double()) for one, other in zip(some, others, strict=True)]
    apart = sum(float((one - other).square().sum()) for one, other in pairs)
    return float((apart / sum(float(other.square().sum()) for _, other in pairs)) ** 0.5)


Gradients = tuple[list[Tensor], list[Tensor]]


def ours(config: TrainConfig, dtype: torch.dtype, seed: int) -> Gradients:
    """What the step would give the generators, and the discriminators."""
    learner = learner_of(config)
    for network in networks(learner):
        network.to(dtype)
    real_a, real_b = (learner.to_device(x).to(dtype) for x in pictures(seed=seed))
    draws = split_draws(learner.draw(seed).to(dtype))
    with learner.accelerator.autocast():
        turn = generators_turn(
            learner.generators, learner.plain_discriminators, real_a, real_b, learner.objective, draws, learner.eyes
        )
        fakes = turn.fake_a.detach(), turn.fake_b.detach()
        pools = Pair(Pool(2, 0, (32, 32)), Pool(2, 0, (32, 32)))
        loss, _ = discriminators_turn(learner.discriminators, real_a, real_b, *fakes, pools, learner.objective, draws)
    to_a, to_b, discriminator_a, discriminator_b = networks(learner)
    of_generators = torch.autograd.grad(turn.loss, [*to_a.parameters(), *to_b.parameters()])
    of_discriminators = torch.autograd.grad(loss, [*discriminator_a.parameters(), *discriminator_b.parameters()])
    return list(of_generators), list(of_discriminators)


def plain(config: TrainConfig, dtype: torch.dtype, seed: int) -> Gradients:
    """The same, without any trick."""
    learner = learner_of(config)
    to_a, to_b, judge_a, judge_b = (plainly(network).to(dtype) for network in networks(learner))
    a, b = (learner.to_device(x).to(dtype).contiguous() for x in pictures(seed=seed))
    draws = split_draws(learner.draw(seed).to(dtype))
    objective = learner.objective
    with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16", cache_enabled=False):
        of_generators, fake_a, fake_b = generator_gradients(to_a, to_b, judge_a, judge_b, a, b, objective, draws)
        of_a = discriminator_gradients(judge_a, a, fake_a.to(dtype), objective, draws.real_a, draws.fake_a)
        of_b = discriminator_gradients(judge_b, b, fake_b.to(dtype), objective, draws.real_b, draws.fake_b)
    return of_generators, [*of_a, *of_b]


def networks(learner: CycleGAN) -> tuple[nn.Module, ...]:
    return learner.generators.a, learner.generators.b, learner.discriminators.a, learner.discriminators.b


TRICKS = pytest.mark.parametrize(
    "values",
    [
        {"generator": "compact", "generator_options": {"base_channels": 8, "blocks": 2, "antialias": True}},
        {"generator": "compact", "augment": []},
        {"discriminator": "projected", "discriminator_options": {"channels": 8}},
        {"generator": "resnet", "generator_options": {"base_channels": 8, "blocks": 2}, "augment": []},
        {"generator": "resnet", "generator_options": {"base_channels": 8, "blocks": 1, "norm": "batch"}},
    ],
    ids=["compact", "compact, no augmentation", "projected discriminators", "resnet", "resnet, batch norm"],
)


@TRICKS
def test_the_gradients_of_a_step_are_the_plain_one_s(values: dict[str, object]) -> None:
    """All tricks together: joined batches, channels_last, our norm's backward."""
    config = small(batch_size=2, **values)
    for some, others in zip(ours(config, torch.float64, 0), plain(config, torch.float64, 0), strict=True):
        assert distance(some, others) < 1e-10


@TRICKS
def test_in_float32_they_are_too_but_for_rounding(values: dict[str, object]) -> None:
    """A ReLU or an absolute value may fall to its other side, in one step of many: so the median of five."""
    config = small(batch_size=2, **values)
    rounding = (
        1e-3 if config.discriminator == "projected" else 1e-5
    )  # many more layers, and ReLUs with two sides to fall to
    pairs = [(ours(config, torch.float32, seed), plain(config, torch.float32, seed)) for seed in range(5)]
    for part in (0, 1):
        assert statistics.median(distance(some[part], others[part]) for some, others in pairs) < rounding


@pytest.mark.slow
@TRICKS
def test_in_bfloat16_they_are_no_further_from_the_truth_than_the_plain_one_s(values: dict[str, object]) -> None:
    config, coarse = small(batch_size=2, **values), small(batch_size=2, precision="bf16", **values)
    truths, mine, theirs = (
        [of(how, dtype, seed) for seed in range(5)]
        for of, how, dtype in (
            (plain, config, torch.float64),
            (ours, coarse, torch.float32),
            (plain, coarse, torch.float32),
        )
    )
    for part in (0, 1):
        off, off_plain = (
            statistics.mean(distance(one[part], truth[part]) for one, truth in zip(some, truths, strict=True))
            for some in (mine, theirs)
        )
        assert off < 1.1 * off_plain


def generators_of(config: TrainConfig) -> GeneratorTurn:
    """The generators' turn of a new learner, in float64."""
    learner = learner_of(config)
    for network in networks(learner):
        network.double()
    a, b = (learner.to_device(x).double() for x in pictures())
    draws = split_draws(learner.draw(0).double())
    return generators_turn(
        learner.generators, learner.plain_discriminators, a, b, learner.objective, draws, learner.eyes
    )


def test_the_checkerboard_term_adds_its_weight_times_its_terms_and_nothing_else() -> None:
    without, with_it = (generators_of(small(batch_size=2, checkerboard=weight)) for weight in (0.0, 100.0))
    assert with_it.terms.keys() - without.terms.keys() == {"checkerboard_a", "checkerboard_b"}
    assert all(torch.equal(with_it.terms[name], term) for name, term in without.terms.items())
    assert with_it.terms["checkerboard_a"].item() == checkerboard_loss(with_it.fake_a).item()
    assert with_it.terms["checkerboard_b"].item() == checkerboard_loss(with_it.fake_b).item()
    added = 100.0 * (with_it.terms["checkerboard_a"] + with_it.terms["checkerboard_b"])
    assert added.item() > 0.01
    assert (with_it.loss - without.loss).item() == pytest.approx(added.item(), rel=1e-6)


@pytest.mark.parametrize("generator", ["compact", "resnet"])
def test_with_a_checkerboard_term_the_gradients_are_the_plain_one_s_too(generator: str) -> None:
    """It is always computed in float32."""
    config = small(batch_size=2, generator=generator, checkerboard=100.0)
    (of_generators, of_discriminators), (plainly_so, discriminators_so) = (
        of(config, torch.float64, 0) for of in (ours, plain)
    )
    assert distance(of_generators, plainly_so) < 1e-5
    assert distance(of_discriminators, discriminators_so) < 1e-10
    without = ours(small(batch_size=2, generator=generator), torch.float64, 0)[0]
    assert distance(of_generators, without) > 0.1


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_every_term_is_left_out_without_a_weight_and_learned_from_with_one(term: Term) -> None:
    curved = {"base_channels": 8, "blocks": 2, "color_curves": True}
    learner = learner_of(small(batch_size=2, generator="compact", generator_options=curved))
    for network in learner.plain_generators:  # they begin by changing nothing
        assert isinstance(network, Compact)
        assert network.curves
        nn.init.normal_(network.curves.choose.weight, std=0.1)
        nn.init.normal_(network.get_parameter("out.conv.weight"), std=0.02)
    a, b = map(learner.to_device, pictures())
    eyes = Eyes(learner.eyes.painter, lambda: [(a, b)], learner.device)
    draws = split_draws(learner.draw(0))

    def turn(weights: dict[str, float]) -> GeneratorTurn:
        objective = replace(learner.objective, weights=weights)
        return generators_turn(learner.generators, learner.plain_discriminators, a, b, objective, draws, eyes)

    names = set(term.figure.names())
    without = turn({each.name: 0.0 if each is term else 1.0 for each in TERMS})
    assert without.terms.keys() == {name for each in TERMS for name in each.figure.names()} - names
    alone = turn({each.name: 2.0 if each is term else 0.0 for each in TERMS})
    assert alone.terms.keys() == names
    assert 0 < alone.loss.item() < math.inf
    assert alone.loss.item() == pytest.approx(2 * sum(value.item() for value in alone.terms.values()))
    torch.autograd.backward(alone.loss)
    for part in term.figure.parts:
        generator = getattr(learner.plain_generators, part)
        gradients = [weight.grad for weight in generator.parameters() if weight.grad is not None]
        assert all(gradient.isfinite().all() for gradient in gradients)
        assert sum(gradient.abs().sum().item() for gradient in gradients) > 0
