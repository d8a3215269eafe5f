"""What each generator costs: multiply-adds, and seconds on one core for a picture of 256 x 256.

python docs/benchmarks/generators.py
"""

from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from timing import in_turn
from torch.utils.flop_counter import FlopCounterMode

from copyart.devices import pick_dtype
from copyart.networks import Compact, Generator, ResNet, UNet

ROUNDS = 9
GENERATORS: dict[str, Generator] = {
    "resnet, 9 blocks": ResNet(blocks=9),
    "resnet, 6 blocks": ResNet(blocks=6),
    "unet": UNet(),
    "compact": Compact(color_skip=True),
}


@torch.inference_mode()
def main() -> None:
    """Measures all in turn, and prints their medians."""
    torch.set_num_threads(1)
    dtypes = list(dict.fromkeys([torch.float32, pick_dtype(torch.device("cpu"))]))
    x = torch.rand(1, 3, 256, 256).to(memory_format=torch.channels_last)
    counts = {}
    for name, generator in GENERATORS.items():
        with FlopCounterMode(display=False) as counter:
            generator.eval()(x)
        counts[name] = counter.get_total_flops() / 2
    seconds = {}
    for dtype in dtypes:
        networks = {name: g.to(dtype).to(memory_format=torch.channels_last) for name, g in GENERATORS.items()}
        seconds[dtype] = in_turn({name: partial(network, x.to(dtype)) for name, network in networks.items()}, ROUNDS)

    table = Table(title=f"A picture of 256 x 256 on one core, median of {ROUNDS}")
    for column in ("generator", "multiply-adds"):
        table.add_column(column)
    for dtype in dtypes:
        table.add_column(str(dtype).removeprefix("torch."), justify="right")
        table.add_column("as fast as resnet, 9 blocks", justify="right")
    for name in GENERATORS:
        cells = []
        for dtype in dtypes:
            took, reference = seconds[dtype][name], seconds[dtype]["resnet, 9 blocks"]
            cells += [f"{took:.3f} s", f"{reference / took:.1f} x"]
        table.add_row(name, f"{counts[name] / 1e9:.2f} G", *cells)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
