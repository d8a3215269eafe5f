"""`copyart export`: a style as an ONNX model that paints as torch does, at every size."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from conftest import TINY, Here, Run
from limits import small_disk
from torch import Tensor

from copyart import __version__
from copyart.checkpoints import load_generator, save_style
from copyart.errors import StyleError
from copyart.export import check_onnx, export_onnx
from copyart.extras import install_line
from copyart.models import Style
from copyart.networks import GENERATORS, ResNet

SMALL: dict[str, Any] = {"base_channels": 4, "blocks": 1}

# Each generator, and each layer that only some of them have.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "compact": ("compact", SMALL),
    "compact, underpainted, antialiased": ("compact", {**SMALL, "underpainting": True, "antialias": True}),
    "resnet, skips": ("resnet", {**SMALL, "skips": True}),
    "resnet, resize": ("resnet", {**SMALL, "upsample": "resize", "norm": "batch", "dropout": True}),
    "unet": ("unet", {"base_channels": 4, "depth": 3}),
}

QUICK: tuple[str, dict[str, Any]] = ("unet", {"base_channels": 4, "depth": 2})  # what is exported the fastest


def make_style(folder: Path, kind: str, parameters: dict[str, Any], *, scale: float = 1) -> Style:
    """A style with a way back, whose weights are random, times `scale`."""
    torch.manual_seed(0)
    there, back = (GENERATORS[kind](**parameters) for _ in range(2))
    with torch.no_grad():
        for weight in there.parameters():
            weight.mul_(scale)
    multiple = there.size_multiple
    style = replace(TINY, folder=folder, generator=kind, parameters=parameters, size_multiple=multiple)
    return save_style(style, there, back)


def paint(path: Path, photo: Tensor) -> Tensor:
    """What a program without torch paints."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (painting,) = session.run(None, {"photo": photo.numpy()})
    return torch.from_numpy(painting)


def metadata(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def ends(value: onnx.ValueInfoProto) -> tuple[str, int, list[str | int]]:
    """The name, the type and the shape of what goes into a model or comes out of it."""
    tensor = value.type.tensor_type
    return value.name, tensor.elem_type, [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]


@pytest.fixture(scope="module")
def style(tmp_path_factory: pytest.TempPathFactory) -> Style:
    """A style with a way back."""
    return make_style(tmp_path_factory.mktemp("style") / "tiny", *QUICK)


@pytest.fixture(scope="module")
def model(style: Style, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of that style."""
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    export_onnx(style, path)
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file of the user's that has the name of an export."""
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"mine")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_generator_is_valid_and_paints_as_torch_does_at_every_size(tmp_path: Path, kind: str) -> None:
    style, path = make_style(tmp_path / "style", *KINDS[kind]), tmp_path / "tiny.onnx"
    export_onnx(style, path)
    onnx.checker.check_model(path, full_check=True)
    generator = load_generator(style)
    multiple, least = generator.size_multiple, generator.min_size
    for b, height, width in [
        (1, least, least),
        (1, least, 5 * multiple),
        (3, 7 * multiple, 2 * multiple),
        (2, 3 * multiple, 13 * multiple),
    ]:
        photo = torch.rand(b, 3, height, width) * 2 - 1
        with torch.inference_mode():
            wanted = generator(photo)
        torch.testing.assert_close(paint(path, photo), wanted, rtol=0, atol=1e-4)


def test_a_model_names_its_ends_and_their_sizes(model: Path) -> None:
    graph = onnx.load(model).graph
    shape: list[str | int] = ["batch", 3, "height", "width"]
    assert [ends(value) for value in graph.input] == [("photo", onnx.TensorProto.FLOAT, shape)]
    assert [ends(value) for value in graph.output] == [("painting", onnx.TensorProto.FLOAT, shape)]


def test_a_model_says_what_it_is(model: Path) -> None:
    assert metadata(model) == {
        "style": "tiny",
        "direction": "photo to painting",
        "title": "A tiny style",
        "license": "MIT",
        "size_multiple": "4",
        "min_size": "4",
        "paint_size": "64",
        "copyart": __version__,
    }


def test_a_model_tells_nothing_of_the_machine_that_wrote_it(model: Path) -> None:
    data = model.read_bytes()
    assert b".py" not in data
    assert str(Path.cwd()).encode() not in data


@pytest.mark.slow
def test_published_weights_are_exported_from_their_file(here: Here, tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = ResNet(**SMALL).eval()
    torch.save(generator.state_dict(), tmp_path / "net_G.pth")
    code, (line,), errors = here("export", "net_G.pth", "-o", "published.onnx")
    assert (code, errors) == (0, [])
    assert line.startswith("published.onnx  ")
    photo = torch.rand(1, 3, 32, 48) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(paint(tmp_path / "published.onnx", photo), generator(photo), rtol=0, atol=1e-4)


@pytest.mark.slow
def test_one_command_writes_a_model_into_this_folder_and_says_so_in_a_line(
    copyart: Run, style: Style, tmp_path: Path
) -> None:
    done = copyart("export", style.folder, "--format", "onnx")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"tiny\.onnx  \d+\.\d kB\n", done.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.onnx"]
    check_onnx(tmp_path / "tiny.onnx", load_generator(style), "style tiny")


def test_the_way_back_has_a_name_of_its_own_and_says_so(here: Here, style: Style, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    code, (line,), errors = here("export", style.folder, "--reverse", "-o", "models")
    path = Path("models", "tiny-reverse.onnx")
    assert (code, errors, line.split()[0]) == (0, [], str(path))
    assert metadata(path)["direction"] == "painting to photo"
    check_onnx(path, load_generator(style, reverse=True), "style tiny")


def test_a_model_that_paints_otherwise_is_told_from_one_that_does_not(model: Path, style: Style) -> None:
    check_onnx(model, load_generator(style), "style tiny")
    words = r"^style tiny is not exported: at 132 x 68 its ONNX model differs from torch by \S+, more than 0\.001; up"
    with pytest.raises(StyleError, match=words):
        check_onnx(model, load_generator(style, reverse=True), "style tiny")


def test_a_file_that_is_no_model_is_one_line(other: Path, style: Style) -> None:
    with pytest.raises(StyleError, match=r"^style tiny is not exported: its ONNX model cannot paint: .+") as raised:
        check_onnx(other, load_generator(style), "style tiny")
    assert "\n" not in str(raised.value)


def test_what_does_not_paint_as_torch_does_leaves_all_as_it_was(tmp_path: Path, other: Path) -> None:
    broken = make_style(tmp_path / "style", *QUICK, scale=float("nan"))
    with pytest.raises(StyleError, match=r"its ONNX model differs from torch by nan, more than 0\.001"):
        export_onnx(broken, other, overwrite=True)
    assert other.read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} == {"style", "tiny.onnx"}


def test_a_file_that_is_there_is_replaced_only_on_demand(here: Here, style: Style, other: Path) -> None:
    refusal = "Error: tiny.onnx is there already; give --overwrite to replace it, or another name"
    assert here("export", style.folder) == (1, [], [refusal])
    assert other.read_bytes() == b"mine"
    code, _, errors = here("export", style.folder, "--overwrite")
    assert (code, errors) == (0, [])
    check_onnx(other, load_generator(style), "style tiny")


def test_a_folder_is_never_replaced(style: Style, tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"cannot be written: it is a folder$"):
        export_onnx(style, tmp_path, overwrite=True)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--format", "tflite"], 2, "--format 'tflite' is unknown; use onnx"),
        (["-o", "no/tiny.onnx"], 1, "no/tiny.onnx cannot be written: there is no folder no; make it first"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    here: Here, style: Style, tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    assert here("export", style.folder, *options) == (code, [], [f"Error: {words}"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", ["onnx", "onnxscript", "onnxruntime"])
def test_without_its_libraries_one_line_says_how_to_install_them(
    here: Here, style: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    words = f"Error: ONNX needs {library}, not installed here: {install_line('onnx')}"
    assert here("export", style.folder) == (1, [], [words])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_of_a_model(tiny: Style, tmp_path: Path) -> None:
    with small_disk(500), pytest.raises(StyleError, match=r"tiny\.onnx cannot be written: .*larger"):
        export_onnx(tiny, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_the_exporter_cannot_write_is_said_in_a_line(
    tiny: Style, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ValueError("no decomposition\nof this operator")

    monkeypatch.setattr("torch.onnx.export", failing)
    with pytest.raises(StyleError, match=r"^style tiny cannot be exported to ONNX: no decomposition$"):
        export_onnx(tiny, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []
