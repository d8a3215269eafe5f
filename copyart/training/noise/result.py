"""The generator that a run gives, which can be used while it goes on."""

from dataclasses import asdict
from pathlib import Path

import torch
from PIL import Image

from copyart.checkpoints import save_noise_generator
from copyart.config import NoiseConfig
from copyart.models import NoiseGenerator
from copyart.networks import NoiseNetwork
from copyart.training.learner import Made
from copyart.training.noise.evaluation import quality

_CARD = """---
tags: [copyart, unconditional-image-generation, gan]
---

# {title}

A generator for [copyart](https://pypi.org/project/copyart/), trained for {step:,} steps in {hours:.1f} hours: it makes
pictures of {image_size} x {image_size} pixels out of noise ({network}).

    copyart generate {name} --seed 0

- Pictures: {origins[0]}
- Recipe: `{recipe}`, {shown:,} pictures shown

Its pictures may be near to some that it learned from. Before you share it, look for copies (`copyart evaluate
originality`), and say here which pictures it learned from and under which licence they are.
"""


def save_run_generator(
    folder: Path,
    config: NoiseConfig,
    network: NoiseNetwork,
    made: Made,
    golden: Image.Image,
    processes: int,
) -> NoiseGenerator:
    """Writes a network as a generator, in place of the one before.

    Args:
        folder: Where.
        config: What was trained.
        network: Its EMA, settled.
        made: What is known of the run; a snapshot is written in half precision.
        golden: Its picture of seed 0.
        processes: How many learn.

    Raises:
        StyleError: If it cannot be written; the one before is kept.
    """
    title = made.title(config.title)
    generator = NoiseGenerator(
        name=made.name,
        title=title,
        parameters={**config.network_options, "image_size": network.image_size, "channels": network.channels},
        network=config.network,
        trained_size=config.image_size,
        license="unknown",
        training_data=" and ".join(made.origins),
        recipe=f"{config.recipe}, {made.step} steps",
        quality=quality(made.standing) if made.standing else {},
        folder=folder,
    )
    facts = {"title": title, "name": made.name, "origins": made.origins, "step": made.step}
    shown = made.step * config.batch_size * processes
    card = _CARD.format(**{**asdict(config), **facts, "hours": made.seconds / 3600, "shown": shown})
    dtype = torch.float16 if made.snapshot else torch.float32
    return save_noise_generator(generator, network, card=card, golden=golden, dtype=dtype, overwrite=True)
