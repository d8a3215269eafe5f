"""A generator as the training loop takes it: a network that makes pictures, one that judges, and how they learn."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

from copyart.checkpoints import load_noise_network
from copyart.codes import codes_of
from copyart.config import NoiseConfig
from copyart.data import Domain
from copyart.errors import OptionError, RunError, first_line
from copyart.models import NoiseGenerator, find_generator
from copyart.networks import (
    NOISE_NETWORKS,
    BatchNorm,
    DCGANDiscriminator,
    NoiseNetwork,
    ProjectedGAN,
    ResidualDiscriminator,
    initialise,
    luma,
)
from copyart.tensors import from_bytes
from copyart.training.adversarial import ADVERSARIAL
from copyart.training.learner import Figure, Made
from copyart.training.memory import kept_for_backward
from copyart.training.modes import without_gradients
from copyart.training.noise.evaluation import SCORES, Judge, check_pictures
from copyart.training.noise.result import save_run_generator
from copyart.training.noise.samples import SPREAD, draw_grid, draw_seeds, spread
from copyart.training.noise.step import LOSSES, Draws, Turns, make_draws, path_lengths
from copyart.training.optimiser import follow, make_adam, set_rate
from copyart.training.standing import Standing

_SETTLED_BY = 128  # codes, by which the EMA is settled
_LENGTHS_KEPT = 0.99  # of the mean length of paths, at each look


class FromNoise:
    """A network that makes pictures out of noise, one that tells them from real ones, and how they learn.

    Args:
        config: What is learned, and how.
        accelerator: Where.
        domains: The pictures; none where only the networks are asked about.

    Attributes:
        network: Makes pictures; as accelerate has prepared it.
        discriminator: Judges, likewise.
        plain_network: The same network, without what gathers gradients of several processes.
        plain_discriminator: The same discriminator, likewise.
        ema: The exponential moving average of the network, which is what is saved.
        mean_length: That of the lengths of paths so far.
    """

    losses: ClassVar[tuple[Figure, ...]] = LOSSES
    measures: ClassVar[tuple[Figure, ...]] = (SPREAD,)
    scores: ClassVar[tuple[Figure, ...]] = SCORES
    grid: ClassVar[str] = "Pictures of seeds 0, 1, 2 and so on, which stay the same from grid to grid."

    check_pictures = staticmethod(check_pictures)

    def __init__(self, config: NoiseConfig, accelerator: Accelerator, domains: Sequence[Domain] = ()) -> None:
        self.config, self.accelerator, self.domains = config, accelerator, domains
        self.device = accelerator.device
        self.turns = Turns(config)
        size = {"image_size": config.image_size, "channels": 1 if config.grey else 3}
        torch.manual_seed(config.seed)
        network, discriminator = self._build(size)
        self.ema = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self._settled = False
        for part in (network, discriminator, self.ema):
            part.to(self.device).to(memory_format=torch.channels_last)
        if accelerator.num_processes > 1:
            for norm in (*network.modules(), *discriminator.modules()):
                if isinstance(norm, BatchNorm):
                    norm.share = _mean_of_processes
        optimizers = [make_adam([part], config, self.device) for part in (network, discriminator)]
        if config.compile:
            network.compile()
            discriminator.compile()
        prepared = accelerator.prepare(network, discriminator, *optimizers)
        self.network, self.discriminator, self.network_adam, self.discriminator_adam = prepared
        self.plain_network, self.plain_discriminator = network, discriminator
        self.mean_length = torch.zeros((), device=self.device)

    def networks(self) -> Mapping[str, str]:
        """The networks that learn and how large they are, in words."""
        kinds = {"generator": self.config.network, "discriminator": self.config.discriminator}
        sizes = [sum(weight.numel() for weight in part.parameters()) for part in self._plain()]
        return {name: f"{size:,} parameters ({kinds[name]})" for name, size in zip(kinds, sizes, strict=True)}

    @classmethod
    def load_start(cls, name: str, *, progress: bool = False) -> NoiseGenerator:
        """The generator to learn on from.

        Raises:
            StyleError: If there is none of that name, or its record is damaged.
        """
        return find_generator(name)

    def start_from(self, model: NoiseGenerator) -> None:
        """Takes the weights of a generator, before the first step.

        Raises:
            OptionError: If it is built otherwise than the configuration's.
            BrokenStyleError: If its files are damaged.
        """
        weights = load_noise_network(model).state_dict()
        try:
            for part in (self.plain_network, self.ema):
                part.load_state_dict(weights)
        except RuntimeError as error:
            raise OptionError(
                f"generator {model.name} is a {model.network} with {dict(model.parameters)}; "
                "set network, image_size, grey and network_options so"
            ) from error

    def bytes_each(self) -> int:
        """The bytes that the turn of the network keeps for its way back, for one picture."""
        draws = self._draws(0, 0, count=1)

        def forward() -> None:
            with self.accelerator.autocast():
                made = self.plain_network(draws.codes, draws.others, draws.crossing, draws.noise)
                self.turns.passing(self.plain_discriminator, made.float(), draws)

        return kept_for_backward(forward, self.parameters())

    def step(self, batch: Sequence[Tensor], number: int, learning_rate: float, attempt: int = 0) -> dict[str, Tensor]:
        """Takes one step.

        Args:
            batch: Pictures, b 3 h w, uint8.
            number: Which step it is, from 0; with `attempt` and the seed it sets all random draws.
            learning_rate: Of both optimisers.
            attempt: Another number makes other random draws.

        Returns:
            Each of the losses that count in this step, on the device.
        """
        config, accelerator = self.config, self.accelerator
        real = from_bytes(batch[0].to(self.device, non_blocking=True))
        real = (luma(real) if config.grey else real).contiguous(memory_format=torch.channels_last)
        draws = self._draws(number, attempt, count=len(real))
        terms: dict[str, Tensor] = {}
        for optimizer in (self.network_adam, self.discriminator_adam):
            set_rate(optimizer, learning_rate)

        # The network's turn: its pictures are to pass for real, and now and then, styles are to change them evenly.
        with accelerator.autocast():
            made = self.network(draws.codes, draws.others, draws.crossing, draws.noise).float()
            with without_gradients(self.plain_discriminator):
                terms["adversarial"] = self.turns.passing(self.plain_discriminator, made, draws)
        loss = terms["adversarial"]
        if config.path_length and number % config.path_length_every == 0:
            terms["path_length"] = self._unevenness(draws)
            loss = loss + config.path_length * config.path_length_every * terms["path_length"]
        accelerator.backward(loss)
        self.network_adam.step()
        self.network_adam.zero_grad()

        # The discriminator's turn, which now and then is to be level around real pictures.
        with accelerator.autocast():
            terms["discriminator"] = self.turns.telling(self.discriminator, real, made.detach(), draws)
        loss = terms["discriminator"]
        if config.r1 and number % config.r1_every == 0:
            terms["r1"] = self.turns.slope(self.plain_discriminator, real, draws)
            loss = loss + config.r1 / 2 * config.r1_every * terms["r1"]
        accelerator.backward(loss)
        self.discriminator_adam.step()
        self.discriminator_adam.zero_grad()

        # The EMA follows.
        follow(self.ema, accelerator.unwrap_model(self.network), config.ema, number)
        self._settled = False
        return {name: term.detach() for name, term in terms.items()}

    def state(self) -> dict[str, Any]:
        """All that has changed since the start, for `load_state`."""
        self._settle()
        return {
            "networks": {name: part.state_dict() for name, part in self._named()},
            "adam": [self.network_adam.state_dict(), self.discriminator_adam.state_dict()],
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
            "mean_length": self.mean_length,
            "processes": self.accelerator.num_processes,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state` gave.

        Raises:
            RunError: If it was given by another number of processes, whose batches were of another size.
        """
        before, now = state["processes"], self.accelerator.num_processes
        if before != now:
            raise RunError(
                f"the run was trained by {before} processes at a time, not {now}; give --num_processes {before} to "
                "accelerate launch to go on, or begin another run with --out"
            )
        for name, part in self._named():
            part.load_state_dict(state["networks"][name])
        for optimizer, saved in zip((self.network_adam, self.discriminator_adam), state["adam"], strict=True):
            optimizer.load_state_dict(saved)
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.mean_length = state["mean_length"].to(self.device)
        self._settled = True

    def sample(self) -> tuple[Image.Image, dict[str, float]]:
        """A grid of pictures of codes that stay the same, and how far they are apart."""
        pictures = self._drawn(self.config.samples)
        return draw_grid(pictures), {SPREAD.name: round(spread(pictures), 5)}

    def prepare_evaluation(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""
        self._judge.prepare(before)

    def evaluate(self, step: int, before: Standing | None) -> Standing:
        """Scores the EMA after `step` steps; `before` is how it stood."""
        return self._judge.evaluate(self._drawn, step, before)

    def save(self, folder: Path, made: Made) -> None:
        """Writes the EMA as a generator.

        Raises:
            StyleError: If it cannot be written; the one before is kept.
        """
        golden = Image.fromarray(self._drawn(1)[0].permute(1, 2, 0).numpy())
        processes = self.accelerator.num_processes
        save_run_generator(folder, self.config, self.ema, made, golden, processes)

    def parameters(self) -> Iterator[nn.Parameter]:
        """All that is learned."""
        for part in self._plain():
            yield from part.parameters()

    def _build(self, size: Mapping[str, int]) -> tuple[NoiseNetwork, nn.Module]:
        """Both networks, as they begin."""
        config = self.config
        make, make_own = NOISE_NETWORKS[config.network]
        heads, options = ADVERSARIAL[config.adversarial].heads, config.discriminator_options
        try:
            network = make(**size, **config.network_options)
        except (TypeError, ValueError, RuntimeError) as error:
            raise OptionError(f"no {config.network} can be built of network_options: {first_line(error)}") from error
        initialise(network)
        discriminator: ProjectedGAN | DCGANDiscriminator | ResidualDiscriminator
        try:
            if config.discriminator == "projected":
                discriminator = ProjectedGAN(heads=heads, **options)
            else:
                discriminator = make_own(**size, heads=heads, **options)
        except (TypeError, ValueError, RuntimeError) as error:
            raise OptionError(f"no discriminator can be built of its options: {first_line(error)}") from error
        if config.image_size < discriminator.min_size:
            raise OptionError(
                f"image_size is {config.image_size}, and this discriminator takes {discriminator.min_size} at least; "
                "change discriminator_options, or give a larger --image-size"
            )
        initialise(discriminator)
        return network, discriminator

    def _draws(self, number: int, attempt: int, *, count: int) -> Draws:
        """The step's random draws for this process's pictures."""
        first = count * self.accelerator.process_index
        key = (self.config.seed, number, attempt)
        return make_draws(self.config, self.plain_network, key, first, count).to(self.device)

    def _unevenness(self, draws: Draws) -> Tensor:
        """The mean squared distance of lengths of paths from their mean so far, which moves on."""
        lengths = path_lengths(self.plain_network, draws)
        mean = self.accelerator.reduce(lengths.detach().mean(), "mean")
        self.mean_length = mean + (self.mean_length - mean) * _LENGTHS_KEPT
        return (lengths - self.mean_length).square().mean()

    def _drawn(self, count: int) -> Tensor:
        """The EMA's pictures of seeds 0, 1, 2 and so on: `count` 3 h w, uint8."""
        self._settle()
        return draw_seeds(self.ema, range(count), self.device)

    def _settle(self) -> None:
        """Settles the EMA, if it has moved on."""
        if not self._settled:
            self.ema.settle(codes_of(range(_SETTLED_BY), self.ema.code).to(self.device))
            self._settled = True

    @cached_property
    def _judge(self) -> Judge:
        (domain,) = self.domains
        return Judge(domain, self.config)

    def _plain(self) -> tuple[nn.Module, nn.Module]:
        return self.plain_network, self.plain_discriminator

    def _named(self) -> Iterator[tuple[str, nn.Module]]:
        yield "generator", self.accelerator.unwrap_model(self.network)
        yield "discriminator", self.accelerator.unwrap_model(self.discriminator)
        yield "ema", self.ema


def _mean_of_processes(values: Tensor) -> Tensor:
    """The mean of a tensor over all processes, through which gradients pass."""
    total: Tensor = all_reduce(values)  # type: ignore[no-untyped-call]  # torch's own
    return total / torch.distributed.get_world_size()
