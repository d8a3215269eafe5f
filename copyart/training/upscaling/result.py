"""The enlarger that a run gives, which can be used while it goes on."""

from dataclasses import asdict
from pathlib import Path

import torch

from copyart.checkpoints import save_enlarger
from copyart.config import UpscaleConfig
from copyart.models import Enlarger
from copyart.networks import Upscaler
from copyart.training.learner import Made
from copyart.training.upscaling.evaluation import quality

_CARD = """---
tags: [copyart, super-resolution, image-to-image]
---

# {title}

An enlarger for [copyart](https://pypi.org/project/copyart/), trained for {step:,} steps in {hours:.1f} hours: it makes
pictures {scale} times as high and as wide.

    copyart enlarge photo.jpg --model {name}

- Pictures: {origins[0]}
- Recipe: `{recipe}`, crops of {image_size} pixels of pictures whose short side is {load_size} at most

What it adds is invented: likely brushwork, not what was there. Before you share it, say here which pictures it learned
from and under which licence they are.
"""


def save_run_enlarger(folder: Path, config: UpscaleConfig, network: Upscaler, made: Made) -> Enlarger:
    """Writes a network as an enlarger, in place of the one before.

    Args:
        folder: Where.
        config: What was trained.
        network: Its EMA.
        made: What is known of the run; a snapshot is written in half precision.

    Raises:
        StyleError: If it cannot be written; the one before is kept.
    """
    title = made.title(config.title)
    enlarger = Enlarger(
        name=made.name,
        title=title,
        parameters={"channels": config.channels, "layers": config.layers, "fold": config.fold},
        scale=config.scale,
        license="unknown",
        training_data=" and ".join(made.origins),
        recipe=f"{config.recipe}, {made.step} steps",
        quality=quality(made.standing) if made.standing else {},
        folder=folder,
    )
    facts = {"title": title, "name": made.name, "origins": made.origins, "step": made.step}
    card = _CARD.format(**{**asdict(config), **facts, "hours": made.seconds / 3600})
    dtype = torch.float16 if made.snapshot else torch.float32
    return save_enlarger(enlarger, network, card=card, dtype=dtype, overwrite=True)
