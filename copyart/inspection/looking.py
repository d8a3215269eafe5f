"""Looks into a network while it paints: its strongest channels, and the painting as part after part joins in."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor, nn

from copyart.checkpoints import load_generator, load_style
from copyart.config import InspectConfig
from copyart.devices import is_out_of_memory, pick_device
from copyart.errors import DeviceError
from copyart.images import Photo
from copyart.models import Style
from copyart.networks import Generator, lay_streaks
from copyart.tensors import to_pixels, to_tensor

GAIN = 3  # of what changes from one stage to the next, so that it can be seen

_BLUE, _MIDDLE, _ORANGE = "#1f5f8b", "#f7f5f0", "#b3541e"
_OUTLIERS = 2.0  # percent of a channel's values that are as bright as may be


@dataclass(frozen=True)
class Channel:
    """One channel of a layer: its number, from 0, and what it gives, as a picture."""

    number: int
    picture: Image.Image


@dataclass(frozen=True)
class Layer:
    """One layer of a network and its strongest channels.

    Attributes:
        name: What the network calls it.
        channels: How many it has.
        size: Width and height of each in values.
        signed: Whether values are below zero too: then they are blue, and those above orange; else black to white.
        strongest: First the channel whose values differ the most over the picture, then each time the one
            that shows the most of what those before it do not.
    """

    name: str
    channels: int
    size: tuple[int, int]
    signed: bool
    strongest: list[Channel]


@dataclass(frozen=True)
class Stage:
    """A painting by some of a network's parts.

    Attributes:
        name: What has joined in since the stage before.
        painting: What is painted now.
        change: What that has changed, three times as strong around grey; None of the first stage.
        levels: By how much of 255 it has changed a value on average.
    """

    name: str
    painting: Image.Image
    change: Image.Image | None
    levels: float


@dataclass(frozen=True)
class Inspection:
    """The findings of `inspect`: one style at work on one photo.

    Attributes:
        style: Whose network it is.
        reverse: Whether it is the way back, from paintings to photos.
        photo: What it was shown.
        layers: Its layers, in the order in which the photo goes through them.
        stages: From the fewest parts that paint to all of them; the last painting is the style's.
    """

    style: Style
    reverse: bool
    photo: Image.Image
    layers: list[Layer]
    stages: list[Stage]


def inspect(
    style: str | Style, photo: Photo, *, reverse: bool = False, size: int, channels: int, device: str = "auto"
) -> Inspection:
    """Looks into a style's network while it paints a photo.

    Args:
        style: A name, folder, `.pth` file or Hub id as `copyart.load_style` takes it, or a `Style`.
        photo: What to paint.
        reverse: Look at the way back, from paintings to photos.
        size: Long edge in pixels at which to paint: 8 to 2048.
        channels: How many of each layer to show.
        device: Where to compute.

    Raises:
        OptionError: If `size` or `channels` is out of its range.
        StyleError: If the style cannot be found, fetched or used.
        DeviceError: If the device is not there, or out of memory.
    """
    InspectConfig(size, channels)
    where = pick_device(device)
    style = style if isinstance(style, Style) else load_style(style)
    generator = load_generator(style, reverse=reverse).to(where)
    image = photo.resized(scaled_size(photo.size, size))
    x = generator.pad(lay_streaks(to_tensor(image), 0 if reverse else style.streaks)).to(where)
    try:
        layers = _see_layers(generator, x, image.size, channels)
        stages = list(_stages(generator, x, image.size))
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(f"{where} has not enough memory for size {size}; give a smaller --size") from error
    return Inspection(style, reverse, image, layers, stages)


def scaled_size(size: tuple[int, int], long_edge: int) -> tuple[int, int]:
    """A size with the same shape and another long edge."""
    scale = long_edge / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _see_layers(generator: Generator, x: Tensor, size: tuple[int, int], channels: int) -> list[Layer]:
    """Paints `x`, of which `size` is no padding, and keeps of each layer what is to be shown."""
    layers = []

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _given: object, values: Tensor) -> None:
            # Of the padding, nothing is shown: a value stands for `scale` pixels each way.
            (width, height), scale = size, x.shape[-1] // values.shape[-1]
            layers.append(_layer(name, values[0, :, : -(-height // scale), : -(-width // scale)], channels))

        return hook

    with ExitStack() as hooks, torch.inference_mode():
        for name, part in generator.layers().items():
            hooks.enter_context(part.register_forward_hook(keep(name)))
        generator(x)
    return layers


def _layer(name: str, values: Tensor, channels: int) -> Layer:
    """A layer that gives `values`, c h w."""
    signed = bool(values.min() < 0)
    shown = [
        Channel(number, _picture(values[number].cpu().numpy(), signed=signed))
        for number in _strongest(values.flatten(1), min(channels, len(values)))
    ]
    return Layer(name, len(values), (values.shape[2], values.shape[1]), signed, shown)


def _strongest(values: Tensor, count: int) -> list[int]:
    """Chooses channels of c n: a QR decomposition with column pivoting, so that no two show nearly the same."""
    rest = values - values.mean(dim=1, keepdim=True)
    chosen: list[int] = []
    for _ in range(count):
        lengths = rest.norm(dim=1)
        lengths[chosen] = -1.0  # once is enough, where nothing is left of any
        chosen.append(int(lengths.argmax()))
        direction = F.normalize(rest[chosen[-1]], dim=0)
        rest = rest - (rest @ direction)[:, None] * direction
    return chosen


def _picture(values: npt.NDArray[np.float32], *, signed: bool) -> Image.Image:
    """A channel, h w, as a picture that makes use of all its shades."""
    most = float(np.percentile(np.abs(values), 100 - _OUTLIERS)) or float(np.abs(values).max()) or 1.0
    levels = np.clip(values / most, -1, 1)
    if not signed:
        return Image.fromarray(np.uint8(np.round(255 * levels)))
    grey = Image.fromarray(np.uint8(np.round((255 + 255 * levels) / 2)))
    return ImageOps.colorize(grey, _BLUE, _ORANGE, _MIDDLE)


def _stages(generator: Generator, x: Tensor, size: tuple[int, int]) -> Iterator[Stage]:
    """Paints `x`, of which `size` is no padding, without any of the residuals, and then with one after another."""
    layers, residuals = generator.layers(), generator.residuals()
    before: npt.NDArray[np.float32] | None = None
    for count, name in enumerate([generator.without_blocks, *residuals.values()]):
        with _silent(layers[other] for other in list(residuals)[count:]), torch.inference_mode():
            pixels = to_pixels(generator(x))[0, : size[1], : size[0]]
        now = pixels.astype(np.float32)
        if before is None:
            yield Stage(name, Image.fromarray(pixels), None, 0.0)
        else:
            change = Image.fromarray(np.uint8(np.clip(128 + GAIN * (now - before), 0, 255)))
            yield Stage(name, Image.fromarray(pixels), change, float(np.abs(now - before).mean()))
        before = now


@contextmanager
def _silent(parts: Iterable[nn.Module]) -> Iterator[None]:
    """Has parts of a network give zeros, in the block."""
    with ExitStack() as hooks:
        for part in parts:
            hooks.enter_context(part.register_forward_hook(lambda _part, _given, values: torch.zeros_like(values)))
        yield
