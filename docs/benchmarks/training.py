"""Training against the reference: pairs of pictures per second, and memory.

The reference is a straight rewrite of the step of pytorch-CycleGAN-and-pix2pix: six passes through the generators,
float32, eager, contiguous layout, one pair at a time, a pool in Python, two Adams. Ours is what
`copyart train --recipe paper` does, on networks of the same shapes. Both take turns in one process.
"""

import argparse
import functools
import itertools
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from copyart.config import TrainConfig
from copyart.data import Crops, batches, read_domain
from copyart.devices import pick_device
from copyart.images import list_pictures
from copyart.recipes import configure
from copyart.tensors import to_image
from copyart.training.accelerator import make_accelerator
from copyart.training.cyclegan.learner import CycleGAN

REFERENCE = "reference, fp32 batch 1"


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


def reference_discriminator() -> nn.Sequential:
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
        """Shows each new picture, or with probability 1/2 swaps it for an earlier one."""
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
        self.d_a, self.d_b = reference_discriminator().to(device), reference_discriminator().to(device)
        self.pool_a, self.pool_b = ReferencePool(), ReferencePool()
        generators = itertools.chain(self.g_a.parameters(), self.g_b.parameters())
        self.adam_g = torch.optim.Adam(generators, lr=2e-4, betas=(0.5, 0.999))
        discriminators = itertools.chain(self.d_a.parameters(), self.d_b.parameters())
        self.adam_d = torch.optim.Adam(discriminators, lr=2e-4, betas=(0.5, 0.999))

    def step(self, a: Tensor, b: Tensor) -> None:
        """Generators, then discriminators."""
        a, b = (x.to(self.device).float() / 127.5 - 1 for x in (a, b))
        fake_b = self.g_a(a)
        cycled_a = self.g_b(fake_b)
        fake_a = self.g_b(b)
        cycled_b = self.g_a(fake_a)

        for discriminator in (self.d_a, self.d_b):
            discriminator.requires_grad_(requires_grad=False)
        self.adam_g.zero_grad()
        loss = 5 * (F.l1_loss(self.g_a(b), b) + F.l1_loss(self.g_b(a), a))
        for scores in (self.d_a(fake_b), self.d_b(fake_a)):
            loss = loss + F.mse_loss(scores, torch.ones_like(scores))
        loss = loss + 10 * (F.l1_loss(cycled_a, a) + F.l1_loss(cycled_b, b))
        torch.autograd.backward(loss)
        self.adam_g.step()

        for discriminator in (self.d_a, self.d_b):
            discriminator.requires_grad_(requires_grad=True)
        self.adam_d.zero_grad()
        for discriminator, real, fake in (
            (self.d_a, b, self.pool_a.query(fake_b)),
            (self.d_b, a, self.pool_b.query(fake_a)),
        ):
            real_scores, fake_scores = discriminator(real), discriminator(fake)
            loss = F.mse_loss(real_scores, torch.ones_like(real_scores))
            torch.autograd.backward((loss + F.mse_loss(fake_scores, torch.zeros_like(fake_scores))) / 2)
        self.adam_d.step()
        loss.item()  # as the reference does to print it


def take(learner: CycleGAN, a: Tensor, b: Tensor) -> None:
    """One of our steps, and its losses as numbers."""
    torch.stack([*learner.step((a, b), 0, 2e-4).values()]).tolist()


Step = Callable[[Tensor, Tensor], object]


def main() -> None:
    """Measures, and prints the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="steps a round")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--memory-of", metavar="STEP", help="take two of these steps and print the memory they took")
    options = parser.parse_args()
    if options.memory_of:
        sys.stdout.write(str(memory_of(options.memory_of, options)))
        return
    fastest = compare_steps(options)
    compare_feeding(options.size, options.rounds, fastest)


def build(name: str, options: argparse.Namespace) -> tuple[int, torch.device, Step]:
    """A step by its name: how many pairs it takes, where it computes, and itself."""
    if name == REFERENCE:
        device = pick_device(options.device)
        return 1, device, Reference(device).step
    precision, batch = name.split()[1], int(name.split()[-1])
    config = configure(
        "paper",
        image_size=options.size,
        load_size=options.size,
        batch_size=batch,
        precision=precision,
        device=options.device,
    )
    learner = CycleGAN(cast(TrainConfig, config), make_accelerator(config)[0])
    return batch, learner.device, functools.partial(take, learner)


def pictures(batch: int, size: int) -> tuple[Tensor, Tensor]:
    """A batch of noise for both domains."""
    a, b = torch.randint(0, 256, (2, batch, 3, size, size), dtype=torch.uint8)
    return a, b


def memory_of(name: str, options: argparse.Namespace) -> float:
    """GB that a step takes with its networks, in a process of its own: of the card, or of the process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    batch, device, step = build(name, options)
    for _ in range(2):
        step(*pictures(batch, options.size))
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e9


def compare_steps(options: argparse.Namespace) -> float:
    """The steps in turn; gives the pairs a second of the fastest."""
    names = [REFERENCE]
    names += [f"ours, {precision} batch {batch}" for precision in options.precisions for batch in options.batches]
    memory = {}
    for name in names:
        command = [sys.executable, *sys.argv, "--memory-of", name]
        memory[name] = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    steps = {name: build(name, options) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name, (batch, device, step) in steps.items():
            a, b = pictures(batch, options.size)
            step(a, b)
            start = time.perf_counter()
            for _ in range(options.steps):
                step(a, b)
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds[name].append((time.perf_counter() - start) / options.steps / batch)

    on_card = steps[REFERENCE][1].type == "cuda"
    where = torch.cuda.get_device_name() if on_card else f"{torch.get_num_threads()} threads"
    title = f"ResNet-9 at {options.size}, {where}, {options.rounds} rounds, medians"
    table = Table("step", "pairs/s", "times as fast", "peak memory", title=title)
    rates = {name: 1 / statistics.median(times) for name, times in seconds.items()}
    for name, rate in rates.items():
        table.add_row(name, f"{rate:.3f}", f"{rate / rates[REFERENCE]:.2f}", f"{memory[name]:.2f} GB")
    Console().print(table)
    return max(rates.values())


def compare_feeding(size: int, rounds: int, step: float) -> None:
    """How fast pictures come, against how fast the fastest step takes them."""
    with tempfile.TemporaryDirectory() as place:
        for name in "ab":
            folder = Path(place) / name
            folder.mkdir()
            for i in range(100):
                soft = torch.nn.functional.interpolate(torch.rand(1, 3, 32, 32), size=(256, 256), mode="bicubic")
                to_image(soft * 2 - 1).save(folder / f"{i}.jpg", quality=90)
        table = Table("pictures", "pairs/s", "times what the step takes", title=f"Feeding, crops of {size}")
        for name, share in (("decoded once, kept in memory", 0.5), ("read from files, 2 processes", 0.0)):
            config = configure(
                "paper",
                domain_a=f"{place}/a",
                domain_b=f"{place}/b",
                image_size=size,
                load_size=size,
                memory_share=share,
            )
            a, b = (read_domain(name, list_pictures(Path(place) / name), [], config) for name in "ab")
            images = Crops((a, b), size=size, flip=True, seed=0)
            rates = []
            for number in range(rounds):
                start = time.perf_counter()
                for _ in batches(images, range(number * 400, number * 400 + 400), 1, workers=0 if share else 2):
                    pass
                rates.append(400 / (time.perf_counter() - start))
            rate = statistics.median(rates)
            table.add_row(name, f"{rate:.0f}", f"{rate / step:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
