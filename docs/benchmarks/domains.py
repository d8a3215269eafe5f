"""How long it takes to find, look through and hash the pictures of a domain, the first time and after that.

    python docs/benchmarks/domains.py

Beside it, in the same run, what it takes to only read and decode the same files with Pillow, in one thread.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table


def main() -> None:
    """Draws the pictures, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=7000)
    count = parser.parse_args().pictures
    with tempfile.TemporaryDirectory() as place:
        os.environ["COPYART_CACHE"] = f"{place}/cache"
        folder = Path(place) / "pictures"
        draw(folder, count)
        decoding = timed(lambda: decode(folder))
        rows = [("only reading and decoding, one thread", decoding)]
        rows += [(name, timed(lambda: look_through(folder))) for name in ("the first time", "again", "once more")]
    title = f"{count:,} JPEGs of 256 x 256, {len(os.sched_getaffinity(0))} cores"
    table = Table("copyart domains FOLDER", "seconds", "pictures/s", "times decoding", title=title)
    for name, seconds in rows:
        table.add_row(name, f"{seconds:.2f}", f"{count / seconds:,.0f}", f"{seconds / decoding:.2f}")
    Console(width=100).print(table)


def draw(folder: Path, count: int) -> None:
    """Draws soft pictures with some grain, all different."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for i in range(count):
        soft = Image.fromarray(chance.integers(0, 256, (12, 12, 3), np.uint8)).resize(
            (256, 256), Image.Resampling.BICUBIC
        )
        grain = chance.integers(0, 24, (256, 256, 3), np.uint8)
        Image.fromarray(np.asarray(soft) // 2 + grain + 40).save(folder / f"{i:05d}.jpg", quality=85)


def decode(folder: Path) -> None:
    """Reads and decodes all of them."""
    for path in folder.iterdir():
        with Image.open(path) as image:
            image.load()


def look_through(folder: Path) -> None:
    """What training does before its first step."""
    from copyart.domains import clean, find_domain

    clean(find_domain(str(folder)), least=96).split(0, holdout=0.05)


def timed(do: Callable[[], None]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
