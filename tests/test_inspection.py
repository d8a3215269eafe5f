"""`copyart inspect`: what each layer does, as two pictures and a page."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from conftest import TINY, Here, Run
from PIL import Image

from copyart.checkpoints import save_style
from copyart.errors import DeviceError, OptionError
from copyart.images import to_photo
from copyart.inspection import inspect, save_inspection
from copyart.models import Style
from copyart.networks import GENERATORS, Compact, Generator
from copyart.translator import Translator

SMALL: dict[str, Any] = {"base_channels": 4, "blocks": 2}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "compact": ("compact", SMALL),
    "compact, underpainted, antialiased": ("compact", {**SMALL, "underpainting": True, "antialias": True}),
    "resnet": ("resnet", SMALL),
    "resnet, skips, dropout": ("resnet", {**SMALL, "skips": True, "dropout": True}),
    "unet": ("unet", {"base_channels": 4, "depth": 3, "dropout": True}),
}
BLOCKS = ["stem", "down 1", "down 2", "block 1", "block 2", "up 1", "up 2", "out"]
PARTS = {
    "compact": BLOCKS,
    "resnet": BLOCKS,
    "unet": ["down 1", "down 2", "down 3", "up 3", "up 2", "up 1"],
}
STAGES = {
    "compact": ["encoder and decoder alone", "block 1", "block 2"],
    "compact, underpainted, antialiased": ["the underpainting alone", "encoder and decoder", "block 1", "block 2"],
    "resnet": ["encoder and decoder alone", "block 1", "block 2"],
    "resnet, skips, dropout": ["encoder and decoder alone", "block 1", "block 2"],
    "unet": ["the outermost level alone", "level 2", "level 3"],
}
FILES = {"layers.png", "stages.png", "index.html"}


def make(kind: str) -> Generator:
    torch.manual_seed(0)
    name, parameters = KINDS[kind]
    return GENERATORS[name](**parameters)


def make_style(folder: Path, kind: str) -> Style:
    name, parameters = KINDS[kind]
    generator = make(kind)
    multiple = generator.size_multiple
    style = replace(TINY, folder=folder, generator=name, parameters=parameters, size_multiple=multiple)
    return save_style(style, generator)


def picture(path: Path, width: int = 60, height: int = 44) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB").resize((width, height))


def levels(image: Image.Image) -> npt.NDArray[np.float32]:
    return np.asarray(image, np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_names_its_layers_in_the_order_in_which_a_picture_goes_through_them(kind: str) -> None:
    generator = make(kind).eval()
    seen: list[str] = []
    for name, part in generator.layers().items():
        part.register_forward_hook(lambda _part, _given, _values, name=name: seen.append(name))
    generator(torch.zeros(1, 3, 16, 16))
    assert seen == list(generator.layers()) == PARTS[KINDS[kind][0]]
    assert set(generator.residuals()) < set(seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(60, 44), (37, 9), (5, 64), (64, 1)])
def test_every_generator_is_seen_at_every_size_and_paints_last_what_the_style_paints(
    china: Path, tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    style, image = make_style(tmp_path / "style", kind), picture(china, *size)
    seen = inspect(style, to_photo(image), size=max(size), channels=3)
    assert [layer.name for layer in seen.layers] == PARTS[style.generator]
    assert [stage.name for stage in seen.stages] == STAGES[kind]
    for layer in seen.layers:
        scale = 2 ** round(math.log2(max(size) / max(layer.size)))
        assert layer.size == (-(-size[0] // scale), -(-size[1] // scale)), layer.name
        assert {channel.picture.size for channel in layer.strongest} == {layer.size}
        assert len({channel.number for channel in layer.strongest}) == min(3, layer.channels)
    painting = Translator(style, device="cpu", dtype=torch.float32).translate(image, size="native")
    # Where a picture is smaller than its padding, the two mirror it each in its own way.
    if min(size) > 8:
        assert np.abs(levels(seen.stages[-1].painting) - levels(painting)).max() <= 1


def test_a_part_that_gives_nothing_changes_nothing_and_one_that_does_is_measured(china: Path, tmp_path: Path) -> None:
    generator = make("resnet")
    last = generator.get_submodule("model.11.conv_block.5")
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.zero_()
    style = replace(TINY, folder=tmp_path / "style", generator="resnet", parameters=SMALL)
    seen = inspect(save_style(style, generator), to_photo(picture(china)), size=60, channels=1)
    first, second, third = seen.stages
    assert (first.change, first.levels, third.levels) == (None, 0.0, 0.0)
    assert third.change is not None
    assert third.change.getextrema() == ((128, 128),) * 3
    difference = np.abs(levels(second.painting) - levels(first.painting))
    assert second.levels == pytest.approx(difference.mean())
    assert second.levels > 0


def test_the_underpainting_alone_is_the_photo_without_its_detail(china: Path, tmp_path: Path) -> None:
    style = make_style(tmp_path / "style", "compact, underpainted, antialiased")
    seen = inspect(style, to_photo(picture(china)), size=60, channels=1)
    broad, photo = (levels(image.resize((6, 4))) for image in (seen.stages[0].painting, seen.photo))
    assert np.corrcoef(broad.ravel(), photo.ravel())[0, 1] > 0.98


def test_no_channel_is_shown_for_one_that_is_the_same(china: Path, tmp_path: Path) -> None:
    generator = make("resnet")
    stem = generator.get_submodule("model.1")
    with torch.no_grad():
        for parameter in stem.parameters():
            parameter[1:3] = parameter[0]  # so that channels 0, 1 and 2 are one
    style = replace(TINY, folder=tmp_path / "style", generator="resnet", parameters=SMALL)
    seen = inspect(save_style(style, generator), to_photo(picture(china)), size=60, channels=2)
    shown = [channel.number for channel in seen.layers[0].strongest]
    assert 3 in shown
    assert len(shown) == 2


def test_one_command_writes_a_folder_beside_the_photo(copyart: Run, tiny: Style, photo: Path) -> None:
    done = copyart("inspect", tiny.folder, photo, "--size", 48, "--channels", 2)
    folder = photo.parent / "photo-tiny-inspect"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{folder / 'index.html'}  7 layers, 2 stages\n"
    assert {path.name for path in folder.iterdir()} == FILES


def test_the_page_holds_all_of_it_and_needs_nothing_else(tiny: Style, photo: Path, tmp_path: Path) -> None:
    seen = inspect(tiny, to_photo(Image.open(photo)), size=48, channels=2)
    save_inspection(seen, tmp_path / "seen", "<b>.jpg")
    page = (tmp_path / "seen" / "index.html").read_text()
    assert "What style tiny does to &lt;b&gt;.jpg" in page
    assert page.count('src="data:image/') == page.count("<img") == 2 + 3 + 7 * 2
    assert "http" not in page
    for name in ("stem", "down 2", "block 1", "up 1", "out"):
        assert f"<h3>{name} <span>" in page


def test_the_way_back_has_a_folder_of_its_own(here: Here, tiny: Style, photo: Path) -> None:
    code, (line,), errors = here("inspect", tiny.folder, photo, "--reverse", "--size", 48)
    assert (code, errors) == (0, [])
    page = Path(line.split()[0])
    assert page.parent.name == "photo-tiny-reverse-inspect"
    assert "The photo, part by part" in page.read_text()


def test_a_large_photo_is_seen_as_a_small_one(here: Here, tiny: Style, china: Path, tmp_path: Path) -> None:
    code, _, errors = here("inspect", tiny.folder, china, "-o", "seen")
    assert (code, errors) == (0, [])
    assert "Shown at 384 x 256 pixels" in (tmp_path / "seen" / "index.html").read_text()


def test_files_that_are_there_are_replaced_only_on_demand(here: Here, tiny: Style, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    mine = tmp_path / "seen" / "stages.png"
    mine.write_bytes(b"mine")
    arguments = ["inspect", tiny.folder, photo, "-o", "seen", "--size", 32]
    refusal = "seen/stages.png is there already; give --overwrite to replace it, or another name"
    assert here(*arguments) == (1, [], [f"Error: {refusal}"])
    assert mine.read_bytes() == b"mine"
    assert here(*arguments, "--overwrite")[0] == 0
    assert {path.name for path in mine.parent.iterdir()} == FILES


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--size", 4], 2, "size is 4; give 8 to 2048"),
        (["--size", 4096], 2, "size is 4096; give 8 to 2048"),
        (["--channels", 0], 2, "channels is 0; give at least 1"),
        (["-o", "photo.jpg"], 1, "photo.jpg is a file, and a folder is to be written; give another name with -o"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    here: Here, tiny: Style, photo: Path, tmp_path: Path, options: list[object], code: int, words: str
) -> None:
    assert here("inspect", tiny.folder, photo, *options) == (code, [], [f"Error: {words}"])
    assert list(tmp_path.iterdir()) == [photo]


def test_a_size_and_a_count_are_checked_in_python_too(tiny: Style, photo: Path) -> None:
    opened = to_photo(Image.open(photo))
    with pytest.raises(OptionError, match="size is 7"):
        inspect(tiny, opened, size=7, channels=1)
    with pytest.raises(OptionError, match="channels is 0"):
        inspect(tiny, opened, size=64, channels=0)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), DeviceError, "^cpu has not enough memory for size 32; give a"),
        (RuntimeError("shapes cannot be multiplied"), RuntimeError, "^shapes cannot be multiplied$"),
    ],
)
def test_a_photo_too_large_to_be_inspected_is_told_from_a_fault_of_ours(
    tiny: Style, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], words: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(Compact, "forward", failing)
    with pytest.raises(kind, match=words):
        inspect(tiny, to_photo(Image.new("RGB", (32, 32))), size=32, channels=1, device="cpu")
