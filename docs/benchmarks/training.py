"""Training against the reference: pairs of pictures per second, and memory.

The reference is a straight rewrite of the step of pytorch-CycleGAN-and-pix2pix: six passes through the generators,
float32, eager, contiguous layout, one pair at a time, a pool in Python, two Adams. Ours is what
`copyart train --recipe paper` does, on networks of the same shapes. Both take turns in one process.
"""

import argparse
import functools
import itertools
import random
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from copyart.recipes import configure
from copyart.training.trainer import Trainer, make_accelerator


class ReferenceBlock(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        convs = [[nn.ReflectionPad2d(1), nn.Conv2d(256, 256, 3), nn.InstanceNorm2d(256), nn.ReLU(True)] for _ in "12"]
        self.layers = nn.Sequential(*convs[0], *convs[1][:3])

    def forward(self, x: Tensor) -> Tensor:
        """Adds what the convolutions find."""
        residual: Tensor = self.layers(x)
        return x + residual


def reference_generator() -> nn.Sequential:
    """ResNet-9 as in the reference."""

    def norm(channels: int) -> list[nn.Module]:
        return [nn.InstanceNorm2d(channels), nn.ReLU(True)]

    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), *norm(64)]
    for i in (64, 128):
        layers += [nn.Conv2d(i, 2 * i, 3, stride=2, padding=1), *norm(2 * i)]
    layers += [ReferenceBlock() for _ in range(9)]
    for i in (256, 128):
        layers += [nn.ConvTranspose2d(i, i // 2, 3, stride=2, padding=1, output_padding=1), *norm(i // 2)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh())


def reference_critic() -> nn.Sequential:
    """The 70 x 70 PatchGAN of the reference."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2, True)]
    for i, stride in ((64, 2), (128, 2), (256, 1)):
        layers += [nn.Conv2d(i, 2 * i, 4, stride=stride, padding=1), nn.InstanceNorm2d(2 * i), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, padding=1))


class ReferencePool:
    """Fifty earlier pictures."""

    def __init__(self) -> None:
        self.images: list[Tensor] = []

    def query(self, images: Tensor) -> Tensor:
        """Shows each new picture, or by an even chance swaps it for an earlier one."""
        shown = []
        for image in images.detach():
            if len(self.images) < 50:
                self.images.append(image.clone())
                shown.append(image)
            elif random.random() > 0.5:
                index = random.randrange(50)
                shown.append(self.images[index])
                self.images[index] = image.clone()
            else:
                shown.append(image)
        return torch.stack(shown)


class Reference:
    """The reference's step."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.g_a, self.g_b = reference_generator().to(device), reference_generator().to(device)
        self.d_a, self.d_b = reference_critic().to(device), reference_critic().to(device)
        self.pool_a, self.pool_b = ReferencePool(), ReferencePool()
        generators = itertools.chain(self.g_a.parameters(), self.g_b.parameters())
        self.adam_g = torch.optim.Adam(generators, lr=2e-4, betas=(0.5, 0.999))
        critics = itertools.chain(self.d_a.parameters(), self.d_b.parameters())
        self.adam_d = torch.optim.Adam(critics, lr=2e-4, betas=(0.5, 0.999))

    def step(self, a: Tensor, b: Tensor) -> None:
        """Generators, then critics."""
        a, b = (x.to(self.device).float() / 127.5 - 1 for x in (a, b))
        fake_b = self.g_a(a)
        cycled_a = self.g_b(fake_b)
        fake_a = self.g_b(b)
        cycled_b = self.g_a(fake_a)

        for critic in (self.d_a, self.d_b):
            critic.requires_grad_(requires_grad=False)
        self.adam_g.zero_grad()
        loss = 5 * (F.l1_loss(self.g_a(b), b) + F.l1_loss(self.g_b(a), a))
        for scores in (self.d_a(fake_b), self.d_b(fake_a)):
            loss = loss + F.mse_loss(scores, torch.ones_like(scores))
        loss = loss + 10 * (F.l1_loss(cycled_a, a) + F.l1_loss(cycled_b, b))
        torch.autograd.backward(loss)
        self.adam_g.step()

        for critic in (self.d_a, self.d_b):
            critic.requires_grad_(requires_grad=True)
        self.adam_d.zero_grad()
        for critic, real, fake in ((self.d_a, b, self.pool_a.query(fake_b)), (self.d_b, a, self.pool_b.query(fake_a))):
            real_scores, fake_scores = critic(real), critic(fake)
            loss = F.mse_loss(real_scores, torch.ones_like(real_scores))
            torch.autograd.backward((loss + F.mse_loss(fake_scores, torch.zeros_like(fake_scores))) / 2)
        self.adam_d.step()
        loss.item()  # as the reference does to print it


def take(trainer: Trainer, a: Tensor, b: Tensor) -> None:
    """One of our steps, and its losses as numbers."""
    trainer.mean(trainer.step(a, b, 0, 2e-4))


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1])
    options = parser.parse_args()

    steps: dict[str, tuple[int, Callable[[Tensor, Tensor], object]]] = {}
    reference = Reference(torch.device("cpu"))
    steps["reference, batch 1"] = (1, reference.step)
    for precision, batch in itertools.product(options.precisions, options.batches):
        config = configure(
            "paper",
            image_size=options.size,
            load_size=options.size,
            batch_size=batch,
            precision=precision,
            device=options.device,
        )
        trainer = Trainer(config, make_accelerator(config)[0])

        steps[f"ours, {precision}, batch {batch}"] = (batch, functools.partial(take, trainer))

    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(options.rounds):
        for name, (batch, step) in steps.items():
            a, b = (torch.randint(0, 256, (batch, 3, options.size, options.size), dtype=torch.uint8) for _ in "ab")
            step(a, b)
            start = time.perf_counter()
            for _ in range(options.steps):
                step(a, b)
            seconds[name].append((time.perf_counter() - start) / options.steps / batch)

    table = Table(
        "step", "pairs/s", "times as fast", title=f"ResNet-9 at {options.size}, {torch.get_num_threads()} threads"
    )
    base = statistics.median(seconds["reference, batch 1"])
    for name, times in seconds.items():
        median = statistics.median(times)
        table.add_row(name, f"{1 / median:.3f}", f"{base / median:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
