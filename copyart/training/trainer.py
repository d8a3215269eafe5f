"""Networks that learn: one step of training, on whatever device there is."""

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from copyart.checkpoints import load_generator
from copyart.config import TrainConfig
from copyart.devices import keep_memory, pick_device, pick_dtype
from copyart.errors import DeviceError, OptionError, RunError, first_line
from copyart.losses import ADVERSARIAL
from copyart.networks import CRITICS, GENERATORS, Critic, Generator, initialise
from copyart.pool import Pool
from copyart.styles import Style
from copyart.tensors import to_pixels
from copyart.training.objective import (
    DRAWS_EACH,
    Both,
    Objective,
    critics_turn,
    generators_turn,
    split_draws,
)

_PRECISIONS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
_AT_ONCE = 4  # pictures, when many are painted


def make_accelerator(config: TrainConfig) -> tuple[Accelerator, str]:
    """Chooses where to compute and in which precision, `fp32`, `bf16` or `fp16`.

    Raises:
        DeviceError: If the device is unknown or not there, or has no such precision.
    """
    device = pick_device(config.device)
    if device.type == "cpu":
        keep_memory()
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        if config.device != "auto" and device.index is not None:
            torch.cuda.set_device(device)
    precision = _PRECISIONS[pick_dtype(device)] if config.precision == "auto" else config.precision
    AcceleratorState._reset_state(reset_partial_state=True)  # or it would refuse any other choice than its first
    try:
        accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision="no" if precision == "fp32" else precision)
    except ValueError as error:
        raise DeviceError(
            f"{device} cannot compute in {precision}: {first_line(error)}; give --precision fp32"
        ) from error
    return accelerator, precision


def build_networks(config: TrainConfig) -> tuple[Both[Generator], Both[Critic]]:
    """Builds the generators and critics, with new weights that follow from the seed.

    Raises:
        OptionError: If a network cannot be built so, or cannot take pictures of this size.
    """
    torch.manual_seed(config.seed)
    try:
        to = Both(*(GENERATORS[config.generator](**config.generator_options) for _ in "ab"))
    except (TypeError, ValueError, RuntimeError) as error:
        raise OptionError(f"generator_options do not build a {config.generator}: {first_line(error)}") from error
    try:
        heads = ADVERSARIAL[config.adversarial].heads
        critics = Both(*(CRITICS[config.critic](heads=heads, **config.critic_options) for _ in "ab"))
    except (TypeError, ValueError, RuntimeError) as error:
        raise OptionError(f"critic_options do not build a {config.critic} critic: {first_line(error)}") from error
    multiple, least = to.a.size_multiple, max(to.a.min_size, critics.a.min_size)
    if config.image_size % multiple or config.image_size < least:
        near = max(-(-least // multiple), round(config.image_size / multiple)) * multiple
        raise OptionError(
            f"image_size is {config.image_size}; these networks take multiples of {multiple}, such as {near}"
        )
    for network in (*to, *critics):
        initialise(network)
    return to, critics


class Trainer:
    """Two generators, two critics, and all that changes as they learn.

    Args:
        config: What is learned, and how.
        accelerator: Where.

    Attributes:
        to: The generators, as accelerate has prepared them: of several processes, gradients are gathered.
        critics: The critics, likewise.
        plain_to: The same generators, without what gathers.
        seen_critics: The same critics, likewise, through which the generators' gradients pass.
        averages: The averaged generators, which are what is saved; those that learn where nothing is averaged.
        pools: The earlier paintings of each domain, of this process.
    """

    def __init__(self, config: TrainConfig, accelerator: Accelerator) -> None:
        self.config, self.accelerator = config, accelerator
        self.device = accelerator.device
        self.objective = Objective(
            ADVERSARIAL[config.adversarial], config.cycle, config.identity, config.lattice, config.augment
        )
        to, critics = build_networks(config)
        self.size_multiple = to.a.size_multiple
        self.averages = to if config.average == 0 else Both(*map(copy.deepcopy, to))
        slots = -(-config.pool // (config.batch_size * accelerator.num_processes))
        size = (config.image_size, config.image_size)
        self.pools = Both(*(Pool(config.batch_size, slots, size).to(self.device) for _ in "ab"))

        networks: list[nn.Module] = [*to, *critics]
        for network in (*networks, *self.averages):
            network.to(self.device).to(memory_format=torch.channels_last)
        optimizers = [self._adam(networks[:2]), self._adam(networks[2:])]
        if config.compile:
            for network in networks:
                network.compile()
        *prepared, self.generators_adam, self.critics_adam = accelerator.prepare(*networks, *optimizers)
        self.to, self.critics = Both(*prepared[:2]), Both(*prepared[2:])
        self.plain_to: Both[nn.Module] = Both(*to)
        self.seen_critics: Both[nn.Module] = Both(*critics)

    def start_from(self, style: Style) -> None:
        """Takes the generators of a style, before the first step.

        Raises:
            OptionError: If it has no way back, or its generators are built otherwise than the configuration's.
            BrokenStyleError: If its files are damaged, or ask for no generator that there is.
        """
        config = self.config
        if not style.has_reverse:
            raise OptionError(f"style {style.name} has no way back to learn on from; start from another")
        there, back = (load_generator(style, reverse=reverse).state_dict() for reverse in (False, True))
        if _described(style.generator, style.parameters) != _described(config.generator, config.generator_options):
            raise OptionError(
                f"style {style.name} is a {style.generator} with {dict(style.parameters)}, which cannot become a "
                f"{config.generator} with {dict(config.generator_options)}; set generator and generator_options so"
            )
        for networks in (self.plain_to, self.averages):
            networks.b.load_state_dict(there)
            networks.a.load_state_dict(back)

    def step(self, a: Tensor, b: Tensor, number: int, learning_rate: float, luck: int = 0) -> dict[str, Tensor]:
        """Takes one step.

        Args:
            a: Pictures of domain a, b 3 h w, uint8.
            b: As many of domain b.
            number: Which step it is, from 0; with `luck` and the seed it sets all chance.
            learning_rate: Of both optimisers.
            luck: Other numbers make other chances.

        Returns:
            Each term of the losses, by its name, on the device.
        """
        config, accelerator = self.config, self.accelerator
        real_a, real_b = self.to_device(a), self.to_device(b)
        draws = split_draws(self.draw(number, luck))
        torch.manual_seed(hash((config.seed, number, luck, accelerator.process_index)))  # of dropout
        for optimizer in (self.generators_adam, self.critics_adam):
            for group in optimizer.param_groups:
                _set_rate(group, learning_rate)

        # The generators' turn.
        with accelerator.autocast(), _only_looked_through(self.seen_critics):
            turn = generators_turn(self.to, self.seen_critics, real_a, real_b, self.objective, draws)
        accelerator.backward(turn.loss)
        self.generators_adam.step()
        self.generators_adam.zero_grad()

        # The critics' turn.
        fakes = turn.fake_a.detach(), turn.fake_b.detach()
        with accelerator.autocast():
            loss, terms = critics_turn(self.critics, real_a, real_b, *fakes, self.pools, self.objective, draws)
        accelerator.backward(loss)
        if config.clip_critics:
            for critic in self.critics:
                accelerator.clip_grad_norm_(critic.parameters(), config.clip_critics)
        self.critics_adam.step()
        self.critics_adam.zero_grad()

        # The averages follow, slowly once they have left what was drawn at the start.
        if config.average:
            decay = min(config.average, (1 + number) / (10 + number))
            for average, network in zip(self.averages, self.to, strict=True):
                _follow(average, accelerator.unwrap_model(network), decay)
        return {name: term.detach() for name, term in {**turn.terms, **terms}.items()}

    def mean(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """The losses as numbers, the mean over all processes."""
        values = self.accelerator.reduce(torch.stack([value.float() for value in losses.values()]), "mean")
        return dict(zip(losses, values.cpu().tolist(), strict=True))

    def state(self) -> dict[str, Any]:
        """All that has changed since the start, for `load_state`."""
        return {
            "networks": {name: network.state_dict() for name, network in self._networks()},
            "adam": [self.generators_adam.state_dict(), self.critics_adam.state_dict()],
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
        for name, network in self._networks():
            network.load_state_dict(state["networks"][name])
        for optimizer, saved in zip((self.generators_adam, self.critics_adam), state["adam"], strict=True):
            optimizer.load_state_dict(saved)
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        first = self.config.batch_size * self.accelerator.process_index
        for pool, saved in zip(self.pools, state["pools"], strict=True):
            pool.pictures.copy_(saved["pictures"][first : first + self.config.batch_size])
            pool.filled.copy_(saved["filled"])

    @torch.no_grad()
    def paint(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Paints with the averaged generators a picture of a, 1 3 h w in [-1, 1], and takes it back again."""
        return self._there_and_back(picture, self.averages.b, self.averages.a)

    @torch.no_grad()
    def unpaint(self, painting: Tensor) -> tuple[Tensor, Tensor]:
        """The other way: a picture of b to one of a, and back."""
        return self._there_and_back(painting, self.averages.a, self.averages.b)

    @torch.no_grad()
    def paint_all(self, pictures: Tensor) -> Tensor:
        """Paints with the averaged generator pictures of a, b 3 h w, uint8, a few at a time: as many, uint8."""
        network = self.averages.b
        with at_rest(network), self.accelerator.autocast():
            painted = [to_pixels(network(self.to_device(some))) for some in torch.split(pictures, _AT_ONCE)]
        return torch.from_numpy(np.concatenate(painted)).permute(0, 3, 1, 2)

    def _there_and_back(self, picture: Tensor, there: nn.Module, back: nn.Module) -> tuple[Tensor, Tensor]:
        with at_rest(there, back):
            painted = there(picture.to(self.device))
            cycled = back(painted)
        return painted.cpu(), cycled.cpu()

    def _networks(self) -> Iterator[tuple[str, nn.Module]]:
        named = {"to_a": self.to.a, "to_b": self.to.b, "critic_a": self.critics.a, "critic_b": self.critics.b}
        yield from ((name, self.accelerator.unwrap_model(network)) for name, network in named.items())
        if self.config.average:
            yield from (("average_to_a", self.averages.a), ("average_to_b", self.averages.b))

    def _gathered(self, pool: Pool) -> dict[str, Tensor]:
        """The pools of all processes, one after the other."""
        return {"pictures": self.accelerator.gather(pool.pictures), "filled": pool.filled}

    def parameters(self) -> Iterator[nn.Parameter]:
        """All that is learned."""
        for network in (*self.to, *self.critics):
            yield from network.parameters()

    def _adam(self, networks: list[nn.Module]) -> torch.optim.Adam:
        parameters = [parameter for network in networks for parameter in network.parameters()]
        kind = self.device.type
        return torch.optim.Adam(
            parameters,
            # On a TPU a rate that is a number would be part of the program, and each new one a new program.
            lr=torch.tensor(self.config.learning_rate) if kind == "xla" else self.config.learning_rate,
            betas=(self.config.beta1, 0.999),
            fused=kind in ("cpu", "cuda") or None,
            capturable=kind == "xla",
        )

    def to_device(self, pictures: Tensor) -> Tensor:
        """Pictures, uint8, as b 3 h w in [-1, 1] where it computes."""
        pictures = pictures.to(self.device, non_blocking=True)
        return (pictures.float() / 127.5 - 1).to(memory_format=torch.channels_last)

    def draw(self, number: int, luck: int = 0) -> Tensor:
        """The step's chances for this process's pictures, out of those for the pictures of all."""
        count, accelerator = self.config.batch_size, self.accelerator
        chance = np.random.default_rng([self.config.seed, number, luck, 2])
        every = chance.random((accelerator.num_processes * count, DRAWS_EACH), dtype=np.float32)
        first = accelerator.process_index * count
        return torch.from_numpy(every[first : first + count]).to(self.device)


@contextlib.contextmanager
def at_rest(*networks: nn.Module) -> Iterator[None]:
    """Networks that learn paint as later, in the block: nothing is dropped at random, and no statistics are taken."""
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network in networks:
            network.train()


@contextlib.contextmanager
def _only_looked_through(critics: Both[nn.Module]) -> Iterator[None]:
    """Gradients pass through the critics, and stay in none of their weights."""
    for critic in critics:
        critic.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        for critic in critics:
            critic.requires_grad_(requires_grad=True)


def _described(kind: str, options: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What builds a generator, the defaults too: some of it, as `antialias`, is seen in no weight's shape."""
    return kind, GENERATORS[kind].described(options)


def _set_rate(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    # A number would be part of a TPU's program, and where it equals another number there, of another program.
    share = torch.tensor([1 - decay], device=next(network.parameters()).device)
    for weight, goal in zip(average.parameters(), network.parameters(), strict=True):
        weight.lerp_(goal, share)
    for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
        mine.copy_(theirs)
