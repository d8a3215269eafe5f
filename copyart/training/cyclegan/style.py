"""The style that a run of CycleGAN gives, which can be used while it goes on."""

from dataclasses import asdict
from pathlib import Path

import torch

from copyart.checkpoints import save_style
from copyart.config import TrainConfig
from copyart.models import Style
from copyart.networks import Generator
from copyart.training.cyclegan.evaluation import quality
from copyart.training.cyclegan.networks import Pair
from copyart.training.learner import Made

_CARD = """---
tags: [copyart, cyclegan, image-to-image]
---

# {title}

A style for [copyart](https://pypi.org/project/copyart/), trained for {step:,} steps in {hours:.1f} hours.

    copyart translate photo.jpg --style {name}

- Photos: {origins[0]}
- Paintings: {origins[1]}
- Recipe: `{recipe}`, crops of {image_size} pixels of pictures whose short side is {load_size}

It changes colours and textures, not shapes. Before you share it, say here which pictures it learned from and
under which licence they are.
"""


def save_run_style(folder: Path, config: TrainConfig, generators: Pair[Generator], made: Made) -> Style:
    """Writes generators as a style, in place of the one before.

    Args:
        folder: Where.
        config: What was trained.
        generators: Their EMA.
        made: What is known of the run; a snapshot is written in half precision.

    Raises:
        StyleError: If it cannot be written; the one before is kept.
    """
    title = made.title(config.title)
    style = Style(
        name=made.name,
        title=title,
        generator=config.generator,
        parameters=dict(config.generator_options),
        size_multiple=generators.b.size_multiple,
        trained_size=config.image_size,
        paint_size=config.paint_size,
        enlarger=config.enlarger,
        streaks=config.streaks,
        license="unknown",
        training_data=" and ".join(made.origins),
        recipe=f"{config.recipe}, {made.step} steps",
        quality=quality(made.standing) if made.standing else {},
        folder=folder,
    )
    said = {
        **asdict(config),
        "title": title,
        "name": made.name,
        "origins": made.origins,
        "step": made.step,
        "hours": made.seconds / 3600,
    }
    dtype = torch.float16 if made.snapshot else torch.float32
    return save_style(style, generators.b, generators.a, card=_CARD.format(**said), dtype=dtype, overwrite=True)
