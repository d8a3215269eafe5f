"""What a run gives: a style, which can be used while it goes on."""

import re
from collections.abc import Mapping
from dataclasses import asdict

import torch

from copyart.checkpoints import save_style
from copyart.config import TrainConfig
from copyart.styles import Style
from copyart.training.run import Run
from copyart.training.trainer import Trainer

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


def save_run_style(
    run: Run,
    config: TrainConfig,
    trainer: Trainer,
    *,
    origins: tuple[str, str],
    step: int,
    seconds: float,
    quality: Mapping[str, float],
    snapshot: bool = False,
) -> Style:
    """Writes the averaged generators to the run's `style/`, in place of those before.

    Args:
        run: Where.
        config: What was trained.
        trainer: What has learned.
        origins: Where the pictures of each domain come from.
        step: How many steps it took until now.
        seconds: How long they took.
        quality: Its scores, as far as they are known.
        snapshot: Write them to `snapshots/` instead, in half precision, beside those before.

    Raises:
        StyleError: If it cannot be written; the one before is kept.
    """
    to_b, to_a = trainer.averages.b, trainer.averages.a
    title = config.title or re.sub(r"[-_]+", " ", run.name).capitalize()
    style = Style(
        name=run.name,
        title=title,
        generator=config.generator,
        parameters=dict(config.generator_options),
        size_multiple=to_b.size_multiple,
        trained_size=config.image_size,
        paint_size=config.paint_size,
        license="unknown",
        training_data=" and ".join(origins),
        recipe=f"{config.recipe}, {step} steps",
        quality=quality,
        folder=run.snapshot_folder(step) if snapshot else run.style_folder,
    )
    said = {
        **asdict(config),
        "title": title,
        "name": run.name,
        "origins": origins,
        "step": step,
        "hours": seconds / 3600,
    }
    dtype = torch.float16 if snapshot else torch.float32
    return save_style(style, to_b, to_a, card=_CARD.format(**said), dtype=dtype, overwrite=True)
