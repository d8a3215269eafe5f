"""What each generator costs: multiply-adds, and seconds on one core for a picture of 256 x 256.

python docs/benchmarks/generators.py
"""

import time
from statistics import median

import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from copyart.devices import pick_dtype
from copyart.networks import Compact, Generator, ResNet, UNet

ROUNDS = 9
GENERATORS: dict[str, Generator] = {
    "resnet, 9 blocks": ResNet(blocks=9),
    "resnet, 6 blocks": ResNet(blocks=6),
    "unet": UNet(),
    "compact": Compact(underpainting=True),
}


@torch.inference_mode()
def main() -> None:
    """Measures all in turn, again and again, so that what else runs on the machine hits all alike."""
    torch.set_num_threads(1)
    dtypes = list(dict.fromkeys([torch.float32, pick_dtype(torch.device("cpu"))]))
    x = torch.rand(1, 3, 256, 256).to(memory_format=torch.channels_last)
    counts = {}
    for name, generator in GENERATORS.items():
        with FlopCounterMode(display=False) as counter:
            generator.eval()(x)
        counts[name] = counter.get_total_flops() / 2
    seconds: dict[tuple[str, torch.dtype], list[float]] = {}
    for dtype in dtypes:
        networks = {name: g.to(dtype).to(memory_format=torch.channels_last) for name, g in GENERATORS.items()}
        for _ in range(ROUNDS):
            for name, network in networks.items():
                start = time.perf_counter()
                network(x.to(dtype))
                seconds.setdefault((name, dtype), []).append(time.perf_counter() - start)

    table = Table(title=f"A picture of 256 x 256 on one core, median of {ROUNDS}")
    for column in ("generator", "multiply-adds"):
        table.add_column(column)
    for dtype in dtypes:
        table.add_column(str(dtype).removeprefix("torch."), justify="right")
        table.add_column("as fast as resnet, 9 blocks", justify="right")
    for name in GENERATORS:
        cells = []
        for dtype in dtypes:
            took, reference = median(seconds[name, dtype]), median(seconds["resnet, 9 blocks", dtype])
            cells += [f"{took:.3f} s", f"{reference / took:.1f} x"]
        table.add_row(name, f"{counts[name] / 1e9:.2f} G", *cells)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
