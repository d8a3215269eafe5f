"""Which number format, memory layout and way to normalise paints fastest on this processor.

The choices in copyart/devices.py and copyart/networks/layers.py come from this table: python docs/benchmarks/formats.py
"""

from functools import partial

import torch
from rich.console import Console
from rich.table import Table
from timing import in_turn
from torch import Tensor, nn

from copyart.networks import Compact, InstanceNorm

ROUNDS = 7
SIZE = (1, 3, 428, 640)


class TorchInstanceNorm(nn.Module):
    """The same function by torch's own operator."""

    def __init__(self, norm: InstanceNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        """Normalises `x`, b c h w."""
        return nn.functional.instance_norm(x, weight=self.weight, bias=self.bias)


def with_torch_norms(generator: nn.Module) -> nn.Module:
    """Gives a generator torch's own norms."""
    for name, module in list(generator.named_modules()):
        if isinstance(module, InstanceNorm):
            parent, _, child = name.rpartition(".")
            setattr(generator.get_submodule(parent), child, TorchInstanceNorm(module))
    return generator


def main() -> None:
    """Measures all in turn and prints the medians, as times the first."""
    tasks = {}
    for dtype in (torch.float32, torch.bfloat16):
        for layout in (torch.contiguous_format, torch.channels_last):
            for group in (False, True):
                ours = Compact(color_skip=True).eval()
                generator = (ours if group else with_torch_norms(ours)).to(dtype).to(memory_format=layout)
                x = torch.rand(SIZE).to(dtype=dtype, memory_format=layout)
                tasks[str(dtype), str(layout), "group_norm" if group else "instance_norm"] = partial(generator, x)
    with torch.inference_mode():
        seconds = in_turn(tasks, ROUNDS)

    table = Table(title=f"compact at 640 x 428, {torch.get_num_threads()} threads, {ROUNDS} rounds, medians")
    for column in ("format", "layout", "norm"):
        table.add_column(column)
    table.add_column("seconds", justify="right")
    table.add_column("times as fast", justify="right")
    base = next(iter(seconds.values()))
    for row, took in seconds.items():
        words = [word.removeprefix("torch.") for word in row]
        table.add_row(*words, f"{took:.2f}", f"{base / took:.2f}")
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
