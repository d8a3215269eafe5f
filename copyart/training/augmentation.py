"""DiffAugment: changes to what a discriminator sees, through which gradients pass (Zhao et al. 2020).

With few paintings a discriminator learns them by heart. It does not when each is shown with other colours, moved
and with a hole. The random draws are given from outside, so that a step can be repeated on any device.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

DRAWS = 7  # random draws for a picture, whatever is changed


def diff_augment(x: Tensor, changes: Sequence[str], draws: Tensor) -> Tensor:
    """Changes each picture of a batch in its own way.

    Args:
        x: Pictures, b 3 h w in [-1, 1].
        changes: Keys of `CHANGES`, in order.
        draws: b x `DRAWS` random draws, uniform in [0, 1); equal numbers make equal changes.

    Returns:
        Pictures of the same shape; values may lie outside of [-1, 1].
    """
    for name in changes:
        x = CHANGES[name](x, draws)
    return x


def change_color(x: Tensor, draws: Tensor) -> Tensor:
    """Adds up to 0.5 to the brightness, and takes saturation times 0 to 2 and contrast times 0.5 to 1.5."""
    brightness, saturation, contrast = draws[:, :3, None, None, None].unbind(1)
    x = x + (brightness - 0.5)
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (x - mean) * (contrast + 0.5)


def translate(x: Tensor, draws: Tensor) -> Tensor:
    """Moves up to an eighth of the size along each axis; what comes in from outside is 0."""
    for dim, draw in ((2, draws[:, 3]), (3, draws[:, 4])):
        size = x.shape[dim]
        most = int(size / 8 + 0.5)
        shift = (draw * (2 * most + 1)).floor().long() - most
        index = torch.arange(size, device=x.device) + shift[:, None]
        inside = ((index >= 0) & (index < size)).to(x.dtype)
        shape = [x.shape[0], 1, 1, 1]
        shape[dim] = size
        x = x.gather(dim, index.clamp(0, size - 1).view(shape).expand_as(x)) * inside.view(shape)
    return x


def cut_out(x: Tensor, draws: Tensor) -> Tensor:
    """Puts 0 into a square of half the size, anywhere, partly outside too."""
    holes = []
    for dim, draw in ((2, draws[:, 5]), (3, draws[:, 6])):
        size = x.shape[dim]
        width = int(size / 2 + 0.5)
        start = (draw * (size + 1 - width % 2)).floor()[:, None] - width // 2
        index = torch.arange(size, device=x.device)
        holes.append((index >= start) & (index < start + width))
    hole = holes[0][:, None, :, None] & holes[1][:, None, None, :]
    return x * (~hole).to(x.dtype)


CHANGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "color": change_color,
    "translation": translate,
    "cutout": cut_out,
}
