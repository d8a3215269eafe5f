"""Matched paintings: what a photo's painting is to be like, window by window, out of all that the artist painted."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks import EfficientNetLite, luma

WINDOWS = 4  # of a picture: two by two

_NEAREST = 6  # one of so many is drawn
_NEAR = ("content", "lights", "color")  # by what they are near
_LIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)  # quantiles of the brightness
_COLORS = 8  # pixels whose mean is a colour
_DIRECTIONS = 32
_LEAST_DEVIATION = 0.2  # of what is usual: a statistic that hardly ever differs is not to count most
_CUT = 0.1  # share of the colours at either end that are let go


class Seen(NamedTuple):
    """A description of windows of pictures, n of them.

    Attributes:
        statistics: Means and mean absolute deviations of features at three scales, n 160.
        content: Means of the coarsest features, n 112.
        lights: Quantiles of the brightness, n 5.
        color: The mean colour, n 3.
        colors: Means of 8 x 8 pixels, n 3 k.
    """

    statistics: Tensor
    content: Tensor
    lights: Tensor
    color: Tensor
    colors: Tensor


def look(found: Sequence[Tensor], pictures: Tensor) -> Seen:
    """Sees what is in each window of some pictures.

    Args:
        found: The features that an `EfficientNetLite` finds in them.
        pictures: b 3 h w in [-1, 1], h and w multiples of 32.

    Returns:
        For each of the four windows of each picture: those of the first one first.
    """
    fine = [_windows(features.float()) for features in found]
    statistics: list[Tensor] = []
    for features in fine[:3]:
        means = features.mean(dim=(2, 3))
        # Deviations of squares could be bought by one spike, which paints a streak (Karras et al. 2020 found the like).
        statistics += [means, (features - means[..., None, None]).abs().mean(dim=(2, 3))]
    windows = _windows(pictures.float())
    brightness = luma(windows).flatten(1)
    ordered = brightness.sort(dim=1).values
    lights = torch.stack([ordered[:, int(share * (ordered.shape[1] - 1))] for share in _LIGHTS], dim=1)
    colors = F.avg_pool2d(windows, _COLORS).flatten(2)
    content = fine[3].mean(dim=(2, 3))
    return Seen(torch.cat(statistics, dim=1), content, lights, windows.mean(dim=(2, 3)), colors)


class Bank(nn.Module):
    """Windows of an artist's paintings, out of which one is drawn that is near to a window of a photo.

    Near is what has like content (the cosine of the coarsest features, each in units of its own deviation), light and
    colour, so that skies are matched with skies. Photos are seen as if they had the artist's usual content, light and
    colours: what is dark among photos is matched with what is dark among the paintings, however bright that is.

    Args:
        photos: Crops of photos, each b 3 h w in [-1, 1].
        paintings: Crops of paintings, likewise.
        features: What sees.
    """

    statistics: Tensor
    content: Tensor
    lights: Tensor
    color: Tensor
    colors: Tensor
    usual: Tensor
    spread: Tensor
    deviations: Tensor
    directions: Tensor

    @torch.no_grad()
    def __init__(self, photos: Iterable[Tensor], paintings: Iterable[Tensor], features: EfficientNetLite) -> None:
        super().__init__()
        of_photos, seen = (_look_at(pictures, features) for pictures in (photos, paintings))
        usual, spread = seen.content.mean(dim=0), seen.content.std(dim=0) + 1e-3
        deviations = seen.statistics.std(dim=0)
        random = torch.Generator().manual_seed(0)
        buffers = {
            **seen._asdict(),
            "content": F.normalize((seen.content - usual) / spread, dim=1),
            "usual": usual,
            "spread": spread,
            "deviations": deviations.clamp(min=_LEAST_DEVIATION * float(deviations.median())),
            "directions": F.normalize(torch.randn(_DIRECTIONS, 3, generator=random), dim=1),
        }
        for name in _NEAR:
            theirs, own = getattr(of_photos, name), getattr(seen, name)
            gain = (own.std(dim=0) + 1e-3) / (theirs.std(dim=0) + 1e-3)
            buffers |= {f"{name}_gain": gain, f"{name}_offset": own.mean(dim=0) - gain * theirs.mean(dim=0)}
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor.to(seen.content.device), persistent=False)

    @torch.no_grad()
    def match(self, photo: Seen, draws: Tensor) -> Seen:
        """Draws a window of a painting for each of n of photos; n `draws` in [0, 1) choose among the nearest."""
        content, lights, color = (
            getattr(photo, name) * self.get_buffer(f"{name}_gain") + self.get_buffer(f"{name}_offset") for name in _NEAR
        )
        near = F.normalize((content - self.usual) / self.spread, dim=1) @ self.content.T
        near = near - (self.lights[None] - lights[:, None]).abs().mean(dim=2)
        near = near - (self.color[None] - color[:, None]).abs().mean(dim=2)
        count = min(_NEAREST, near.shape[1])
        nearest = near.topk(count, dim=1).indices
        chosen = nearest.gather(1, (draws * count).long().clamp(max=count - 1)[:, None])[:, 0]
        parts = self.statistics, self.content, self.lights, self.color, self.colors
        return Seen(*(part[chosen] for part in parts))

    def statistics_loss(self, painted: Seen, matched: Seen) -> Tensor:
        """The distance of a painting's statistics from those it is matched with, in the artist's own deviations."""
        apart = (painted.statistics - matched.statistics) / self.deviations
        return F.smooth_l1_loss(apart, torch.zeros_like(apart))

    def palette_loss(self, painted: Seen, matched: Seen) -> Tensor:
        """The sliced Wasserstein distance of the colours (Bonneel et al. 2015), without a tenth at either end."""
        mine, theirs = ((self.directions @ seen.colors).sort(dim=2).values for seen in (painted, matched))
        cut = int(mine.shape[2] * _CUT)
        return (mine - theirs)[:, :, cut : mine.shape[2] - cut].abs().mean()


def _look_at(pictures: Iterable[Tensor], features: EfficientNetLite) -> Seen:
    every = [look(features(some), some) for some in pictures]
    return Seen(*(torch.cat(parts) for parts in zip(*every, strict=True)))


def _windows(x: Tensor) -> Tensor:
    """The four quarters of pictures, b c h w, as 4b c h/2 w/2: those of the first one first."""
    b, c, h, w = x.shape
    return x.reshape(b, c, 2, h // 2, 2, w // 2).permute(0, 2, 4, 1, 3, 5).reshape(b * 4, c, h // 2, w // 2)
