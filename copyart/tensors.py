"""Pictures to tensors and back: the only place where 0..255 becomes [-1, 1]."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

Pixels: TypeAlias = npt.NDArray[np.uint8]  # h w 3 or b h w 3, RGB


def to_tensor(picture: Image.Image | Pixels) -> Tensor:
    """Turns an RGB picture, or pixels, (b) h w 3, into a tensor, b 3 h w in [-1, 1], float32."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB") if isinstance(picture, Image.Image) else picture))
    pixels = pixels if pixels.ndim == 4 else pixels.unsqueeze(0)
    return from_bytes(pixels.permute(0, 3, 1, 2))


def from_bytes(pictures: Tensor) -> Tensor:
    """Turns uint8 tensors of any shape, on any device, into float32 in [-1, 1]."""
    return pictures.float().div_(127.5).sub_(1)


def to_pixels(x: Tensor) -> Pixels:
    """Turns tensors, b 3 h w in [-1, 1] (what lies outside is clipped), into pixels, b h w 3."""
    levels = x.float().clamp(-1, 1).add_(1).mul_(127.5).round_().to(torch.uint8)
    pixels: Pixels = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels


def to_image(x: Tensor) -> Image.Image:
    """Turns a tensor, 1 3 h w in [-1, 1] (what lies outside is clipped), into an RGB picture."""
    return Image.fromarray(to_pixels(x)[0])
