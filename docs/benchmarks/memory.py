"""How much memory and time a large photo takes at its own size: `copyart translate --size native`.

python docs/benchmarks/memory.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pyvips
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image

SIZES = {"12 megapixels": (4000, 3000), "50 megapixels": (8168, 6122), "100 megapixels": (11548, 8660)}

# Runs a command as its only child, and prints the most memory that it held, in MB, and how long it took.
MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - start
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6, seconds)
"""


def measured(*arguments: object) -> tuple[float, float]:
    """The peak memory in MB of a fresh Python, and its seconds."""
    command = [sys.executable, "-c", MEASURE, sys.executable, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    memory, seconds = map(float, done.stdout.split())
    return memory, seconds


def main() -> None:
    """Measures each size in a process of its own."""
    table = Table(title="copyart translate, in a process of its own")
    for column in ("photo", "options", "MB over import torch", "seconds", "seconds a megapixel"):
        table.add_column(column, justify="left" if column in ("photo", "options") else "right")
    with tempfile.TemporaryDirectory() as folder:
        china = Path(folder) / "china.png"
        Image.fromarray(load_sample_image("china.jpg")).save(china)
        torch_alone, _ = measured("-c", "import torch")
        for name, (width, height) in SIZES.items():
            photo = Path(folder) / f"{width}.jpg"
            pyvips.Image.thumbnail(str(china), width, height=height, size="force").jpegsave(str(photo), Q=92)
            for options in (["--size", "native"], []):
                output = ["-o", Path(folder) / "painting.jpg", "--overwrite", "--device", "cpu"]
                memory, seconds = measured("-m", "copyart", "translate", photo, *output, *options)
                per_megapixel = seconds / (width * height / 1e6)
                cells = (f"{memory - torch_alone:.0f}", f"{seconds:.1f}", f"{per_megapixel:.2f}")
                table.add_row(name, " ".join(options) or "none", *cells)
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
