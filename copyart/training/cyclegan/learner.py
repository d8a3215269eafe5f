"""CycleGAN (Zhu et al. 2017) as the training loop takes it: two generators, two discriminators, and how they learn."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn

from copyart.checkpoints import load_style
from copyart.config import TrainConfig
from copyart.data import Crops, Domain
from copyart.errors import RunError
from copyart.models import Style
from copyart.networks import lay_streaks
from copyart.tensors import from_bytes, to_pixels
from copyart.training.cyclegan.evaluation import SCORES, Judge, check_pictures
from copyart.training.cyclegan.eyes import Eyes
from copyart.training.cyclegan.losses import DISCRIMINATOR, TERMS
from copyart.training.cyclegan.matching import WINDOWS
from copyart.training.cyclegan.networks import Pair, build_networks, count, load_generators
from copyart.training.cyclegan.pool import Pool
from copyart.training.cyclegan.samples import MEASURES, Sampler
from copyart.training.cyclegan.step import (
    DRAWS_EACH,
    PLACES,
    discriminators_turn,
    generators_turn,
    make_objective,
    split_draws,
)
from copyart.training.cyclegan.style import save_run_style
from copyart.training.learner import Figure, Made
from copyart.training.memory import kept_for_backward
from copyart.training.modes import at_rest, without_gradients
from copyart.training.names import renamed
from copyart.training.optimiser import follow, make_adam, set_rate
from copyart.training.standing import Standing

Paint: TypeAlias = Callable[[Tensor], Tensor]

_AT_ONCE = 4  # pictures, when many are painted
_BANK = 500  # crops of each domain, to match


class CycleGAN:
    """Two generators, two discriminators, and all that changes as they learn; see `Learner`.

    Args:
        config: What is learned, and how.
        accelerator: Where.
        domains: Photos and paintings; none where only the networks are asked about.

    Attributes:
        generators: As accelerate has prepared them: of several processes, gradients are gathered.
        discriminators: Likewise.
        plain_generators: The same generators, without what gathers.
        plain_discriminators: The same discriminators, likewise; the generators' gradients pass through these.
        ema: The exponential moving average of the generators, which is what is saved; where the decay is 0, those that
            learn.
        eyes: What terms look through, if they do.
        pools: The earlier paintings of each domain, of this process.
        size_multiple: What height and width of a picture have to be multiples of.
    """

    losses: ClassVar[tuple[Figure, ...]] = (*(term.figure for term in TERMS), DISCRIMINATOR)
    measures: ClassVar[tuple[Figure, ...]] = MEASURES
    scores: ClassVar[tuple[Figure, ...]] = SCORES
    grid: ClassVar[str] = "Left: photo, painting, photo again. Right: painting, photo, painting again."

    check_pictures = staticmethod(check_pictures)

    def __init__(self, config: TrainConfig, accelerator: Accelerator, domains: Sequence[Domain] = ()) -> None:
        self.config, self.accelerator, self.domains = config, accelerator, domains
        self.device = accelerator.device
        self.objective = make_objective(config)
        generators, discriminators = build_networks(config)
        self.size_multiple = generators.a.size_multiple
        self.ema = generators if config.ema == 0 else Pair(*map(copy.deepcopy, generators))
        slots = -(-config.pool // (config.batch_size * accelerator.num_processes))
        size = (config.image_size, config.image_size)
        self.pools = Pair(*(Pool(config.batch_size, slots, size).to(self.device) for _ in "ab"))

        networks: list[nn.Module] = [*generators, *discriminators]
        for network in (*networks, *self.ema):
            network.to(self.device).to(memory_format=torch.channels_last)
        optimizers = [make_adam(part, config, self.device) for part in (networks[:2], networks[2:])]
        if config.compile:
            for network in networks:
                network.compile()
        *prepared, self.generators_adam, self.discriminators_adam = accelerator.prepare(*networks, *optimizers)
        self.generators, self.discriminators = Pair(*prepared[:2]), Pair(*prepared[2:])
        self.plain_generators: Pair[nn.Module] = Pair(*generators)
        self.plain_discriminators: Pair[nn.Module] = Pair(*discriminators)
        self.eyes = Eyes(generators.b, self._bank_crops, self.device)
        if domains:
            _ = self._sampler  # reads its pictures now, whatever becomes of their files

    def networks(self) -> Mapping[str, str]:
        """The networks that learn and how large they are, in words."""
        generator, discriminator = self.plain_generators.a, self.plain_discriminators.a
        return {
            "generators": f"2 x {count(generator):,} parameters ({self.config.generator})",
            "discriminators": f"2 x {count(discriminator):,} parameters ({self.config.discriminator})",
        }

    @classmethod
    def load_start(cls, name: str, *, progress: bool = False) -> Style:
        """The style to learn on from; see `copyart.load_style`."""
        return load_style(name, progress=progress)

    def start_from(self, model: Style) -> None:
        """Takes the generators of a style, before the first step.

        Raises:
            OptionError: If it has no way back, or its generators are built otherwise than the configuration's.
            BrokenStyleError: If its files are damaged, or ask for no generator that there is.
        """
        weights = load_generators(model, self.config)
        for networks in (self.plain_generators, self.ema):
            for network, saved in zip(networks, weights, strict=True):
                network.load_state_dict({**network.state_dict(), **saved})

    def bytes_each(self) -> int:
        """The bytes that the generators' turn keeps for its way back, for one pair of pictures."""
        size = self.config.image_size
        picture = torch.zeros(1, 3, size, size, dtype=torch.uint8)
        draws = split_draws(self.draw(0)[:1])

        def forward() -> None:
            a, b = self.to_device(picture), self.to_device(picture)
            with self.accelerator.autocast():
                generators_turn(
                    self.plain_generators, self.plain_discriminators, a, b, self.objective, draws, self.eyes
                )

        networks = (*self.plain_generators, *self.plain_discriminators)
        with at_rest(*networks):  # a batch norm is not to learn from this picture
            return kept_for_backward(forward, self.parameters())

    def step(self, batch: Sequence[Tensor], number: int, learning_rate: float, attempt: int = 0) -> dict[str, Tensor]:
        """Takes one step.

        Args:
            batch: Pictures of domain a and as many of domain b, b 3 h w, uint8.
            number: Which step it is, from 0; with `attempt` and the seed it sets all random draws.
            learning_rate: Of both optimisers.
            attempt: Another number makes other random draws.

        Returns:
            Each term of the losses, by its name, on the device.
        """
        config, accelerator = self.config, self.accelerator
        real_a, real_b = map(self.to_device, batch)
        draws = split_draws(self.draw(number, attempt))
        torch.manual_seed(hash((config.seed, number, attempt, accelerator.process_index)))  # of dropout
        for optimizer in (self.generators_adam, self.discriminators_adam):
            set_rate(optimizer, learning_rate)

        # The generators' turn.
        with accelerator.autocast(), without_gradients(*self.plain_discriminators):
            turn = generators_turn(
                self.generators, self.plain_discriminators, real_a, real_b, self.objective, draws, self.eyes
            )
        accelerator.backward(turn.loss)
        self.generators_adam.step()
        self.generators_adam.zero_grad()

        # The discriminators' turn.
        fakes = turn.fake_a.detach(), turn.fake_b.detach()
        with accelerator.autocast():
            loss, terms = discriminators_turn(
                self.discriminators, real_a, real_b, *fakes, self.pools, self.objective, draws
            )
        accelerator.backward(loss)
        if config.clip_discriminators:
            for discriminator in self.discriminators:
                accelerator.clip_grad_norm_(discriminator.parameters(), config.clip_discriminators)
        self.discriminators_adam.step()
        self.discriminators_adam.zero_grad()

        # The EMA follows.
        if config.ema:
            for ema, network in zip(self.ema, self.generators, strict=True):
                follow(ema, accelerator.unwrap_model(network), config.ema, number)
        return {name: term.detach() for name, term in {**turn.terms, **terms}.items()}

    def state(self) -> dict[str, Any]:
        """All that has changed since the start, for `load_state`."""
        return {
            "networks": {name: network.state_dict() for name, network in self._networks()},
            "adam": [self.generators_adam.state_dict(), self.discriminators_adam.state_dict()],
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
            "pools": [self._gathered(pool) for pool in self.pools],
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state` gave.

        Raises:
            RunError: If it was given by another number of processes: each has its own part of the batch and the pools.
        """
        before = len(state["pools"][0]["pictures"]) // self.config.batch_size
        now = self.accelerator.num_processes
        if before != now:
            raise RunError(
                f"the run was trained by {before} processes at a time, not {now}; give --num_processes {before} to "
                "accelerate launch to go on, or begin another run with --out"
            )
        saved_networks = renamed(state["networks"])
        for name, network in self._networks():
            network.load_state_dict(saved_networks[name])
        for optimizer, saved in zip((self.generators_adam, self.discriminators_adam), state["adam"], strict=True):
            optimizer.load_state_dict(saved)
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        first = self.config.batch_size * self.accelerator.process_index
        for pool, saved in zip(self.pools, state["pools"], strict=True):
            pool.pictures.copy_(saved["pictures"][first : first + self.config.batch_size])
            pool.filled.copy_(saved["filled"])

    def sample(self) -> tuple[Image.Image, dict[str, float]]:
        """A grid of held-out pictures and what becomes of them, and the checkerboard that is left in it."""
        return self._sampler.paint(self.paint, self.unpaint)

    def prepare_evaluation(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""
        self._judge.prepare(before)

    def evaluate(self, step: int, before: Standing | None) -> Standing:
        """Scores the generator's EMA after `step` steps; `before` is how it stood."""
        return self._judge.evaluate(self.paint_all, step, before)

    def save(self, folder: Path, made: Made) -> None:
        """Writes the generators' EMA as a style.

        Raises:
            StyleError: If it cannot be written; the one before is kept.
        """
        save_run_style(folder, self.config, self.ema, made)

    @torch.no_grad()
    def paint(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Paints a picture of a, 1 3 h w in [-1, 1], with the generators' EMA, and takes it back again."""
        return self._there_and_back(picture, self._painter, self.ema.a)

    @torch.no_grad()
    def unpaint(self, painting: Tensor) -> tuple[Tensor, Tensor]:
        """The other way: a picture of b to one of a, and back."""
        return self._there_and_back(painting, self.ema.a, self._painter)

    @torch.no_grad()
    def paint_all(self, pictures: Tensor) -> Tensor:
        """Paints pictures of a, b 3 h w, uint8, with the generator's EMA, a few at a time: as many, uint8."""
        with at_rest(self.ema.b), self.accelerator.autocast():
            painted = [to_pixels(self._painter(self.to_device(some))) for some in torch.split(pictures, _AT_ONCE)]
        return torch.from_numpy(np.concatenate(painted)).permute(0, 3, 1, 2)

    def parameters(self) -> Iterator[nn.Parameter]:
        """All that is learned."""
        for network in (*self.plain_generators, *self.plain_discriminators):
            yield from network.parameters()

    def to_device(self, pictures: Tensor) -> Tensor:
        """Pictures, uint8, as b 3 h w in [-1, 1] where it computes."""
        return from_bytes(pictures.to(self.device, non_blocking=True)).to(memory_format=torch.channels_last)

    def draw(self, number: int, attempt: int = 0) -> Tensor:
        """The step's random draws for this process's pictures, out of those for the pictures of all."""
        count, accelerator = self.config.batch_size, self.accelerator
        random = np.random.default_rng([self.config.seed, number, attempt, 2])
        pairs = accelerator.num_processes * count
        widths = DRAWS_EACH - WINDOWS - PLACES, WINDOWS, PLACES
        parts = [random.random((pairs, width), dtype=np.float32) for width in widths]
        every = np.concatenate(parts, axis=1)  # what came later is drawn later: older runs go on as they would have
        first = accelerator.process_index * count
        return torch.from_numpy(every[first : first + count]).to(self.device)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.domains, self.size_multiple)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.domains, self.size_multiple)

    def _bank_crops(self) -> Iterator[list[Tensor]]:
        """Crops of photos and of paintings, to match: the same for all processes."""
        config = self.config
        crops = Crops(self.domains, size=config.image_size, flip=config.flip, seed=config.seed, zoom=config.zoom)
        yield from ([self.to_device(crop[None]) for crop in crops[number]] for number in range(_BANK))

    def _painter(self, photos: Tensor) -> Tensor:
        """Paints photos, b 3 h w in [-1, 1], with the generator's EMA, over their streaks."""
        paintings: Tensor = self.ema.b(lay_streaks(photos, self.config.streaks))
        return paintings

    def _there_and_back(self, picture: Tensor, there: Paint, back: Paint) -> tuple[Tensor, Tensor]:
        with at_rest(*self.ema):
            painted = there(picture.to(self.device))
            cycled = back(painted)
        return painted.cpu(), cycled.cpu()

    def _networks(self) -> Iterator[tuple[str, nn.Module]]:
        named = {
            "generator_a": self.generators.a,
            "generator_b": self.generators.b,
            "discriminator_a": self.discriminators.a,
            "discriminator_b": self.discriminators.b,
        }
        yield from ((name, self.accelerator.unwrap_model(network)) for name, network in named.items())
        if self.config.ema:
            yield from (("ema_a", self.ema.a), ("ema_b", self.ema.b))

    def _gathered(self, pool: Pool) -> dict[str, Tensor]:
        """The pools of all processes, one after the other."""
        return {"pictures": self.accelerator.gather(pool.pictures), "filled": pool.filled}
