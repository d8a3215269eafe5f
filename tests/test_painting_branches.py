"""Painting where something is refused late: the memory, the disk, the rights, a file that lies about itself."""

import json
import os
import signal
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from conftest import TINY, Here
from limits import small_disk, unprivileged
from PIL import Image
from torch import Tensor

from copyart import Translator
from copyart.checkpoints import load_generator, load_style, save_style
from copyart.config import PaintConfig, SaveConfig, TilingConfig
from copyart.destinations import Job
from copyart.errors import BrokenStyleError, DeviceError, MissingExtraError, OptionError, UnknownStyleError
from copyart.images import encode, open_large, open_photo, to_photo
from copyart.inspection import inspect
from copyart.networks import Compact
from copyart.styles import Style, read_style
from copyart.translator import Failed, Painted


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


def test_pictures_that_do_not_fit_the_memory_together_are_painted_one_by_one(
    translator: Translator, photo: Path
) -> None:
    config = PaintConfig(size=48, detail=0)
    alone = translator.paint_pixels([open_photo(photo)], config)[0]
    generator = OneAtATime(base_channels=4, blocks=1).eval().requires_grad_(requires_grad=False)
    generator.load_state_dict(load_generator(translator.style).state_dict())
    translator.painter.generator = generator.to(memory_format=torch.channels_last)
    both = translator.paint_pixels([open_photo(photo)] * 2, config)
    assert [painting.tobytes() for painting in both] == [alone.tobytes()] * 2


@pytest.mark.parametrize("option", ["tile", "memory"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_tile_or_a_memory_of_nothing_is_refused(here: Here, photo: Path, option: str, value: int) -> None:
    with pytest.raises(OptionError, match=f"{option} is {value}; give at least 1"):
        TilingConfig(**{option: value})
    code, _, said = here("translate", photo, f"--{option}={value}")
    assert (code, said) == (2, [f"Error: {option} is {value}; give at least 1"])


def test_it_says_how_it_computes_where_that_is_wanted(here: Here, photo: Path, tiny: Style) -> None:
    code, out, said = here("translate", photo, "-s", tiny.folder, "--verbose", "--device", "cpu")
    assert (code, len(out), len(said)) == (0, 1, 1)
    assert said[0].startswith("tiny on cpu with ")
    assert "megapixels at once, more in tiles of" in said[0]


def test_a_style_whose_weights_are_none_is_said_to_be_damaged_though_its_hash_is_right(tmp_path: Path) -> None:
    style = save_style(replace(TINY, folder=tmp_path / "tiny"), Compact(base_channels=4, blocks=1))
    (style.folder / "model.safetensors").write_bytes(b"no weights")
    record = json.loads((style.folder / "config.json").read_text())
    record["sha256"]["model.safetensors"] = sha256(b"no weights").hexdigest()
    (style.folder / "config.json").write_text(json.dumps(record))
    with pytest.raises(BrokenStyleError, match=r"model\.safetensors is damaged: .*; fetch the style again"):
        load_generator(read_style(style.folder))


def test_a_file_that_a_style_does_not_have_is_said_to_be_missing(tiny: Style) -> None:
    with pytest.raises(BrokenStyleError, match=r"style tiny in .* has no golden/photo\.png"):
        tiny.verified("golden/photo.png")


def test_weights_that_may_not_be_read_are_named(public: Path) -> None:
    (public / "net.pth").touch(0o000)
    with unprivileged(), pytest.raises(UnknownStyleError, match=r"style .*/net\.pth cannot be read: permission denied"):
        load_style(str(public / "net.pth"), cache=public)


def test_of_a_progressive_photo_that_is_large_it_is_said_that_it_takes_memory(
    low: None, china: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Image.open(china) as image:
        image.save(tmp_path / "x.jpg", progressive=True)
        image.save(tmp_path / "y.jpg")
    with caplog.at_level("INFO", "copyart"):
        assert open_large(tmp_path / "x.jpg")
        assert open_large(tmp_path / "y.jpg")
    words = f"{tmp_path / 'x.jpg'} is stored progressively, so more of it must be in memory at once"
    assert [record.getMessage() for record in caplog.records if record.name.startswith("copyart")] == [words]


def test_a_format_that_nothing_here_writes_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (8, 8))
    encode(image, to_photo(image), SaveConfig(), "x.png")
    monkeypatch.delitem(Image.SAVE, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    words = (
        r"x\.heic: writing HEIC needs pillow-heif, not installed here: pip install .*\[heic\]', or choose --format j"
    )
    with pytest.raises(MissingExtraError, match=words):
        encode(image, to_photo(image), SaveConfig(), "x.heic")


def jobs(folder: Path, out: Path) -> list[Job]:
    return [Job(path, out / path.name) for path in sorted(folder.glob("*.jpg"))]


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


def test_a_folder_of_paintings_that_may_not_be_written_is_named_before_anything_is_loaded(
    here: Here, folder: Path, public: Path
) -> None:
    folder.rename(public / "photos")
    (public / "out").mkdir(0o555)
    (public / "out").chmod(0o555)
    with unprivileged():
        code, _, said = here("batch", public / "photos", public / "out", "-s", "nowhere")
    words = f"{public / 'out'} cannot be written to: permission denied; name another folder"
    assert (code, said) == (1, [f"Error: {words}"])


def test_ctrl_c_in_a_batch_keeps_what_is_painted_and_says_how_to_go_on(
    here: Here, tiny: Style, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint = Translator.paint_pixels

    def interrupted(self: Translator, *given: object) -> list:  # type: ignore[type-arg]
        if list((tmp_path / "out").glob("*.jpg")):
            os.kill(os.getpid(), signal.SIGINT)
        return paint(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Translator, "paint_pixels", interrupted)
    code, _, said = here("batch", folder, "out", "-s", tiny.folder, "--workers", 1)
    assert (code, said) == (130, ["Stopped; what is painted is kept. The same command goes on where it was."])
    painted = len(list((tmp_path / "out").iterdir()))
    assert 1 <= painted < 8
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (last,) = here("batch", folder, "out", "-s", tiny.folder)[1]
    assert last.startswith(f"Painted {8 - painted}, failed 0, already there {painted}: out ")


def test_a_folder_that_may_not_be_entered_is_named_in_one_line(here: Here, photo: Path, public: Path) -> None:
    (public / "closed").mkdir(0o700)
    photo = photo.rename(public / "photo.jpg")
    with unprivileged():
        code, _, said = here("translate", photo, "-o", public / "closed" / "x.jpg")
    words = "permission denied; check who may use it and its folder"
    assert (code, said) == (1, [f"Error: {public / 'closed' / 'x.jpg'}: {words}"])


def test_where_all_memory_is_used_up_a_smaller_size_is_advised(
    here: Here, photo: Path, tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "resize", none_left)
    code, _, said = here("translate", photo, "-s", tiny.folder)
    assert (code, said) == (1, ["Error: the memory is used up; give a smaller --size"])


def test_a_fault_of_ours_is_no_line_but_a_traceback(
    here: Here, photo: Path, tiny: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(Translator, "paint", faulty)
    monkeypatch.setattr(Translator, "paint_file", faulty)
    with pytest.raises(KeyError, match="ours"):
        here("translate", photo, "-s", tiny.folder)


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
