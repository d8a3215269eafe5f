"""Joins paintings: two of different sizes, and one with its photo."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from copyart.config import PaintConfig
from copyart.images import Photo, side_by_side
from copyart.tensors import Pixels

_ROWS = 256  # that are mixed at once
_NEARLY_PHOTO = 0.25  # strength below which a painting is faded into its photo
_MARGIN = 4  # in pixels of the small picture: what Lanczos's kernel looks at beyond a strip


def blend_detail(broad: Pixels, fine: Pixels, detail: float) -> Pixels:
    """Lays the strokes of one painting over the broad ones of another.

    What is finer than `broad` can show comes from `fine`, all else from `broad`: the levels of a Laplacian
    pyramid (Burt and Adelson 1983), with the finest weighed by `detail`.

    Args:
        broad: A painting, h w 3.
        fine: Another of the same photo, H W 3, larger.
        detail: From 0, none of the finer strokes, to 1.

    Returns:
        Their joint painting, H W 3.
    """
    joint = np.empty_like(fine)
    for channel in range(3):
        small, large = (torch.from_numpy(pixels[:, :, channel])[None, None].float() for pixels in (broad, fine))
        change = small - detail * F.interpolate(large, small.shape[-2:], mode="area")
        level = F.interpolate(change, large.shape[-2:], mode="bicubic").add_(large, alpha=detail)
        joint[:, :, channel] = level.clamp_(0, 255).round_().to(torch.uint8)[0, 0].numpy()
    return joint


def enlarged_strip(painting: Image.Image, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
    """The rows from `top` to `bottom` of what `painting` becomes at another size."""
    width, height = size
    if painting.size == size:
        return painting if (top, bottom) == (0, height) else painting.crop((0, top, width, bottom))
    scale = painting.height / height
    margin = int(_MARGIN * max(1, 1 / scale))
    first, last = max(top - margin, 0), min(bottom + margin, height)
    box = (0, first * scale, painting.width, last * scale)
    part = painting.resize((width, last - first), Image.Resampling.LANCZOS, box=box)
    return part if (first, last) == (top, bottom) else part.crop((0, top - first, width, bottom - first))


def finished(
    photo: Photo, painting: Image.Image, config: PaintConfig, software: str, broad: Image.Image | None = None
) -> Image.Image:
    """A painting with what belongs to its photo, both of the same size: RGB, or RGBA.

    Args:
        photo: What was painted.
        painting: Its painting, mixed with the photo already where there is a `broad`.
        config: How it was painted.
        software: What made it.
        broad: What the photo is at the size at which it was painted, as large as the photo again; None for the photo.
    """
    if config.strength < 1 and broad is not None:
        painting = _with_detail_of(photo.image, painting, broad, config.strength)
    elif config.strength < 1:
        painting = Image.blend(photo.image, painting, config.strength)
    if config.keep_color:
        painting = _with_colors_of(photo.image, painting)
    painting = photo.finish(painting)
    painting.info["Software"] = software
    return side_by_side(photo.finish(photo.image.copy()), painting) if config.compare else painting


def needs_photo(config: PaintConfig) -> bool:
    """True where the photo itself shows in what is made of its painting."""
    return config.keep_color or config.compare or config.strength < 1


def mixed(photo: Image.Image, painting: Pixels, strength: float) -> Pixels:
    """The painting of a photo of the same size, mixed with it: from 0, the photo, to 1, the painting."""
    return np.asarray(Image.blend(photo, Image.fromarray(painting), strength))


def _with_detail_of(photo: Image.Image, painting: Image.Image, broad: Image.Image, strength: float) -> Image.Image:
    """A mixed painting with what is finer in its photo than was painted.

    It fades faster than the photo's colours do: laid at full size over strokes that lie elsewhere by a little, each
    contour would be there twice.
    """
    whole, coarse, result = np.asarray(photo), np.asarray(broad), np.array(painting)
    for top in range(0, len(result), _ROWS):
        rows = slice(top, top + _ROWS)
        finer = whole[rows].astype(np.float32) - coarse[rows]
        result[rows] = (result[rows] + (1 - strength) ** 2 * finer).clip(0, 255).round()
    # What an enlarger makes of the photo itself is not the photo, and goes last.
    return Image.blend(photo, Image.fromarray(result), min(strength / _NEARLY_PHOTO, 1))


def _with_colors_of(photo: Image.Image, painting: Image.Image) -> Image.Image:
    light = painting.convert("YCbCr").getchannel("Y")
    _, blue, red = photo.convert("YCbCr").split()
    return Image.merge("YCbCr", (light, blue, red)).convert("RGB")
