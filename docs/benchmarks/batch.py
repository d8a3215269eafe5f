"""How busy `copyart batch` keeps a machine: photos a minute, against each of its three stages alone.

    python docs/benchmarks/batch.py [PHOTOS] [DETAIL]

PHOTOS of 12 megapixels, 200 if not said, are painted with `--detail DETAIL`, the default if not said.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image

from copyart.config import BatchConfig, PaintConfig, SaveConfig
from copyart.destinations import Job, plan
from copyart.devices import keep_memory
from copyart.images import Photo, save_painting
from copyart.tensors import Pixels
from copyart.translator import Failed, Translator

ALONE = 12  # photos that a stage is measured with


@dataclass(frozen=True)
class Stages:
    """What `copyart batch` does with photos, each stage alone: reading and writing in threads, painting one by one."""

    translator: Translator
    jobs: list[Job]
    paint: PaintConfig
    save: SaveConfig
    pool: ThreadPoolExecutor

    def read_all(self) -> list[Photo]:
        """Decodes all photos."""
        opened = self.pool.map(lambda job: self.translator.open(job.photo, self.paint), self.jobs)
        return [photo for photo in opened if isinstance(photo, Photo)]

    def paint_all(self, photos: list[Photo]) -> list[Pixels]:
        """Paints them."""
        return [self.translator.paint_pixels([photo], self.paint)[0] for photo in photos]

    def write_all(self, photos: list[Photo], paintings: list[Pixels]) -> None:
        """Encodes and saves what was painted of them."""

        def write(job: Job, photo: Photo, pixels: Pixels) -> None:
            save_painting(self.translator.finish(photo, pixels, self.paint), photo, job.painting, self.save)

        list(self.pool.map(write, self.jobs, photos, paintings))


def seconds_each(do: Callable[[], object], count: int) -> float:
    """The seconds that something takes for each of so many photos."""
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) / count


def measured(count: int, paint: PaintConfig) -> dict[str, float]:
    """Seconds for each photo: of the stages alone, the mean of before and after the whole, and of the whole."""
    save = SaveConfig(overwrite=True)
    translator = Translator("monet", device="cpu")
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(BatchConfig.workers) as pool:
        folder, paintings_folder = Path(name) / "photos", Path(name) / "paintings"
        folder.mkdir()
        paintings_folder.mkdir()
        china = Image.fromarray(load_sample_image("china.jpg"))
        china.resize((4000, 3000), Image.Resampling.LANCZOS).save(folder / "0.jpg", quality=92)
        for i in range(1, count):
            shutil.copy(folder / "0.jpg", folder / f"{i}.jpg")
        jobs = plan(folder, paintings_folder, save)
        stages = Stages(translator, jobs[:ALONE], paint, save, pool)
        photos = stages.read_all()
        paintings = stages.paint_all(photos[:1]) * len(photos)
        alone: dict[str, Callable[[], object]] = {
            "read alone": stages.read_all,
            "paint alone": lambda: stages.paint_all(photos),
            "write alone": lambda: stages.write_all(photos, paintings),
        }

        before = {name: seconds_each(do, len(photos)) for name, do in alone.items()}
        results: list[object] = []
        whole = seconds_each(lambda: results.extend(translator.translate_many(jobs, paint, save)), count)
        assert not any(isinstance(result, Failed) for result in results)
        after = {name: seconds_each(do, len(photos)) for name, do in alone.items()}
    return {**{name: (before[name] + after[name]) / 2 for name in alone}, "copyart batch": whole}


def main() -> None:
    """Prints photos a minute of each stage and of the whole, as shares of what the stages would allow."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    paint = PaintConfig(detail=float(sys.argv[2]) if len(sys.argv) > 2 else PaintConfig.detail)
    keep_memory()
    each = measured(count, paint)
    *alone, _ = each.values()
    detail = "" if paint.detail is None else f" detail {paint.detail},"
    table = Table(title=f"{count} photos of 12 megapixels,{detail} {BatchConfig.workers} workers")
    for column in ("stage", "photos a minute", "of the slowest alone", "of all one after the other"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for name, seconds in each.items():
        table.add_row(name, f"{60 / seconds:.1f}", f"{max(alone) / seconds:.0%}", f"{sum(alone) / seconds:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
