"""An enlarger as the training loop takes it: a network that enlarges, one that judges, and how they learn."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn

from copyart.checkpoints import load_generator, load_style, load_upscaler
from copyart.config import UpscaleConfig
from copyart.data import Domain
from copyart.errors import OptionError, first_line
from copyart.models import Enlarger, find_enlarger
from copyart.networks import EfficientNetLite, FinePatchGAN, Network, Upscaler, initialise, lay_streaks
from copyart.tensors import Pixels, from_bytes
from copyart.training.adversarial import ADVERSARIAL, discriminator_loss
from copyart.training.checkerboard import checkerboard_loss
from copyart.training.learner import Figure, Made
from copyart.training.memory import kept_for_backward
from copyart.training.modes import at_rest, without_gradients
from copyart.training.optimiser import follow, make_adam, set_rate
from copyart.training.standing import Standing
from copyart.training.upscaling.evaluation import SCORES, Judge, check_pictures, enlarged
from copyart.training.upscaling.losses import LOSSES, feature_distance, pixel_loss, resized
from copyart.training.upscaling.result import save_run_enlarger
from copyart.training.upscaling.samples import draw_grid
from copyart.training.upscaling.shrinking import DRAWS, SOFT_DRAWS, shrink, soften, through_jpeg

_ADVERSARIAL = ADVERSARIAL["least-squares"]
# How it is shrunk and softened; and: soft or not, through JPEG or not, painted over or not, and then at which size.
_DRAWS_EACH = DRAWS + SOFT_DRAWS + 4


class _Given(NamedTuple):
    """Pictures to enlarge, b 3 h w, and what they were before; 1 for those that were painted over, b; and a draw."""

    small: Tensor
    original: Tensor
    is_painted: Tensor
    draw: float


class Upscaling:
    """A network that enlarges pictures, one that tells its results from real ones, and how they learn; see `Learner`.

    Pixels alone count at first; then what a network that knows photographs finds in them, and a discriminator
    (Ledig et al. 2017).

    Args:
        config: What is learned, and how.
        accelerator: Where.
        domains: Large pictures; none where only the networks are asked about.

    Attributes:
        network: Enlarges; as accelerate has prepared it.
        discriminator: Judges, likewise.
        plain_network: The same network, without what gathers gradients of several processes.
        plain_discriminator: The same discriminator, likewise.
        ema: The exponential moving average of the network, which is what is saved; where the decay is 0, the network.
    """

    losses: ClassVar[tuple[Figure, ...]] = LOSSES
    measures: ClassVar[tuple[Figure, ...]] = ()
    scores: ClassVar[tuple[Figure, ...]] = SCORES
    grid: ClassVar[str] = "A picture shrunk and enlarged by Lanczos, enlarged by what was learned, and as it was."

    check_pictures = staticmethod(check_pictures)

    def __init__(self, config: UpscaleConfig, accelerator: Accelerator, domains: Sequence[Domain] = ()) -> None:
        self.config, self.accelerator, self.domains = config, accelerator, domains
        self.device = accelerator.device
        torch.manual_seed(config.seed)
        try:
            network = Upscaler(scale=config.scale, channels=config.channels, layers=config.layers, fold=config.fold)
        except (TypeError, ValueError, RuntimeError) as error:
            raise OptionError(f"no enlarger can be built so: {first_line(error)}") from error
        initialise(network)
        discriminator, self.features = FinePatchGAN(), EfficientNetLite().to(self.device)
        self.ema = network if config.ema == 0 else copy.deepcopy(network)
        for part in (network, discriminator, self.ema):
            part.to(self.device).to(memory_format=torch.channels_last)
        optimizers = [make_adam([part], config, self.device) for part in (network, discriminator)]
        if config.compile:
            network.compile()
        prepared = accelerator.prepare(network, discriminator, *optimizers)
        self.network, self.discriminator, self.network_adam, self.discriminator_adam = prepared
        self.plain_network, self.plain_discriminator = network, discriminator
        self.painters = [self._painter(name) for name in config.painters] if domains else []

    def networks(self) -> Mapping[str, str]:
        """The networks that learn and how large they are, in words."""
        sizes = [sum(weight.numel() for weight in part.parameters()) for part in self._plain()]
        return {"enlarger": f"{sizes[0]:,} parameters", "discriminator": f"{sizes[1]:,} parameters"}

    @classmethod
    def load_start(cls, name: str, *, progress: bool = False) -> Enlarger:
        """The enlarger to learn on from.

        Raises:
            StyleError: If there is none of that name, or its record is damaged.
            DownloadError: If it cannot be fetched.
        """
        return find_enlarger(name, progress=progress)

    def start_from(self, model: Enlarger) -> None:
        """Takes the weights of an enlarger, before the first step.

        Raises:
            OptionError: If it is built otherwise than the configuration's.
            BrokenStyleError: If its files are damaged.
        """
        weights = load_upscaler(model).state_dict()
        try:
            for part in (self.plain_network, self.ema):
                part.load_state_dict(weights)
        except RuntimeError as error:
            raise OptionError(
                f"enlarger {model.name} makes pictures {model.scale} times as large and has {dict(model.parameters)}; "
                "set scale, channels, layers and fold so"
            ) from error

    def bytes_each(self) -> int:
        """The bytes that the turn of the network keeps for its way back, for one picture."""
        side = self.config.image_size
        original, given = torch.zeros(1, 3, side, side, device=self.device), side // self.config.scale
        small = torch.zeros(1, 3, given, given, device=self.device)

        def forward() -> None:
            with self.accelerator.autocast():
                result = self.plain_network(small)
                self.plain_discriminator(result)
            feature_distance(self.features(resized(result.float(), 1)), self.features(resized(original, 1)))

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
        real = from_bytes(batch[0].to(self.device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        given = self._shrunk(real, number, attempt)
        for optimizer in (self.network_adam, self.discriminator_adam):
            set_rate(optimizer, learning_rate)

        # The network's turn: pixels, and after a while features and the discriminator.
        with accelerator.autocast():
            result = self.network(given.small)
        result = result.float()
        terms = {"pixels": pixel_loss(result, given.original, given.small, given.is_painted)}
        loss = config.pixels * terms["pixels"]
        joined = number >= config.pixels_only
        if joined:
            found = self.features(resized(result, given.draw))
            with torch.no_grad():
                wanted = self.features(resized(given.original, given.draw))
            terms["features"] = (feature_distance(found, wanted) * (1 - given.is_painted)).mean()
            terms["checkerboard"] = checkerboard_loss(result)
            with without_gradients(self.plain_discriminator), accelerator.autocast():
                scores = self.plain_discriminator(result)
            terms["adversarial"] = _ADVERSARIAL.generator_loss(scores.float())
            loss = loss + config.features * terms["features"] + config.adversarial_weight * terms["adversarial"]
            loss = loss + config.checkerboard * terms["checkerboard"]
        accelerator.backward(loss)
        self.network_adam.step()
        self.network_adam.zero_grad()

        # The discriminator's turn.
        if joined:
            with accelerator.autocast():
                right, wrong = self.discriminator(given.original), self.discriminator(result.detach())
            terms["discriminator"] = discriminator_loss(_ADVERSARIAL, right.float(), wrong.float())
            accelerator.backward(terms["discriminator"])
            self.discriminator_adam.step()
            self.discriminator_adam.zero_grad()

        # The EMA follows.
        if config.ema:
            follow(self.ema, accelerator.unwrap_model(self.network), config.ema, number)
        return {name: term.detach() for name, term in terms.items()}

    def state(self) -> dict[str, Any]:
        """All that has changed since the start, for `load_state`."""
        return {
            "networks": {name: part.state_dict() for name, part in self._named()},
            "adam": [self.network_adam.state_dict(), self.discriminator_adam.state_dict()],
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state` gave."""
        for name, part in self._named():
            part.load_state_dict(state["networks"][name])
        for optimizer, saved in zip((self.network_adam, self.discriminator_adam), state["adam"], strict=True):
            optimizer.load_state_dict(saved)
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])

    def sample(self) -> tuple[Image.Image, dict[str, float]]:
        """A grid of held-out pictures: enlarged by Lanczos, by what was learned, and as they were."""
        return draw_grid(self._judge.samples, self._enlarge, self.config.scale), {}

    def prepare_evaluation(self, before: Standing | None) -> None:
        """Prepares what takes time at the first evaluation alone."""
        _ = self._judge.originals, before or self._judge.beside

    def evaluate(self, step: int, before: Standing | None) -> Standing:
        """Scores the EMA after `step` steps; `before` is how it stood."""
        return self._judge.evaluate(self._enlarge, step, before)

    def save(self, folder: Path, made: Made) -> None:
        """Writes the EMA as an enlarger.

        Raises:
            StyleError: If it cannot be written; the one before is kept.
        """
        save_run_enlarger(folder, self.config, self.ema, made)

    def parameters(self) -> Iterator[nn.Parameter]:
        """All that is learned."""
        for part in self._plain():
            yield from part.parameters()

    @torch.no_grad()
    def _enlarge(self, pixels: Pixels) -> Pixels:
        with at_rest(self.ema):
            return enlarged(self.ema, pixels, self.device)

    @torch.no_grad()
    def _shrunk(self, real: Tensor, number: int, attempt: int) -> _Given:
        """The pictures that a step enlarges: some soft, all shrunk, some through JPEG, some painted over."""
        config, count = self.config, len(real)
        random = np.random.default_rng([config.seed, number, attempt, 2])
        every = random.random((self.accelerator.num_processes * count, _DRAWS_EACH), dtype=np.float32)
        chosen, draw = int(random.integers(max(len(self.painters), 1))), float(random.random())
        first = count * self.accelerator.process_index
        mine = torch.from_numpy(every[first : first + count])
        ways, places, (soft, jpeg, paint, size) = mine[:, :DRAWS], mine[:, DRAWS:-4], mine[:, -4:].T
        original = soften(real, (soft < config.soft).nonzero().flatten().tolist(), places)
        draws = ways.to(self.device)
        small = shrink(original, config.scale, blur=config.blur, draws=draws)
        small = through_jpeg(small, (jpeg < config.jpeg).nonzero().flatten().tolist(), ways)
        is_painted = torch.zeros(count, device=self.device)
        if self.painters and number >= config.pixels_only:  # before, nothing says what is to become of them
            is_painted = (paint < config.painted).to(self.device, torch.float32)
            painter = self.painters[chosen]
            # Painted at this size, or at twice that and shrunk: as a painting is that was enlarged once already.
            twice = shrink(original, config.scale // 2, blur=0, draws=draws)
            at_twice = nn.functional.interpolate(painter(twice), small.shape[-2:], mode="area")
            painted = torch.where((size < 0.5).to(self.device)[:, None, None, None], painter(small), at_twice)
            small = torch.where(is_painted[:, None, None, None] > 0, painted, small)
        return _Given(small.contiguous(memory_format=torch.channels_last), original, is_painted, draw)

    def _painter(self, name: str) -> "_Painter":
        style = load_style(name)
        return _Painter(load_generator(style).to(self.device), style.streaks)

    @cached_property
    def _judge(self) -> Judge:
        (domain,) = self.domains
        return Judge(domain, self.config.scale, self.config.fold)

    def _plain(self) -> tuple[nn.Module, nn.Module]:
        return self.plain_network, self.plain_discriminator

    def _named(self) -> Iterator[tuple[str, nn.Module]]:
        yield "enlarger", self.accelerator.unwrap_model(self.network)
        yield "discriminator", self.accelerator.unwrap_model(self.discriminator)
        if self.config.ema:
            yield "ema", self.ema


class _Painter:
    """A generator that has learned, for pictures of any size."""

    def __init__(self, network: Network, streaks: int) -> None:
        self.network, self.streaks = network, streaks

    def __call__(self, pictures: Tensor) -> Tensor:
        """Paints b 3 h w in [-1, 1]."""
        height, width = pictures.shape[-2:]
        laid = lay_streaks(pictures, self.streaks)
        painted: Tensor = self.network(self.network.pad(laid))[..., :height, :width]
        return painted.clamp(-1, 1)
