"""What it brings to paint small and enlarge by a network: time and memory, against finer strokes laid over.

    python docs/benchmarks/enlarged_painting.py [STYLE]

STYLE, monet if not said, paints with its enlarger, and as it would without: at 640 pixels, with `--detail 0.5`.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyvips
from memory import SIZES, measured
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image
from timing import in_turn
from waiting import run

from copyart.checkpoints import load_style
from copyart.models import Style
from copyart.models.record import CONFIG_FILE
from copyart.translator import Translator

ENLARGER, PAINT_SIZE = "paintings", 384  # of a style that names no enlarger yet
ROUNDS = 5
LARGEST = "100 megapixels"


def both_ways(name: str, folder: Path) -> dict[str, Style]:
    """The style without an enlarger and with one, each in a folder of its own."""
    style = load_style(name)
    after = style if style.enlarger else replace(style, enlarger=ENLARGER, paint_size=PAINT_SIZE)
    ways = {"before": replace(style, enlarger="", paint_size=640), "after": after}
    for way, each in ways.items():
        shutil.copytree(style.folder, folder / way)
        (folder / way / CONFIG_FILE).write_text(each.to_json(), encoding="utf-8")
    return {way: replace(each, folder=folder / way) for way, each in ways.items()}


def main() -> None:
    """Prints seconds and megabytes of both ways; times are medians, measured in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        styles = both_ways(sys.argv[1] if len(sys.argv) > 1 else "monet", folder)
        china = Image.fromarray(load_sample_image("china.jpg"))
        china.save(folder / "china.png")
        china.save(folder / "small.jpg", quality=92)
        width, height = SIZES[LARGEST]
        photo = pyvips.Image.thumbnail(str(folder / "china.png"), width, height=height, size="force")
        photo.jpegsave(str(folder / "large.jpg"), Q=92)
        medium = china.resize(SIZES["12 megapixels"], Image.Resampling.LANCZOS)

        options = ("-o", folder / "painting.jpg", "--overwrite", "--device", "cpu")
        commands = {way: ("-m", "copyart", "translate", *options, "-s", style.folder) for way, style in styles.items()}
        tasks: dict[tuple[str, str], Callable[[], object]] = {}
        for way, style in styles.items():
            tasks["copyart translate, 640 x 427", way] = partial(run, *commands[way], folder / "small.jpg")
            translator = Translator(style, device="cpu")
            tasks["Translator.translate, 12 megapixels", way] = partial(translator.translate, medium)
        seconds = in_turn(tasks, ROUNDS)
        torch_alone, _ = measured("-c", "import torch")
        large = {way: measured(*command, folder / "large.jpg") for way, command in commands.items()}

    rows = {what: [seconds[what, way] for way in styles] for what, _ in tasks}
    rows[f"copyart translate, {LARGEST}"] = [seconds for _, seconds in large.values()]
    table = Table(title=f"{styles['after'].name}, {ROUNDS} rounds, medians")
    for column in ("seconds", *styles, "times as fast"):
        table.add_column(column, justify="left" if column == "seconds" else "right")
    for what, (before, after) in rows.items():
        table.add_row(what, f"{before:.2f}", f"{after:.2f}", f"{before / after:.1f}")
    table.add_section()
    memory = (f"{most - torch_alone:.0f}" for most, _ in large.values())
    table.add_row(f"MB over import torch, {LARGEST}", *memory)
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
