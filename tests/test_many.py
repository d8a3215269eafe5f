"""Several photos at a time: each is painted once, and one that fails does not stop the others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from limits import small_disk
from PIL import Image
from torch import Tensor

from copyart.checkpoints import load_generator
from copyart.config import BatchConfig, PaintConfig, SaveConfig
from copyart.destinations import Job, plan
from copyart.errors import (
    DeviceError,
    UnreadablePictureError,
)
from copyart.images import open_photo
from copyart.models import Style
from copyart.networks import Compact
from copyart.translator import Failed, Painted, Translator


class OneAtATime(Compact):
    """A network that has no memory for two pictures at once."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(x)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has more than 5,000 pixels is large."""
    monkeypatch.setattr("copyart.images.large.LARGE", 5000)


@pytest.fixture
def translator(tiny: Style) -> Translator:
    return Translator(tiny, device="cpu", dtype=torch.float32)


def jobs(folder: Path, out: Path) -> list[Job]:
    return [Job(path, out / path.name) for path in sorted(folder.glob("*.jpg"))]


def test_many_photos_are_painted_each_once(translator: Translator, folder: Path, tmp_path: Path) -> None:
    png = SaveConfig(format="png")
    jobs = plan(folder, tmp_path / "out", png, recursive=True)
    results = list(translator.translate_many(jobs, save=png, batch=BatchConfig(workers=3)))
    painted = {result.painting for result in results if isinstance(result, Painted)}
    assert painted == {job.painting for job in jobs}
    assert len(results) == len(jobs) == 12
    alone = translator.paint(open_photo(jobs[0].photo), PaintConfig())
    with Image.open(jobs[0].painting) as first:
        assert first.convert("RGB").tobytes() == alone.convert("RGB").tobytes()


def test_a_photo_that_fails_does_not_stop_the_others(translator: Translator, folder: Path, tmp_path: Path) -> None:
    (folder / "3.jpg").write_text("no picture")
    results = list(translator.translate_many(plan(folder, tmp_path / "out", SaveConfig())))
    (failed,) = [result for result in results if isinstance(result, Failed)]
    assert failed.photo == folder / "3.jpg"
    assert isinstance(failed.error, UnreadablePictureError)
    assert len(list((tmp_path / "out").iterdir())) == len(results) - 1 == 7


def test_jobs_are_taken_only_as_fast_as_they_are_painted(translator: Translator, photo: Path, tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[Job]:
        nonlocal taken
        while True:
            taken += 1
            yield Job(photo, tmp_path / f"{taken}.jpg")

    results = translator.translate_many(endless(), batch=BatchConfig(workers=2))
    for _ in range(3):
        next(results)
    results.close()
    assert taken <= 3 + 2 * 2 + 1


def test_of_a_batch_what_does_not_fit_the_memory_fails_and_the_others_are_painted(
    translator: Translator, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(folder / "5.jpg") as image:
        image.resize((99, 64)).save(folder / "5.jpg")
    paint = Translator.paint_pixels

    def limited(self: Translator, photos: list, *rest: object) -> list:  # type: ignore[type-arg]
        if photos[0].size[0] == 99:
            raise DeviceError("cpu has not enough memory")
        return paint(self, photos, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Translator, "paint_pixels", limited)
    done = list(translator.translate_many(jobs(folder, tmp_path / "out")))
    assert [(one.photo.name, str(one.error)) for one in done if isinstance(one, Failed)] == [
        ("5.jpg", "cpu has not enough memory")
    ]
    assert sum(isinstance(one, Painted) for one in done) == 7


def test_of_a_batch_what_a_full_disk_does_not_take_fails_and_is_named(
    translator: Translator, folder: Path, tmp_path: Path
) -> None:
    with small_disk(500):
        done = list(translator.translate_many(jobs(folder, tmp_path / "out")))
    assert len(done) == 8
    for one in done:
        assert isinstance(one, Failed)
        path = tmp_path / "out" / one.photo.name
        assert str(one.error) == f"{path} cannot be written: the file is larger than is allowed here"
    assert not (tmp_path / "out").exists()


def test_of_a_batch_a_large_photo_that_is_cut_short_fails_and_the_others_are_painted(
    translator: Translator, low: None, folder: Path, tmp_path: Path
) -> None:
    data = (folder / "2.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(data[: len(data) * 2 // 3])
    done = list(translator.translate_many(jobs(folder, tmp_path / "out")))
    (failed,) = [one for one in done if isinstance(one, Failed)]
    assert str(failed.error).startswith(f"{folder / '2.jpg'} is cut short or damaged: ")
    assert len(list((tmp_path / "out").iterdir())) == 7


def test_pictures_that_do_not_fit_the_memory_together_are_painted_one_by_one(
    translator: Translator, photo: Path
) -> None:
    config = PaintConfig(size=48, detail=0)
    alone = translator.paint_pixels([open_photo(photo)], config)[0]
    generator = OneAtATime(base_channels=4, blocks=1).eval().requires_grad_(requires_grad=False)
    generator.load_state_dict(load_generator(translator.style).state_dict())
    translator.network.network = generator.to(memory_format=torch.channels_last)
    both = translator.paint_pixels([open_photo(photo)] * 2, config)
    assert [painting.tobytes() for painting in both] == [alone.tobytes()] * 2
