"""The networks of CycleGAN: a generator and a discriminator for each domain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from copyart.checkpoints import load_generator
from copyart.config import TrainConfig
from copyart.errors import OptionError, first_line
from copyart.models import Style
from copyart.networks import DISCRIMINATORS, GENERATORS, Discriminator, Generator, initialise
from copyart.training.adversarial import ADVERSARIAL

Part = TypeVar("Part")


@dataclass
class Pair(Generic[Part]):
    """Something for each domain: generator `b` paints what is of `a`; discriminator `b` judges what is to be of `b`."""

    a: Part
    b: Part

    def __iter__(self) -> Iterator[Part]:
        return iter((self.a, self.b))


def build_networks(config: TrainConfig) -> tuple[Pair[Generator], Pair[Discriminator]]:
    """Builds the generators and discriminators, with new weights that follow from the seed.

    Raises:
        OptionError: If a network cannot be built so, or cannot take pictures of this size.
    """
    torch.manual_seed(config.seed)
    try:
        generators = Pair(*(GENERATORS[config.generator](**config.generator_options) for _ in "ab"))
    except (TypeError, ValueError, RuntimeError) as error:
        raise OptionError(f"generator_options do not build a {config.generator}: {first_line(error)}") from error
    try:
        heads = ADVERSARIAL[config.adversarial].heads
        discriminators = Pair(
            *(DISCRIMINATORS[config.discriminator](heads=heads, **config.discriminator_options) for _ in "ab")
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise OptionError(
            f"discriminator_options do not build a {config.discriminator} discriminator: {first_line(error)}"
        ) from error
    multiple, least = generators.a.size_multiple, max(generators.a.min_size, discriminators.a.min_size)
    if config.image_size % multiple or config.image_size < least:
        near = max(-(-least // multiple), round(config.image_size / multiple)) * multiple
        raise OptionError(
            f"image_size is {config.image_size}; these networks take multiples of {multiple}, such as {near}"
        )
    for network in (*generators, *discriminators):
        initialise(network)
    return generators, discriminators


def load_generators(style: Style, config: TrainConfig) -> Pair[dict[str, Any]]:
    """Reads the weights of both generators of a style.

    Raises:
        OptionError: If it has no way back, or its generators are built otherwise than the configuration's.
        BrokenStyleError: If its files are damaged, or ask for no generator that there is.
    """
    if not style.has_reverse:
        raise OptionError(f"style {style.name} has no way back to learn on from; start from another")
    there, back = (load_generator(style, reverse=reverse).state_dict() for reverse in (False, True))
    old, new = _described(style.generator, style.parameters), _described(config.generator, config.generator_options)
    if old != new and old != (new[0], {**new[1], "color_curves": False}):  # new curves change nothing
        raise OptionError(
            f"style {style.name} is a {style.generator} with {dict(style.parameters)}, which cannot become a "
            f"{config.generator} with {dict(config.generator_options)}; set generator and generator_options so"
        )
    return Pair(a=back, b=there)


def count(network: nn.Module) -> int:
    """The numbers that a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def _described(kind: str, options: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """All that builds a generator, the defaults too: some of it, as `antialias`, is seen in no weight's shape."""
    return kind, GENERATORS[kind].described(options)
