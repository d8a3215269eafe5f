"""What can be measured of pictures without any pretrained network.

Pictures are tensors b 3 h w in [-1, 1], or uint8 where that is said.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

LEAST = 50  # pictures: with fewer, figures about a set of them tell little, and some nothing
FEWEST = 4  # pictures: with fewer no figure about a set of them can be had; two make a half

_PATCH = 7  # pixels; with the numbers below as in Karras et al. (2018)
_DIRECTIONS = 512
_SMALLEST = 16  # pixels of the pyramid's last level
_PATCHES = 16_384  # of each level
_COLOR_DIRECTIONS = 64
_PIXELS = 262_144
_AT_ONCE = 32  # pictures
_PARTINGS = 4
_HALVES = 50  # by which an interval is found, with so many directions and values at most
_HALVED_DIRECTIONS, _HALVED_VALUES = 64, 4096
_CONFIDENCE = 0.95
_LUMINANCE = (0.299, 0.587, 0.114)


def sliced_wasserstein(pictures: Tensor, goal: Tensor, *, seed: int = 0) -> float:
    """How far pictures are from others in colour and texture, times 1,000: 0 for the same (Karras et al. 2018).

    Patches of 7 x 7 are drawn from each level of the pictures' Laplacian pyramids, which part what is fine from
    what is coarse. The distance between the two sets of patches is the mean, over 512 directions, of how far
    one has to be moved to become the other.

    This differs from Karras et al.: both sets are normalised by the mean and deviation of `goal`, not each
    by its own, so that palette and contrast count.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; of all sizes h and w are the same and at least 16.
        goal: Those to come near to.
        seed: Sets which patches and directions are drawn.
    """
    return 1000 * _mean_apart(_texture_shadows(pictures, goal, seed))


class Estimate(NamedTuple):
    """A measured distance, and between what the true one lies with 95 % confidence."""

    value: float
    low: float
    high: float


def estimate(distance: Callable[..., float], pictures: Tensor, goal: Tensor) -> Estimate:
    """Measures how far pictures are from others, and by how much that is uncertain with so few of both.

    The true distance is that of very many such pictures. The interval is that of the delete-half jackknife (Shao
    and Wu 1989): 50 times, a random half of the pictures is measured against a random half of the others. These
    distances scatter as the distance of all does from sample to sample; 1.96 deviations, or more as Student's t has
    it for so few, go up and down from the figure. Since fewer pictures make distances larger, it goes down by
    what halves are farther apart than all, too.

    Args:
        distance: `sliced_wasserstein` or `palette_distance`.
        pictures: b 3 h w, as it takes them; at least `FEWEST`.
        goal: Those to come near to, at least as many.
    """
    shadows_of, unit = _SHADOWS[distance]
    whole, parts = [], []
    for ours, theirs in shadows_of(pictures, goal, 0):
        whole.append(_apart(ours.values, theirs.values))
        parts.append((ours.some(), theirs.some()))
    chance = torch.Generator().manual_seed(0)
    halves = [
        np.mean([_apart(ours.of(mine), theirs.of(others)) for ours, theirs in parts])
        for mine, others in ((_half(len(pictures), chance), _half(len(goal), chance)) for _ in range(_HALVES))
    ]
    as_many = [_apart(*(each.values[:, : each.values.shape[1] // 2] for each in pair)) for pair in parts]
    farther = max(0.0, float(np.mean(halves) - np.mean(as_many)))
    reach = float(np.std(halves, ddof=1)) * deviations_of(min(len(pictures), len(goal)))
    value = float(np.mean(whole))
    return Estimate(*(unit * each for each in (value, max(0.0, value - farther - reach), value + reach)))


def deviations_of(count: int) -> float:
    """How many deviations of a figure about so many pictures make its interval of 95 %: Student's t."""
    from scipy.stats import t

    return float(t.ppf((1 + _CONFIDENCE) / 2, count - 1))


def _half(count: int, chance: torch.Generator) -> npt.NDArray[np.bool_]:
    """Which of so many pictures are in a random half of them."""
    chosen = np.zeros(count, bool)
    chosen[torch.randperm(count, generator=chance)[: count // 2].numpy()] = True
    return chosen


class _Shadows(NamedTuple):
    """Values of pictures, such as patches or colours, as they are seen from several directions.

    Attributes:
        values: directions n.
        which: The picture that each is of, n.
    """

    values: npt.NDArray[np.float32]
    which: npt.NDArray[np.int64]

    def some(self) -> "_Shadows":
        """As many as halves are measured by."""
        return _Shadows(self.values[:_HALVED_DIRECTIONS, :_HALVED_VALUES].copy(), self.which[:_HALVED_VALUES])

    def of(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """Those of the chosen pictures: directions n."""
        return self.values[:, chosen[self.which]]


def _apart(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """How far one set has to be moved to become the other, directions n, on the mean; of one that is larger, a part."""
    count = min(ours.shape[1], theirs.shape[1])
    first, second = (np.sort(each[:, :count]) for each in (ours, theirs))  # eight times as fast as torch's
    return float(np.abs(first - second).mean())


def _mean_apart(shadows: Iterator[tuple[_Shadows, _Shadows]]) -> float:
    return float(np.mean([_apart(ours.values, theirs.values) for ours, theirs in shadows]))


def _texture_shadows(pictures: Tensor, goal: Tensor, seed: int) -> Iterator[tuple[_Shadows, _Shadows]]:
    """Patches of each level of the pyramids of both."""
    chance = torch.Generator().manual_seed(seed)
    shapes = _level_shapes(pictures.shape), _level_shapes(goal.shape)
    drawn = []  # what chance decides, level by level
    for shape, goal_shape in zip(*shapes, strict=True):
        places = _some_places(shape, chance), _some_places(goal_shape, chance)
        drawn.append((*places, F.normalize(torch.randn(3 * _PATCH**2, _DIRECTIONS, generator=chance), dim=0)))
    patches = _patches(pictures, [mine for mine, _, _ in drawn]), _patches(goal, [theirs for _, theirs, _ in drawn])
    for mine, theirs, ((whose, _, _), (others, _, _), directions) in zip(*patches, drawn, strict=True):
        mean, deviation = theirs.mean(dim=(0, 2), keepdim=True), theirs.std(dim=(0, 2), keepdim=True).clamp_min(1e-6)
        first, second = (directions.T @ ((each - mean) / deviation).flatten(1).T for each in (mine, theirs))
        yield _Shadows(first.numpy(), whose.numpy()), _Shadows(second.numpy(), others.numpy())


def distance_among(pictures: Tensor, distance: Callable[[Tensor, Tensor], float]) -> tuple[float, float]:
    """How far one half of pictures is from the other: what can be hoped for of others of their kind.

    It depends much on how they are parted: of 300 Monets one parting said 27, another 80.

    Args:
        pictures: b 3 h w.
        distance: Such as `sliced_wasserstein` or `palette_distance`.

    Returns:
        The mean and the deviation over four ways to part them, drawn by chance that is always the same.
    """
    chance = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(pictures), generator=chance) for _ in range(_PARTINGS)]
    middle = len(pictures) // 2
    found = torch.tensor([distance(pictures[order[:middle]], pictures[order[middle:]]) for order in orders])
    return float(found.mean()), float(found.std())


def _level_shapes(shape: torch.Size) -> list[tuple[int, int, int]]:
    """How many pictures, how high and how wide, each level of their pyramids has."""
    b, _, h, w = shape
    shapes = [(b, h, w)]
    while min(h, w) >= 2 * _SMALLEST:
        h, w = (h + 1) // 2, (w + 1) // 2
        shapes.append((b, h, w))
    return shapes


def _pyramid(x: Tensor) -> list[Tensor]:
    """What each halving of pictures loses, and at last what is left."""
    levels = []
    while min(x.shape[-2:]) >= 2 * _SMALLEST:
        line = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
        kernel = (line[:, None] * line).expand(3, 1, 5, 5)
        smaller = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=3)
        levels.append(x - F.interpolate(smaller, size=x.shape[-2:], mode="bilinear"))
        x = smaller
    return [*levels, x]


def _some_places(shape: tuple[int, int, int], chance: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Where patches are to be taken: of which picture, and from which row and column on."""
    b, h, w = shape
    which, top, left = (torch.randint(n, (_PATCHES,), generator=chance) for n in (b, h - _PATCH + 1, w - _PATCH + 1))
    return which, top, left


def _patches(pictures: Tensor, places: Sequence[tuple[Tensor, Tensor, Tensor]]) -> list[Tensor]:
    """The patches at those places of each level, n 3 49; a few pictures are in floats at a time."""
    found = [torch.empty(_PATCHES, 3, _PATCH**2) for _ in places]
    reach = torch.arange(_PATCH)
    for start in range(0, len(pictures), _AT_ONCE):
        some = as_floats(pictures[start : start + _AT_ONCE].cpu())
        for level, (which, top, left), patches in zip(_pyramid(some), places, found, strict=True):
            mine = (which >= start) & (which < start + _AT_ONCE)
            rows, columns = (top[mine, None] + reach)[:, :, None], (left[mine, None] + reach)[:, None, :]
            cut = level[(which[mine] - start)[:, None, None], :, rows, columns]  # n 7 7 3
            patches[mine] = cut.flatten(1, 2).transpose(1, 2)
    return found


def as_floats(pictures: Tensor) -> Tensor:
    """Pictures in [-1, 1], be they that already, or uint8."""
    return pictures.float() / 127.5 - 1 if pictures.dtype == torch.uint8 else pictures.float()


def palette_distance(pictures: Tensor, goal: Tensor, *, seed: int = 0) -> float:
    """How far the colours of pictures are from those of others, wherever in the pictures they are: 0 for the same.

    The sliced Wasserstein distance (Rabin et al. 2011) between pixels in CIELAB, where 2.3 is a difference that
    is just seen: how far, on the mean over directions, a colour has to be moved.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; sRGB.
        goal: Those to come near to; of any size.
        seed: Sets which pixels and directions are drawn.
    """
    return _mean_apart(_color_shadows(pictures, goal, seed))


def _color_shadows(pictures: Tensor, goal: Tensor, seed: int) -> Iterator[tuple[_Shadows, _Shadows]]:
    """Pixels of both, all at once."""
    chance = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(3, _COLOR_DIRECTIONS, generator=chance), dim=0)
    shadows = []
    for each in (pictures, goal):
        pixels = each.movedim(1, -1).reshape(-1, 3)
        places = torch.randint(len(pixels), (_PIXELS,), generator=chance)
        values = (to_lab(as_floats(pixels[places])) @ directions).T.numpy()
        shadows.append(_Shadows(values, (places // each[0, 0].numel()).numpy()))
    yield shadows[0], shadows[1]


_SHADOWS = {sliced_wasserstein: (_texture_shadows, 1000.0), palette_distance: (_color_shadows, 1.0)}


def to_lab(colors: Tensor) -> Tensor:
    """Colours in CIELAB (D65), of sRGB in [-1, 1]: n 3."""
    srgb = ((colors + 1) / 2).clamp(0, 1)
    linear = torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = torch.tensor(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    white = torch.tensor([0.95047, 1.0, 1.08883])
    t = linear @ to_xyz.T / white
    f = torch.where(t > (6 / 29) ** 3, t.clamp_min(1e-9) ** (1 / 3), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-1)


def structure_kept(pictures: Tensor, paintings: Tensor) -> Tensor:
    """The SSIM of the luminance of pictures and their paintings (Wang et al. 2004): 1 for the same.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 11.
        paintings: What became of each, of the same shape.

    Returns:
        Of each pair, b.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    found = []
    for start in range(0, len(pictures), _AT_ONCE):
        pair = (each[start : start + _AT_ONCE] for each in (pictures, paintings))
        light = [torch.einsum("bchw,c->bhw", (as_floats(each) + 1) / 2, torch.tensor(_LUMINANCE)) for each in pair]
        similarity = ssim(light[0][:, None], light[1][:, None], data_range=1.0, reduction="none")
        found.append(cast(Tensor, similarity).reshape(-1))
    return torch.cat(found)


def weave(pictures: Tensor) -> float:
    """How strongly a grid of two or four pixels shows, in decibels over the frequencies beside it.

    Strided convolutions leave such grids (Odena et al. 2016); photographs of 256 pixels have next to none (0 to 2 dB).
    The spectrum is the mean over all rows and columns of the light; a grid's power is that at periods of
    exactly two and four pixels, what is beside it the median of its neighbourhood.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 32.
    """
    light = torch.cat([as_floats(some).mean(dim=1) for some in torch.split(pictures, _AT_ONCE)])
    worst = -torch.inf
    for lines in (light, light.transpose(1, 2)):
        size = lines.shape[-1] // 8 * 8
        lines = lines[..., :size] - lines[..., :size].mean(dim=-1, keepdim=True)
        power = torch.fft.rfft(lines * torch.hann_window(size, device=lines.device)).abs().square().mean(dim=(0, 1))
        reach = max(4, size // 16)
        for peak in (size // 4, size // 2):
            beside = power[[i for i in range(peak - reach, min(peak + reach + 1, len(power))) if abs(i - peak) > 2]]
            ratio = 10 * torch.log10(power[peak].clamp_min(1e-12) / beside.median().clamp_min(1e-12))
            worst = max(worst, float(ratio))
    return worst
