"""Writes a style's generator as a file that programs without torch can paint with."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from copyart.checkpoints import load_generator, load_style
from copyart.errors import StyleError, first_line
from copyart.extras import require
from copyart.files import reason, whole_file, why_taken
from copyart.models import Style
from copyart.networks import Generator, Network, lay_streaks
from copyart.version import __version__

if TYPE_CHECKING:
    import onnx

_OPSET = 18  # what the exporter's own functions are written in, and runtimes since 2023 understand
_SHARE = 0.999  # of values over streaks: where runtimes round otherwise, one ends a pixel further on
_TOLERANCE = 1e-3  # of values in [-1, 1]: an eighth of a step between two of 256 levels


def export_onnx(
    style: str | Style, path: Path, *, reverse: bool = False, overwrite: bool = False, make_folder: bool = False
) -> None:
    """Writes a style's generator as an ONNX model, whole or not at all, once it is seen to paint the same.

    The model takes `photo`, b 3 h w, float32, RGB in [-1, 1], and gives `painting`, the same; b, h and w are free,
    h and w multiples of its `size_multiple` and at least `min_size`, which its metadata name beside `style`,
    `direction`, `title`, `license`, `paint_size` and the version of `copyart`.

    Args:
        style: A name, folder, `.pth` file or Hub id as `copyart.load_style` takes it, or a `Style`.
        path: The file.
        reverse: The way back, from paintings to photos.
        overwrite: Take the place of a file that is there.
        make_folder: Make the folder that it goes to, where that is missing.

    Raises:
        MissingExtraError: If a library is not installed.
        StyleError: If the style cannot be found, fetched or used, the model does not paint as torch does, a file is
            there and may not be replaced, or it cannot be written.
        DownloadError: If the style cannot be fetched.
    """
    require("onnx", "ONNX")
    if problem := why_taken(path, overwrite=overwrite, make_folder=make_folder):
        raise StyleError(problem)
    style = style if isinstance(style, Style) else load_style(style)
    generator = load_generator(style, reverse=reverse)
    streaks = 0 if reverse else style.streaks
    painter = _OverStreaks(generator, streaks) if streaks else generator
    model = _to_onnx(painter, f"style {style.name}")
    words = {
        "style": style.name,
        "direction": "painting to photo" if reverse else "photo to painting",
        "title": style.title,
        "license": style.license,
        "size_multiple": generator.size_multiple,
        "min_size": generator.min_size,
        "paint_size": style.paint_size,
        "copyart": __version__,
    }
    for key, value in words.items():
        model.metadata_props.add(key=key, value=str(value))
    try:
        with whole_file(path) as part:
            part.write_bytes(model.SerializeToString())
            check_onnx(part, painter, f"style {style.name}", share=_SHARE if streaks else 1.0)
    except OSError as error:
        raise StyleError(f"{path} cannot be written: {reason(error)}") from error


class _OverStreaks(Network):
    """A generator that is given photos as they are, and lays the streaks over them itself."""

    def __init__(self, generator: Generator, streaks: int) -> None:
        super().__init__()
        self.generator, self.streaks = generator, streaks
        self.size_multiple, self.min_size = generator.size_multiple, generator.min_size

    def forward(self, x: Tensor) -> Tensor:
        painting: Tensor = self.generator(lay_streaks(x, self.streaks))
        return painting


def check_onnx(path: Path, generator: Network, name: str, share: float = 1.0) -> None:
    """Makes sure that an ONNX model paints as its generator does, at two sizes and numbers of pictures.

    Args:
        path: The model, as `export_onnx` writes it.
        generator: In float32 on the CPU, for painting.
        name: What to call it in an error.
        share: Of all values, how many must be as near as that.

    Raises:
        StyleError: If it cannot paint, or any of these values of a painting is further than 0.001 from torch's.
    """
    try:
        differences = _differences(path, generator, share)
    except Exception as error:  # onnxruntime has a dozen kinds, with no root of their own
        raise StyleError(f"{name} is not exported: its ONNX model cannot paint: {first_line(error)}") from error
    for size, difference in differences.items():
        if not difference <= _TOLERANCE:  # what is no number is no painting either
            raise StyleError(
                f"{name} is not exported: at {size} its ONNX model differs from torch by {difference:.2g}, "
                f"more than {_TOLERANCE}; update torch, onnxscript and onnxruntime"
            )


def _differences(path: Path, generator: Network, share: float) -> dict[str, float]:
    """The distance from torch's values within which a share of the model's are, by the size of the photo.

    Values are in [-1, 1]. The photos are noise, of two sizes; paintings of another shape are infinitely far.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    multiple = generator.size_multiple
    few = max(1, 64 // multiple)
    rng = torch.Generator().manual_seed(0)
    differences = {}
    for b, rows, columns in ((1, few + 1, 2 * few + 1), (2, 2 * few + 1, 3 * few + 1)):
        photo = torch.rand(b, 3, rows * multiple, columns * multiple, generator=rng) * 2 - 1
        with torch.inference_mode():
            wanted = generator(photo)
        found = torch.from_numpy(session.run(["painting"], {"photo": photo.numpy()})[0])
        same_shape = found.shape == wanted.shape
        differences[f"{photo.shape[3]} x {photo.shape[2]}"] = (
            (found - wanted).abs().flatten().quantile(share).item() if same_shape else float("inf")
        )
    return differences


def _to_onnx(generator: Network, name: str) -> "onnx.ModelProto":
    """The model, without what the exporter notes of this machine's source files."""
    side = generator.size_multiple * max(2, 32 // generator.size_multiple)
    photo = torch.zeros(2, 3, side, 2 * side)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of the exporter's own insides; what it wrote is checked
            generator(photo)  # what layers keep from their first picture must be no tensor of the exporter's
            program = torch.onnx.export(
                generator,
                (photo,),
                dynamo=True,
                verbose=False,
                opset_version=_OPSET,
                input_names=["photo"],
                output_names=["painting"],
                dynamic_shapes=({0: "batch", 2: "height", 3: "width"},),
            )
    except Exception as error:  # the exporter may fail in any way
        raise StyleError(f"{name} cannot be exported to ONNX: {first_line(error)}") from error
    assert program is not None  # noqa: S101  # it is only where a file is named
    model: onnx.ModelProto = program.model_proto
    graph = model.graph
    graph.ClearField("metadata_props")
    graph.ClearField("value_info")
    for part in (*graph.node, *graph.input, *graph.output):
        part.ClearField("metadata_props")
    graph.output[0].type.CopyFrom(graph.input[0].type)
    return model
