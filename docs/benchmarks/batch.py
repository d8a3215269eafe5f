"""How busy `copyart batch` keeps a machine: photos a minute, against each of its three stages alone.

    python docs/benchmarks/batch.py [PHOTOS] [DETAIL]

PHOTOS of 12 megapixels, 200 if not said, are painted with `--detail DETAIL`, the default if not said.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_image

from copyart.config import BatchConfig, PaintConfig, SaveConfig
from copyart.destinations import plan
from copyart.devices import keep_memory
from copyart.images import Photo, save_painting
from copyart.tensors import Pixels
from copyart.translator import Failed, Translator

ALONE = 12  # photos that a stage is measured with


def seconds_each(do: Callable[[], object], count: int) -> float:
    """The seconds that something takes for each of so many photos."""
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) / count


def main() -> None:
    """Measures the stages in turn, before and after the whole, and prints the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    paint = PaintConfig(detail=float(sys.argv[2]) if len(sys.argv) > 2 else PaintConfig.detail)
    save = SaveConfig(overwrite=True)
    workers = BatchConfig.workers
    keep_memory()
    translator = Translator("monet", device="cpu")

    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(workers) as pool:
        folder = Path(name) / "photos"
        folder.mkdir()
        china = Image.fromarray(load_sample_image("china.jpg"))
        china.resize((4000, 3000), Image.Resampling.LANCZOS).save(folder / "0.jpg", quality=92)
        for i in range(1, count):
            shutil.copy(folder / "0.jpg", folder / f"{i}.jpg")
        jobs = plan(folder, Path(name) / "paintings", save)
        (Path(name) / "paintings").mkdir()
        few = jobs[:ALONE]

        def read() -> list[Photo]:
            opened = pool.map(lambda job: translator.open(job.photo, paint), few)
            return [photo for photo in opened if isinstance(photo, Photo)]

        def paint_all(photos: Iterable[Photo]) -> list[Pixels]:
            return [translator.paint_pixels([photo], paint)[0] for photo in photos]

        def write(photos: list[Photo], paintings: list[Pixels]) -> None:
            def one(i: int) -> None:
                save_painting(translator.finish(photos[i], paintings[i], paint), photos[i], few[i].painting, save)

            list(pool.map(one, range(len(few))))

        photos = read()
        paintings = paint_all(photos[:1]) * len(photos)
        stages: dict[str, list[float]] = {"read alone": [], "paint alone": [], "write alone": []}

        def measure_stages() -> None:
            stages["read alone"].append(seconds_each(read, len(few)))
            stages["paint alone"].append(seconds_each(lambda: paint_all(photos), len(few)))
            stages["write alone"].append(seconds_each(lambda: write(photos, paintings), len(few)))

        measure_stages()
        start = time.perf_counter()
        results = list(translator.translate_many(jobs, paint, save))
        whole = (time.perf_counter() - start) / count
        assert not any(isinstance(result, Failed) for result in results)
        measure_stages()

    each = {name: sum(values) / len(values) for name, values in stages.items()}
    slowest, total = max(each.values()), sum(each.values())
    table = Table(title=f"{count} photos of 12 megapixels, detail {paint.detail}, {workers} workers")
    for column in ("stage", "photos a minute", "of the slowest alone", "of all one after the other"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for name, seconds in (each | {"copyart batch": whole}).items():
        table.add_row(name, f"{60 / seconds:.1f}", f"{slowest / seconds:.0%}", f"{total / seconds:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
