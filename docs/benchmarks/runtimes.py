"""Whether onnxruntime would paint faster on this processor than torch does: python docs/benchmarks/runtimes.py.

It takes copyart[onnx]. That `copyart translate` has no such way to compute comes from this table.
The machine must do nothing else: on a busy one torch, whose threads wait for the slowest, seems half as fast.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime
import torch
from rich.console import Console
from rich.table import Table
from timing import in_turn

from copyart.checkpoints import load_generator, load_style
from copyart.export import export_onnx

ROUNDS = 11
SIZE = (1, 3, 428, 640)
PAUSE = 0.1  # seconds, in which the threads of the one before go to sleep


def by_torch(dtype: torch.dtype) -> Callable[[], object]:
    """Paints as copyart does."""
    generator = load_generator(load_style("monet")).to(dtype).to(memory_format=torch.channels_last)
    x = torch.rand(SIZE).to(dtype=dtype, memory_format=torch.channels_last)
    return lambda: generator(x)


def by_onnxruntime() -> Callable[[], object]:
    """Paints with what copyart exports, with as many threads as torch."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "monet.onnx"
        export_onnx("monet", path)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    photo = {"photo": torch.rand(SIZE).numpy()}
    return lambda: session.run(["painting"], photo)


def main() -> None:
    """Measures all in turn and prints the medians, as times the first."""
    rows = {
        ("torch", "float32, channels_last"): by_torch(torch.float32),
        ("torch", "bfloat16, channels_last"): by_torch(torch.bfloat16),
        ("onnxruntime", "float32"): by_onnxruntime(),
    }
    with torch.inference_mode():
        seconds = in_turn(rows, ROUNDS, pause=PAUSE)

    table = Table(title=f"monet at 640 x 428, {torch.get_num_threads()} threads, {ROUNDS} rounds, medians")
    for column in ("library", "format"):
        table.add_column(column)
    table.add_column("seconds", justify="right")
    table.add_column("times as fast", justify="right")
    base = next(iter(seconds.values()))
    for row, took in seconds.items():
        table.add_row(*row, f"{took:.3f}", f"{base / took:.2f}")
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
