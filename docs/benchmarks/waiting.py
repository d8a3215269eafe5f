"""How long a person waits: `copyart --help` and `copyart translate`, against the time that `import torch` takes alone.

Run with nothing else running: python docs/benchmarks/waiting.py
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image

ROUNDS = 5


def seconds(*arguments: object) -> float:
    """How long a fresh Python takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measures in turn, so that a noisy machine is noisy for all, and prints the medians and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        china = Image.fromarray(load_sample_image("china.jpg"))
        small = Path(folder) / "small.jpg"
        china.save(small, quality=92)
        china.resize((1224, 816), Image.Resampling.LANCZOS).save(photo, quality=92)  # 1.0 megapixels
        translate = (
            "-m",
            "copyart",
            "translate",
            photo,
            "-o",
            Path(folder) / "x.jpg",
            "--overwrite",
            "--device",
            "cpu",
        )
        commands = {
            'python -c "import torch"': ("-c", "import torch"),
            "copyart --help": ("-m", "copyart", "--help"),
            "copyart translate, 640 x 427": (*translate[:3], small, *translate[4:]),
            "copyart translate, 1 megapixel": translate,
            "the same, --detail 0": (*translate, "--detail", "0"),
            "the same, --size native": (*translate, "--size", "native"),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, arguments in commands.items():
                times[name].append(seconds(*arguments))

    table = Table(title=f"{os.cpu_count()} cores, {ROUNDS} rounds, medians")
    table.add_column("command")
    table.add_column("seconds", justify="right")
    table.add_column("times import torch", justify="right")
    base = median(times['python -c "import torch"'])
    for name, values in times.items():
        table.add_row(name, f"{median(values):.2f}", f"{median(values) / base:.2f}")
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
