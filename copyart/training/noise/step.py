"""A step of a network that makes pictures and one that judges them (Goodfellow et al. 2014): terms and random draws.

R1 is of Mescheder et al. (2018); to look at it now and then, and at how even styles are, of Karras et al. (2020).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from copyart.config import NoiseConfig
from copyart.networks import NoiseNetwork, mixes_batch
from copyart.training.adversarial import ADVERSARIAL, discriminator_loss
from copyart.training.augmentation import DRAWS, diff_augment
from copyart.training.learner import Figure

LOSSES = (
    Figure("adversarial", "passing for real"),
    Figure("discriminator", "telling real from made"),
    Figure("r1", "scores around real pictures", about="The squared slope of the scores at real pictures."),
    Figure("path_length", "unevenness of styles"),
)


class Draws(NamedTuple):
    """The random draws of a step, a row for each picture.

    Attributes:
        codes: b code, from N(0, 1).
        others: As many other codes.
        crossing: b, the place of the styles from which on they are those of the others.
        noise: b 1 h w for each noise that the network adds.
        augment: uses b draws: for the changes of pictures in the turn of the one network, and real and made in that
            of the other.
        direction: b channels h w, from N(0, 1), along which the evenness of styles is looked at.
    """

    codes: Tensor
    others: Tensor
    crossing: Tensor
    noise: list[Tensor]
    augment: Tensor
    direction: Tensor

    def to(self, device: torch.device) -> "Draws":
        """The same on a device."""
        noise = [each.to(device) for each in self.noise]
        codes, others, crossing, augment, direction = (
            each.to(device) for each in (self.codes, self.others, self.crossing, self.augment, self.direction)
        )
        return Draws(codes, others, crossing, noise, augment, direction)


def make_draws(config: NoiseConfig, network: NoiseNetwork, key: Sequence[int], first: int, count: int) -> Draws:
    """Draws for pictures of a step, those of each picture from its place in the batch of all processes alone.

    Args:
        config: How many are made of two codes.
        network: What makes them.
        key: Seed, step and attempt.
        first: The place of the first of them.
        count: How many.
    """
    rows: list[list[npt.NDArray[Any]]] = []
    for place in range(first, first + count):
        random = np.random.default_rng([*key, place, 3])
        pair = random.standard_normal((2, network.code), dtype=np.float32)
        mixed = random.random() < config.style_mixing
        place_crossed = random.integers(1, network.places) if mixed and network.places > 1 else network.places
        changes = random.random((3, DRAWS), dtype=np.float32)
        noise = [random.standard_normal((1, size, size), dtype=np.float32) for size in network.noise_sizes]
        shape = (network.channels, network.image_size, network.image_size) if config.path_length else (1, 1, 1)
        along = random.standard_normal(shape, dtype=np.float32)
        rows.append([pair[0], pair[1], np.array(place_crossed), changes, along, *noise])
    codes, others, crossing, augment, direction, *noises = zip(*rows, strict=True)
    return Draws(
        _stacked(codes),
        _stacked(others),
        _stacked(crossing),
        [_stacked(each) for each in noises],
        _stacked(augment).transpose(0, 1),
        _stacked(direction),
    )


def _stacked(arrays: Sequence[npt.NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))


class Turns:
    """The terms that both networks minimise.

    Args:
        config: Which, and how much each counts.
    """

    def __init__(self, config: NoiseConfig) -> None:
        self.config, self.adversarial = config, ADVERSARIAL[config.adversarial]
        self.colored = config.grey and config.discriminator == "projected"  # which knows no others

    def passing(self, discriminator: nn.Module, made: Tensor, draws: Draws) -> Tensor:
        """The loss of the network that makes pictures."""
        scores = discriminator(self.shown(made, draws.augment[0]))
        return self.adversarial.generator_loss(scores.float())

    def telling(self, discriminator: nn.Module, real: Tensor, made: Tensor, draws: Draws) -> Tensor:
        """The loss of the one that judges them."""
        real, made = self.shown(real, draws.augment[1]), self.shown(made, draws.augment[2])
        if mixes_batch(discriminator):
            right, wrong = discriminator(real), discriminator(made)
        else:
            right, wrong = discriminator(torch.cat([real, made])).chunk(2)
        return discriminator_loss(self.adversarial, right.float(), wrong.float())

    def slope(self, discriminator: nn.Module, real: Tensor, draws: Draws) -> Tensor:
        """The mean squared slope of the scores at real pictures (R1), in float32."""
        shown = self.shown(real, draws.augment[1]).detach().requires_grad_()
        scores = type(discriminator).forward(discriminator, shown)  # without what accelerate puts around it
        (slope,) = torch.autograd.grad(scores.mean(dim=(1, 2, 3)).sum(), shown, create_graph=True)
        return slope.square().sum(dim=(1, 2, 3)).mean()

    def shown(self, pictures: Tensor, draws: Tensor) -> Tensor:
        """Pictures as the discriminator sees them."""
        changed = diff_augment(pictures, self.config.augment, draws)
        return changed.expand(-1, 3, -1, -1) if self.colored else changed


def path_lengths(network: NoiseNetwork, draws: Draws) -> Tensor:
    """The lengths by which pictures change with their styles along a random direction, b/2, in float32.

    Of every other picture, which suffices (Karras et al. 2020).
    """
    styles = network.styles(draws.codes[::2])
    pictures = network.draw(styles, [noise[::2] for noise in draws.noise])
    direction = draws.direction[::2] / network.image_size
    (slope,) = torch.autograd.grad((pictures * direction).sum(), styles, create_graph=True)
    return slope.square().sum(dim=2).mean(dim=1).sqrt()
