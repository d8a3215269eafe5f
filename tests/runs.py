"""Small runs: two domains of a dozen pictures, networks that learn in milliseconds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.config import TrainConfig
from copyart.recipes import configure

TOML = """
recipe = "compact"
image_size = 32
load_size = 40
log_every = 1
save_every = 5
samples = 2
pool = 4
generator_options = { base_channels = 8, blocks = 1, antialias = true }
discriminator = "patch"
cycle = 10.0
identity = 5.0
checkerboard = 0.0
discriminator_options = { base_channels = 8 }
"""


def make_domain(folder: Path, count: int = 12, *, size: tuple[int, int] = (48, 40), seed: int = 0) -> Path:
    """A folder of pictures, each of two rough colours that meet somewhere."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for i in range(count):
        pixels = chance.normal(0, 20, (size[1], size[0], 3))
        edge = int(chance.integers(size[0] // 4, size[0] * 3 // 4))
        pixels[:, :edge] += chance.integers(0, 256, 3)
        pixels[:, edge:] += chance.integers(0, 256, 3)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{i:02d}.png")
    return folder


def losses(run: Path) -> list[dict[str, float]]:
    """The terms of the losses of each line of a run's metrics."""
    records: list[dict[str, Any]] = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    kinds = ("adversarial", "cycle", "identity", "discriminator")
    found = [{name: value for name, value in record.items() if name.startswith(kinds)} for record in records]
    return [line for line in found if line]


def configured(*words: Any, **fields: Any) -> TrainConfig:
    """What `configure` makes of a run that is to learn a style."""
    config = configure(*words, **fields)
    assert isinstance(config, TrainConfig)
    return config


def small_run(folder: Path, photos: int, paintings: int, **fields: Any) -> TrainConfig:
    """A run of small steps in fp32; so many pictures of each domain are there too."""
    (folder / "run.toml").write_text(TOML)
    return configured(
        file=folder / "run.toml",
        domain_a=str(make_domain(folder / "photos", photos, seed=1)),
        domain_b=str(make_domain(folder / "paintings", paintings, seed=2)),
        out=str(folder / "run"),
        device="cpu",
        precision="fp32",
        **fields,
    )


def evaluated(folder: Path) -> TrainConfig:
    """A run of six small steps, which is evaluated at each."""
    return small_run(folder, 14, 7, steps=6, holdout=0.5, save_every=100, evaluate_every=1)


def checkpoints(run: Path) -> list[Path]:
    """The saved states of a run, from the first to the last."""
    return sorted((run / "checkpoint").glob("*.pt"))


def states(run: Path) -> Mapping[str, Mapping[str, Tensor]]:
    """The weights of its networks in the last of them."""
    networks: Mapping[str, Mapping[str, Tensor]] = torch.load(checkpoints(run)[-1], weights_only=True)["state"][
        "networks"
    ]
    return networks
