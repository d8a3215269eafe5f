"""What networks that enlarge four times cost and give, beside Lanczos: each learns pixels alone for as many steps.

    python docs/benchmarks/enlargers.py FOLDER-OR-LIST-OF-LARGE-PICTURES [STEPS]

The pictures are shrunk plainly, by three kernels; a twentieth of them is held out and judged by. The enlarger that
ships, which learned longer, on soft and blurred pictures too, and with a discriminator, is scored beside them.
"""

import copy
import sys
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from timing import in_turn
from torch import Tensor, nn

from copyart.checkpoints import load_upscaler
from copyart.config import UpscaleConfig
from copyart.data import Crops, batches, read_domain
from copyart.networks import Upscaler, initialise
from copyart.recipes import configure
from copyart.tensors import Pixels, from_bytes
from copyart.training.pictures import find_pictures
from copyart.training.upscaling.evaluation import LANCZOS, Judge, enlarged
from copyart.training.upscaling.shrinking import DRAWS, shrink

SCALE, STEPS, BATCH, RATE, ROUNDS = 4, 2000, 8, 1e-3, 5
SIDE = 256  # of the pictures that are enlarged for the times: a megapixel comes out


class Block(nn.Module):
    """A block of SPAN (Wan et al. 2024): what it finds is also what it attends by, without parameters for that."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Goes on from `x`, b c h w, to as much."""
        first, second, third = self.convs
        y: Tensor = third(F.silu(second(F.silu(first(x)))))
        return (y + x) * (torch.sigmoid(y) - 0.5)


class Span(nn.Module):
    """SPAN with six blocks, as it is once its training-time branches are merged."""

    def __init__(self, channels: int = 28) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(channels) for _ in range(6))
        self.after = nn.Conv2d(channels, channels, 3, padding=1)
        self.joint = nn.Conv2d(4 * channels, channels, 1)
        self.last = nn.Conv2d(channels, 3 * SCALE**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b 3 h w in [-1, 1], four times."""
        y = first = self.first(x)
        found: list[Tensor] = []
        for block in self.blocks:
            y = block(y)
            found.append(y)
        joint = self.joint(torch.cat([first, self.after(y), found[0], found[-2]], dim=1))
        return F.pixel_shuffle(self.last(joint), SCALE)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain, 12 x 48": lambda: Upscaler(channels=48, layers=12),
    "plain, 8 x 32": Upscaler,
    "half size, 12 x 64": lambda: Upscaler(channels=64, layers=12, fold=2),
    "half size, 12 x 96": lambda: Upscaler(channels=96, layers=12, fold=2),
    "SPAN, 6 x 28": Span,
}


def learn(network: nn.Module, images: Crops, steps: int) -> None:
    """Learns to give back the pixels of shrunk pictures; the rate falls in a straight line."""
    adam = torch.optim.Adam(network.parameters(), RATE, (0.9, 0.99), fused=True)
    chance = torch.Generator().manual_seed(0)
    for number, (pictures,) in enumerate(batches(images, range(steps), BATCH)):
        adam.param_groups[0]["lr"] = RATE * min(1, (number + 1) / 50, 2 * (1 - number / steps))
        original = from_bytes(pictures)
        draws = torch.rand(len(original), DRAWS, generator=chance)
        small = shrink(original, SCALE, blur=0, draws=draws).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            result = network(small)
        torch.autograd.backward(F.l1_loss(result.float(), original))
        adam.step()
        adam.zero_grad()


def seconds(networks: dict[str, nn.Module]) -> dict[tuple[str, torch.dtype], float]:
    """The seconds a megapixel of each network in both number formats, measured in turn."""
    works: dict[tuple[str, torch.dtype], Callable[[], None]] = {}
    for name, network in networks.items():
        for dtype in (torch.float32, torch.bfloat16):
            works[name, dtype] = enlarging(network, dtype)
    return in_turn(works, ROUNDS)


def enlarging(network: nn.Module, dtype: torch.dtype) -> Callable[[], None]:
    """Enlarges a picture to a megapixel in that number format, again and again."""
    ready = copy.deepcopy(network).to(dtype).to(memory_format=torch.channels_last).eval()
    x = torch.rand(1, 3, SIDE, SIDE).to(dtype).to(memory_format=torch.channels_last)

    def enlarge() -> None:
        with torch.inference_mode():
            ready(x)

    return enlarge


def main() -> None:
    """Prints the table."""
    torch.set_num_threads(1)
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else STEPS
    config = configure("enlarge", domain_a=sys.argv[1], batch_size=BATCH, device="cpu")
    assert isinstance(config, UpscaleConfig)
    (found,) = find_pictures(config)
    domain = read_domain(found.name, found.learned, found.held_out, replace(config, memory_share=0.5))
    images = Crops([domain], size=config.image_size, flip=True, seed=0)
    judge = Judge(domain, SCALE, 2)
    networks: dict[str, nn.Module] = {}
    for name, build in NETWORKS.items():
        torch.manual_seed(0)
        network = build()
        if isinstance(network, Upscaler):
            initialise(network)
        learn(network.to(memory_format=torch.channels_last), images, steps)
        networks[name] = network.eval()
    networks["the one that ships"] = load_upscaler("paintings")
    times = seconds(networks)

    plain = judge.beside[LANCZOS]
    title = f"Four times as large: {steps:,} steps of pixels alone; {len(judge.originals)} held-out pictures; one core"
    table = Table(
        "network", "parameters", "s a megapixel, fp32", "bf16", "PSNR, dB", "gain", "feature distance", title=title
    )
    table.add_row("Lanczos", "", "", "", f"{plain['psnr']:.2f}", "", f"{plain['feature_distance']:.3f}")
    for name, network in networks.items():
        with torch.no_grad():
            scores = judge.evaluate(by(network), 0, None).figures
        row = [f"{sum(part.numel() for part in network.parameters()):,}"]
        row += [f"{times[name, dtype]:.3f}" for dtype in (torch.float32, torch.bfloat16)]
        row += [f"{scores['psnr']:.2f}", f"{scores['psnr'] - plain['psnr']:+.2f}", f"{scores['feature_distance']:.3f}"]
        table.add_row(name, *row)
    Console(width=120).print(table)


def by(network: nn.Module) -> Callable[[Pixels], Pixels]:
    """Enlarges a picture, h w 3, by a network."""
    return lambda pixels: enlarged(network, pixels, torch.device("cpu"))


if __name__ == "__main__":
    main()
