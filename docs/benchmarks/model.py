"""How near the compact generator comes to what the processor can do, and how far it is ahead of the paper's.

python docs/benchmarks/model.py
"""

from functools import partial

import torch
from formats import with_torch_norms
from rich.console import Console
from rich.table import Table
from timing import in_turn
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from copyart.config import TilingConfig
from copyart.devices import keep_memory, pick_dtype
from copyart.networks import Compact, ResNet
from copyart.tensors import to_pixels
from copyart.tiling import TiledNetwork

ROUNDS = 7
SIZES = (256, 512, 1024)


def picture(size: int) -> Tensor:
    """Noise, 1 3 size size."""
    return torch.rand(1, 3, size, size) * 2 - 1


def rates(console: Console, dtype: torch.dtype) -> None:
    """Prints multiply-adds a second: of a matrix product, of a convolution, of the generator."""
    size = 2048
    a, b = (torch.rand(size, size).to(dtype) for _ in range(2))
    conv = nn.Conv2d(256, 256, 3, padding=1).to(dtype).to(memory_format=torch.channels_last)
    x = torch.rand(1, 256, 96, 96).to(dtype).to(memory_format=torch.channels_last)
    generator = Compact(color_skip=True).eval().to(dtype).to(memory_format=torch.channels_last)
    photo = picture(512).to(dtype).to(memory_format=torch.channels_last)
    with FlopCounterMode(display=False) as counter:
        generator(photo)
    work = {
        "a matrix product, 2048 x 2048": size**3,
        "a convolution, 256 channels, 96 x 96": 256 * 256 * 9 * 96 * 96,
        "compact, 512 x 512": counter.get_total_flops() / 2,
    }
    seconds = in_turn(dict(zip(work, (lambda: a @ b, lambda: conv(x), lambda: generator(photo)), strict=True)), ROUNDS)
    speed = {name: work[name] / seconds[name] for name in work}
    best = max(list(speed.values())[:2])

    table = Table(title=f"{str(dtype).removeprefix('torch.')}, {torch.get_num_threads()} threads, median of {ROUNDS}")
    for column in ("what", "G multiply-adds/s", "share of the best"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, value in speed.items():
        table.add_row(name, f"{value / 1e9:.0f}", f"{value / best:.0%}")
    console.print(table)


def against_the_paper(console: Console, dtype: torch.dtype) -> None:
    """Prints how many times as fast as a plain ResNet-9 in float32 the compact generator paints."""
    plain = with_torch_norms(ResNet(blocks=9).eval())
    network = TiledNetwork(Compact(color_skip=True).eval(), torch.device("cpu"), dtype, TilingConfig())
    table = Table(title=f"A picture, {torch.get_num_threads()} threads, median of {ROUNDS}")
    columns = ("size", "ResNet-9, float32", f"compact, {str(dtype).removeprefix('torch.')}", "times as fast")
    for column in columns:
        table.add_column(column, justify="right")
    for size in SIZES:
        x = picture(size)
        seconds = in_turn({"plain": partial(plain, x), "ours": partial(network.run, to_pixels(x)[0])}, ROUNDS)
        ours, theirs = seconds["ours"], seconds["plain"]
        table.add_row(str(size), f"{theirs:.3f} s", f"{ours:.3f} s", f"{theirs / ours:.1f}")
    console.print(table)


@torch.inference_mode()
def main() -> None:
    """Measures in the number formats that this processor paints in, and in float32."""
    keep_memory()
    console = Console(width=90)
    fastest = pick_dtype(torch.device("cpu"))
    for dtype in dict.fromkeys([torch.float32, fastest]):
        rates(console, dtype)
    against_the_paper(console, fastest)


if __name__ == "__main__":
    main()
