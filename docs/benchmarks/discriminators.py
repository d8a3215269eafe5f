"""What each discriminator costs: a step of the recipe `compact`, and to look through an EfficientNet-Lite0.

python docs/benchmarks/discriminators.py
"""

from collections.abc import Callable
from typing import cast

import timm
import torch
from rich.console import Console
from rich.table import Table
from timing import in_turn
from torch import Tensor

from copyart.config import RunConfig, TrainConfig
from copyart.networks.efficientnet import EfficientNetLite
from copyart.recipes import configure
from copyart.training.accelerator import make_accelerator
from copyart.training.cyclegan.learner import CycleGAN

ROUNDS = 15
SIZE = 128
DISCRIMINATORS = {
    "patch": configure(device="cpu", discriminator="patch"),
    "patch, 32 channels": configure(device="cpu", discriminator="patch", discriminator_options={"base_channels": 32}),
    "projected": configure(device="cpu", discriminator="projected"),
}


def stepper(config: RunConfig) -> Callable[[], None]:
    """A step of training on one pair of pictures, again and again."""
    learner = CycleGAN(cast(TrainConfig, config), make_accelerator(config)[0])
    a, b = torch.randint(0, 256, (2, 1, 3, SIZE, SIZE), dtype=torch.uint8)

    def step() -> None:
        learner.step((a, b), 0, config.learning_rate)

    return step


def looker(network: Callable[[Tensor], list[Tensor]]) -> Callable[[], None]:
    """There and back through what finds features."""
    x = torch.rand(1, 3, SIZE, SIZE).to(memory_format=torch.channels_last).requires_grad_()

    def look() -> None:
        torch.autograd.grad(torch.stack([found.mean() for found in network(x)]).sum(), x)

    return look


def show(title: str, works: dict[str, Callable[[], None]], reference: str) -> None:
    """Measures all in turn, and prints their seconds, as times those of `reference` too."""
    seconds = in_turn(works, ROUNDS)
    table = Table("", "seconds", f"times {reference}", title=f"{title}, one core, median of {ROUNDS}")
    for name, took in seconds.items():
        table.add_row(name, f"{took:.3f}", f"{took / seconds[reference]:.2f}")
    Console(width=120).print(table)


def main() -> None:
    """Prints both tables."""
    torch.set_num_threads(1)
    steps = {name: stepper(config) for name, config in DISCRIMINATORS.items()}
    show(f"A step of training at {SIZE}", steps, "projected")
    library = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=(0, 1, 2, 3))
    library.eval().requires_grad_(requires_grad=False).to(memory_format=torch.channels_last)
    networks = {"ours": EfficientNetLite().to(memory_format=torch.channels_last), "timm's": library}
    show("There and back through EfficientNet-Lite0", {name: looker(each) for name, each in networks.items()}, "ours")


if __name__ == "__main__":
    main()
