"""The enlargers that come with copyart."""

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageChops

from copyart.checkpoints import load_upscaler, save_enlarger
from copyart.errors import BrokenStyleError, StyleError, UnknownStyleError
from copyart.models import Enlarger, Style, bundled_enlargers, find_enlarger
from copyart.networks import Upscaler
from copyart.tensors import to_image, to_tensor


def test_two_come_with_copyart_in_three_megabytes() -> None:
    found = [find_enlarger(name) for name in bundled_enlargers()]
    assert [(each.name, each.scale, each.license) for each in found] == [
        ("drawings", 2, "MIT"),
        ("paintings", 4, "MIT"),
    ]
    assert sum(each.size for each in found) < 3_000_000


@pytest.mark.parametrize("name", bundled_enlargers())
def test_it_enlarges_its_golden_picture_as_it_always_did(name: str) -> None:
    enlarger = find_enlarger(name)
    enlarger.verify()
    with Image.open(enlarger.verified("golden/photo.png")) as photo, torch.inference_mode():
        enlarged = to_image(load_upscaler(enlarger)(to_tensor(photo)))
    with Image.open(enlarger.verified("golden/painting.png")) as golden:
        levels = ImageChops.difference(enlarged, golden).getextrema()
    assert max(high for _, high in levels) <= 1  # type: ignore[misc]  # of three channels


@pytest.mark.parametrize("name", bundled_enlargers())
def test_its_record_says_what_it_learned_from_and_that_it_beats_lanczos(name: str) -> None:
    enlarger = find_enlarger(name)
    assert enlarger.quality["feature_distance_left"] < 0.95
    assert (enlarger.folder / "README.md").read_text(encoding="utf-8").startswith("---\nlicense: mit\n")


def save(folder: Path) -> Enlarger:
    network = Upscaler(scale=2, channels=4, layers=3)
    record = Enlarger(
        name="mine", title="Mine", parameters={"channels": 4, "layers": 3}, scale=2, license="MIT",
        training_data="none", recipe="none", folder=folder,
    )  # fmt: skip
    return save_enlarger(record, network, overwrite=True)


def test_one_is_saved_and_found_by_its_folder_and_by_that_of_a_run(tmp_path: Path) -> None:
    saved = save(tmp_path / "run" / "enlarger")
    assert find_enlarger(str(tmp_path / "run")) == find_enlarger(str(saved.folder)) == saved
    assert load_upscaler(saved)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 16, 16)


def test_what_is_wrong_with_one_is_said_in_one_line(tmp_path: Path, tiny: Style) -> None:
    with pytest.raises(UnknownStyleError, match=r"^enlarger 'paintngs' is unknown; .* Did you mean paintings\? "):
        find_enlarger("paintngs")
    with pytest.raises(BrokenStyleError, match=r"holds a style, not .*; `copyart translate --style` takes styles$"):
        find_enlarger(str(tiny.folder))
    saved = save(tmp_path / "mine")
    with pytest.raises(BrokenStyleError, match=r"holds an enlarger, not .* `copyart enlarge --model` takes enlargers$"):
        Style.read(saved.folder)
    (saved.folder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(
        BrokenStyleError, match=r"not the file this enlarger was saved with .*; fetch the enlarger again$"
    ):
        load_upscaler(saved)
    shutil.rmtree(saved.folder)
    with pytest.raises(StyleError, match="is unknown"):
        find_enlarger(str(saved.folder))


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_a_record_with_another_scale_is_damaged(tmp_path: Path, scale: int) -> None:
    folder = save(tmp_path / "mine").folder
    record = folder / "config.json"
    record.write_text(record.read_text().replace('"scale": 2', f'"scale": {scale}'))
    with pytest.raises(BrokenStyleError, match=rf"is damaged: scale is {scale}, not 2 or 4"):
        Enlarger.read(folder)
