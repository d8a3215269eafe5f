"""How fast 1,000 pictures are compared with 20,000, beside a plain loop of scikit-image over pairs.

The pictures are cut from the two photographs in the scikit-learn wheel: python docs/benchmarks/originality.py
Or fewer: python docs/benchmarks/originality.py 100 2000
"""

import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import sklearn.datasets
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.metrics import structural_similarity
from torch import Tensor

from copyart.evaluation.originality import compare, luminance, similarity
from copyart.evaluation.pictures import Pictures

PAIRS = 1000  # of a round of the plain loop
ROUNDS = 5  # before and after
SIDE = 64


def crops(name: str, count: int) -> Pictures:
    """Squares of many sizes from all over a photograph."""
    image = Image.open(Path(sklearn.datasets.__file__).parent / "images" / name)
    chance = np.random.default_rng(0)
    pixels = torch.empty(count, 3, SIDE, SIDE, dtype=torch.uint8)
    for i in range(count):
        size = int(chance.integers(SIDE, 320))
        x, y = int(chance.integers(0, image.width - size)), int(chance.integers(0, image.height - size))
        cut = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, (x, y, x + size, y + size))
        pixels[i] = torch.from_numpy(np.array(cut)).permute(2, 0, 1)
    return Pictures(name, [Path(f"{name}-{i}") for i in range(count)], pixels, [(SIDE, SIDE)] * count)


def plain(ours: Tensor, theirs: Tensor) -> float:
    """Pairs a second of the plain loop."""
    left, right = ours.numpy(), theirs.numpy()
    start = time.perf_counter()
    for i in range(PAIRS):
        structural_similarity(left[i % len(left)], right[7 * i % len(right)], data_range=255)
    return PAIRS / (time.perf_counter() - start)


def difference(ours: Tensor, theirs: Tensor) -> float:
    """How far the figures of both are apart at most."""
    pairs = product(ours.numpy(), theirs.numpy())
    figures = [structural_similarity(*pair, data_range=255) for pair in pairs]
    return float(np.abs(similarity(ours, theirs).flatten().numpy() - figures).max())


def main() -> None:
    """Measures both and prints pairs a second."""
    generated, training = (int(word) for word in sys.argv[1:3] or ("1000", "20000"))
    ours, theirs = crops("flower.jpg", generated), crops("china.jpg", training)
    lights = luminance(ours.pixels), luminance(theirs.pixels)
    rounds = [plain(*lights) for _ in range(ROUNDS)]
    ends: list[tuple[float, int]] = []
    start = time.perf_counter()
    compare(ours, theirs, watch=lambda done, total: ends.append((time.perf_counter() - start, done)))
    rounds += [plain(*lights) for _ in range(ROUNDS)]
    seconds, pairs = ends[-1]
    loop = float(np.median(rounds))

    table = Table(title=f"{generated:,} pictures and {training:,}, {SIDE} x {SIDE}, {torch.get_num_threads()} threads")
    for column in ("", "pairs a second", "times as fast", "minutes for all"):
        table.add_column(column, justify="right" if column else "left")
    for name, speed in (("scikit-image, pair by pair", loop), ("copyart", pairs / seconds)):
        table.add_row(name, f"{speed:,.0f}", f"{speed / loop:,.0f}", f"{pairs / speed / 60:,.1f}")
    console = Console(width=90)
    console.print(table)
    worst = difference(*(light[:30] for light in lights))
    console.print(f"{pairs:,} pairs, those among training pictures with them; figures differ by {worst:.0e} at most.")


if __name__ == "__main__":
    main()
