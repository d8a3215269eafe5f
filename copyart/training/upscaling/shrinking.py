"""Pictures as an enlarger is given them: soft ones or not, shrunk by several kernels, blurred or not, through JPEG."""

import io
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from copyart.tensors import to_image, to_tensor

DRAWS = 3  # random draws for a picture that is shrunk
SOFT_DRAWS = 3  # and for one that is made soft

_UNBLURRED = 0.4  # share of the pictures that are not blurred
_QUALITIES = 60, 96
_ENLARGED = 1.3, 3.3  # how many times as large soft pictures were made


def shrink(pictures: Tensor, scale: int, *, blur: float, draws: Tensor) -> Tensor:
    """Shrinks each picture of a batch in its own way.

    Args:
        pictures: b 3 h w in [-1, 1], h and w multiples of `scale`.
        scale: They become so many times smaller.
        blur: The most by which they are blurred before: the deviation of a Gaussian in pixels.
        draws: b x `DRAWS`, uniform in [0, 1): which kernel, and how much blur.

    Returns:
        b 3 h/scale w/scale in [-1, 1].
    """
    kernel, amount = draws[:, 0], draws[:, 1]
    deviations = ((amount - _UNBLURRED) / (1 - _UNBLURRED)).clamp(min=0) * blur
    blurred = gaussian_blur(pictures, deviations, blur) if blur else pictures
    ways = [
        F.interpolate(blurred, scale_factor=1 / scale, mode="area"),
        F.interpolate(blurred, scale_factor=1 / scale, mode="bilinear", antialias=True),
        F.interpolate(blurred, scale_factor=1 / scale, mode="bicubic", antialias=True),
    ]
    chosen = (kernel * len(ways)).long().clamp(max=len(ways) - 1)[:, None, None, None]
    small = ways[0]
    for number, way in enumerate(ways[1:], start=1):
        small = torch.where(chosen == number, way, small)
    return small.clamp(-1, 1)


def soften(pictures: Tensor, which: Iterable[int], draws: Tensor) -> Tensor:
    """Puts a part of a picture in its place, enlarged by a bicubic kernel, for some pictures of a batch.

    A large painting is enlarged twice: what comes out of the first time is as soft as these. A network that has only
    learned of crisp pictures leaves a grid of its pixels there.

    Args:
        pictures: b 3 h w in [-1, 1].
        which: The places of those.
        draws: b x `SOFT_DRAWS`, uniform in [0, 1): how large the part is, and where.

    Returns:
        b 3 h w in [-1, 1].
    """
    softened, (height, width) = pictures.clone(), pictures.shape[-2:]
    least, most = _ENLARGED
    for place in which:
        larger, down, right = (float(draw) for draw in draws[place])
        times = least + (most - least) * larger
        h, w = int(height / times), int(width / times)
        top, left = int(down * (height - h)), int(right * (width - w))
        part = pictures[place, None, :, top : top + h, left : left + w]
        softened[place] = F.interpolate(part, (height, width), mode="bicubic").clamp(-1, 1)[0]
    return softened


def gaussian_blur(pictures: Tensor, deviations: Tensor, most: float) -> Tensor:
    """Blurs each picture of a batch by a Gaussian of its own.

    Args:
        pictures: b 3 h w, h and w more than three times `most`.
        deviations: b, in pixels; 0 leaves a picture as it is.
        most: None is more than this.

    Returns:
        b 3 h w.
    """
    b, c, h, w = pictures.shape
    radius = max(1, round(3 * most))
    distance = torch.arange(-radius, radius + 1, device=pictures.device, dtype=pictures.dtype)
    line = torch.exp(-(distance**2) / (2 * deviations.clamp(min=1e-3)[:, None] ** 2))
    line = (line / line.sum(dim=1, keepdim=True)).repeat_interleave(c, dim=0)
    x = F.pad(pictures, (radius, radius, radius, radius), mode="reflect").reshape(1, b * c, h + 2 * radius, -1)
    x = F.conv2d(x, line[:, None, None, :], groups=b * c)
    return F.conv2d(x, line[:, None, :, None], groups=b * c).reshape(b, c, h, w)


def through_jpeg(pictures: Tensor, which: Iterable[int], draws: Tensor) -> Tensor:
    """Writes some pictures of a batch as JPEG and reads them again.

    Args:
        pictures: b 3 h w in [-1, 1].
        which: The places of those.
        draws: b x `DRAWS`, uniform in [0, 1): the quality, from 60 to 95.

    Returns:
        b 3 h w in [-1, 1], on the same device.
    """
    least, most = _QUALITIES
    changed = pictures.clone()
    for place in which:
        quality = int(least + (most - least) * float(draws[place, 2]))
        file = io.BytesIO()
        to_image(pictures[place][None]).save(file, "JPEG", quality=quality)
        with Image.open(file) as read:
            changed[place] = to_tensor(read)[0].to(pictures.device)
    return changed
