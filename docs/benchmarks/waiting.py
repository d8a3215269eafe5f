"""How long a person waits: `copyart --help` and `copyart translate`, against the time that `import torch` takes alone.

Run with nothing else running: python docs/benchmarks/waiting.py
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image
from timing import in_turn

ROUNDS = 5


TORCH = 'python -c "import torch"'


def run(*arguments: object) -> None:
    """Runs a fresh Python."""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True)


def main() -> None:
    """Measures in turn, so that a noisy machine is noisy for all, and prints the medians and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        china = Image.fromarray(load_sample_image("china.jpg"))
        small = Path(folder) / "small.jpg"
        china.save(small, quality=92)
        china.resize((1224, 816), Image.Resampling.LANCZOS).save(photo, quality=92)  # 1.0 megapixels
        options = ("-o", Path(folder) / "x.jpg", "--overwrite", "--device", "cpu")
        translate = partial(run, "-m", "copyart", "translate", *options)
        commands = {
            TORCH: partial(run, "-c", "import torch"),
            "copyart --help": partial(run, "-m", "copyart", "--help"),
            "copyart translate, 640 x 427": partial(translate, small),
            "copyart translate, 1 megapixel": partial(translate, photo),
            "the same, --detail 0.5": partial(translate, photo, "--detail", "0.5"),
            "the same, --size native": partial(translate, photo, "--size", "native"),
        }
        seconds = in_turn(commands, ROUNDS)

    table = Table(title=f"{os.cpu_count()} cores, {ROUNDS} rounds, medians")
    table.add_column("command")
    table.add_column("seconds", justify="right")
    table.add_column("times import torch", justify="right")
    for name, took in seconds.items():
        table.add_row(name, f"{took:.2f}", f"{took / seconds[TORCH]:.2f}")
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
