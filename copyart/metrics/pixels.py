"""Figures of pictures out of their pixels alone, without any pretrained network.

Pictures are tensors b 3 h w: floats in [-1, 1], or bytes (uint8).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from copyart.tensors import from_bytes

_PATCH = 7  # pixels; with the numbers below as in Karras et al. (2018)
_DIRECTIONS = 512
_SMALLEST = 16  # pixels of the pyramid's last level
_PATCHES = 16_384  # of each level
_COLOR_DIRECTIONS = 64
_PIXELS = 262_144
_AT_ONCE = 32  # pictures
_SPECK = 7  # pixels: what is as wide is none
_HOT = 40.0  # of chroma
_LUMINANCE = (0.299, 0.587, 0.114)
_SHARP, _SOFT = 1.5, 6.0  # pixels: a Gaussian that wide halves waves whose half is 4, or 16, pixels long
_GREY_STEP = 1 / 255

# From linear sRGB to XYZ, and the XYZ of white (IEC 61966-2-1).
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def sliced_wasserstein(pictures: Tensor, goal: Tensor, *, seed: int = 0) -> float:
    """The distance of pictures from others in colour and texture, times 1,000: 0 for the same (Karras et al. 2018).

    Patches of 7 x 7 are drawn from each level of the pictures' Laplacian pyramids, which part what is fine from
    what is coarse. Each patch is a point of 147 numbers. The Wasserstein distance between two sets of points is
    how far one has to be moved, on the mean, to become the other. In one dimension it takes no more than sorting:
    so all points are projected onto a random direction, and the mean is taken over 512 of those.

    This differs from Karras et al.: both sets are normalised by the mean and deviation of `goal`, not each
    by its own, so that palette and contrast count.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; of all sizes h and w are the same and at least 16.
        goal: Those to come near to.
        seed: Sets which patches and directions are drawn.
    """
    return 1000 * _mean_wasserstein(_project_textures(pictures, goal, seed))


class Projections(NamedTuple):
    """Values of pictures, such as patches or colours, projected onto random directions.

    Attributes:
        values: directions n, a number for each value and direction.
        which: The picture that each value is of, n.
    """

    values: npt.NDArray[np.float32]
    which: npt.NDArray[np.int64]

    def of(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """The values of the chosen pictures: directions n."""
        return self.values[:, chosen[self.which]]


def wasserstein(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """The mean distance that each number has to be moved for one set to become the other: the 1-Wasserstein distance.

    Args:
        ours: directions n; the distances of all directions are averaged.
        theirs: directions m; of the larger set only the first values count, as many as the smaller has.
    """
    count = min(ours.shape[1], theirs.shape[1])
    first, second = (np.sort(each[:, :count]) for each in (ours, theirs))  # eight times as fast as torch's
    return float(np.abs(first - second).mean())


def _mean_wasserstein(projections: Iterator[tuple[Projections, Projections]]) -> float:
    return float(np.mean([wasserstein(ours.values, theirs.values) for ours, theirs in projections]))


def _project_textures(pictures: Tensor, goal: Tensor, seed: int) -> Iterator[tuple[Projections, Projections]]:
    """Projects patches of both, level by level of their pyramids."""
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
        yield Projections(first.numpy(), whose.numpy()), Projections(second.numpy(), others.numpy())


def _level_shapes(shape: torch.Size) -> list[tuple[int, int, int]]:
    """The shape of each level of the pictures' pyramids, b h w."""
    b, _, h, w = shape
    shapes = [(b, h, w)]
    while min(h, w) >= 2 * _SMALLEST:
        h, w = (h + 1) // 2, (w + 1) // 2
        shapes.append((b, h, w))
    return shapes


def _pyramid(x: Tensor) -> list[Tensor]:
    """The Laplacian pyramid (Burt and Adelson 1983): the detail that each halving loses, and at last the small rest."""
    levels = []
    while min(x.shape[-2:]) >= 2 * _SMALLEST:
        line = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
        kernel = (line[:, None] * line).expand(3, 1, 5, 5)
        smaller = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=3)
        levels.append(x - F.interpolate(smaller, size=x.shape[-2:], mode="bilinear"))
        x = smaller
    return [*levels, x]


def _some_places(shape: tuple[int, int, int], chance: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draws places of patches: the picture of each, and the row and column from which on it is cut."""
    b, h, w = shape
    which, top, left = (torch.randint(n, (_PATCHES,), generator=chance) for n in (b, h - _PATCH + 1, w - _PATCH + 1))
    return which, top, left


def _patches(pictures: Tensor, places: Sequence[tuple[Tensor, Tensor, Tensor]]) -> list[Tensor]:
    """The patches at those places of each level, n 3 49; a few pictures are in floats at a time."""
    found = [torch.empty(_PATCHES, 3, _PATCH**2) for _ in places]
    reach = torch.arange(_PATCH)
    for start in range(0, len(pictures), _AT_ONCE):
        some = _to_floats(pictures[start : start + _AT_ONCE].cpu())
        for level, (which, top, left), patches in zip(_pyramid(some), places, found, strict=True):
            mine = (which >= start) & (which < start + _AT_ONCE)
            rows, columns = (top[mine, None] + reach)[:, :, None], (left[mine, None] + reach)[:, None, :]
            cut = level[(which[mine] - start)[:, None, None], :, rows, columns]  # n 7 7 3
            patches[mine] = cut.flatten(1, 2).transpose(1, 2)
    return found


def _to_floats(pictures: Tensor) -> Tensor:
    """Pictures in [-1, 1], be they that already, or bytes."""
    return from_bytes(pictures) if pictures.dtype == torch.uint8 else pictures.float()


def palette_distance(pictures: Tensor, goal: Tensor, *, seed: int = 0) -> float:
    """The distance of the colours of pictures from those of others, wherever they are: 0 for the same.

    The sliced Wasserstein distance (Rabin et al. 2011) between pixels in CIELAB, where a distance of 2.3 is one that
    is just seen (Mahy et al. 1994): how far, on the mean over directions, a colour has to be moved.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; sRGB.
        goal: Those to come near to; of any size.
        seed: Sets which pixels and directions are drawn.
    """
    return _mean_wasserstein(_project_colors(pictures, goal, seed))


def _project_colors(pictures: Tensor, goal: Tensor, seed: int) -> Iterator[tuple[Projections, Projections]]:
    """Projects the colours of both, all at once."""
    chance = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(3, _COLOR_DIRECTIONS, generator=chance), dim=0)
    projected = []
    for each in (pictures, goal):
        pixels = each.movedim(1, -1).reshape(-1, 3)
        places = torch.randint(len(pixels), (_PIXELS,), generator=chance)
        values = (to_lab(_to_floats(pixels[places])) @ directions).T.numpy()
        projected.append(Projections(values, (places // each[0, 0].numel()).numpy()))
    yield projected[0], projected[1]


# Of each distance between sets: its projections, and the factor by which it is shown.
PROJECTORS = {sliced_wasserstein: (_project_textures, 1000.0), palette_distance: (_project_colors, 1.0)}


def to_lab(colors: Tensor) -> Tensor:
    """Turns colours, sRGB in [-1, 1], n 3, into CIELAB under daylight (D65).

    CIELAB (CIE 1976) is built so that equal distances look about equally different.

    Returns:
        n 3: the light L, 0 to 100; from green to red, a; from blue to yellow, b.
    """
    srgb = ((colors + 1) / 2).clamp(0, 1)
    linear = torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    t = linear @ torch.tensor(_TO_XYZ).T / torch.tensor(_WHITE)
    f = torch.where(t > (6 / 29) ** 3, t.clamp_min(1e-9) ** (1 / 3), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-1)


def from_lab(colors: Tensor) -> Tensor:
    """Turns colours, CIELAB under daylight, n 3, into sRGB: the nearest that a screen can show, in [-1, 1]."""
    light, a, b = colors.unbind(-1)
    y = (light + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=-1)
    t = torch.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    linear = (t * torch.tensor(_WHITE)) @ torch.linalg.inv(torch.tensor(_TO_XYZ)).T
    srgb = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-9) ** (1 / 2.4) - 0.055)
    return srgb.clamp(0, 1) * 2 - 1


def structure_kept(pictures: Tensor, paintings: Tensor) -> Tensor:
    """The SSIM of the luminance of pictures and their paintings (Wang et al. 2004): 1 for the same.

    SSIM, structural similarity, compares light, contrast and pattern in a small window that is moved over both; its
    mean is about 0 for pictures that have nothing to do with each other.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 11.
        paintings: Those made of them, of the same shape and in the same order.

    Returns:
        Of each pair, b.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    found = []
    for start in range(0, len(pictures), _AT_ONCE):
        pair = (each[start : start + _AT_ONCE] for each in (pictures, paintings))
        light = [_luminance(each) for each in pair]
        similarity = ssim(light[0], light[1], data_range=1.0, reduction="none")
        found.append(cast(Tensor, similarity).reshape(-1))
    return torch.cat(found)


def _luminance(pictures: Tensor) -> Tensor:
    """The luminance of pictures, b 1 h w in [0, 1]."""
    return torch.einsum("bchw,c->bhw", (_to_floats(pictures) + 1) / 2, torch.tensor(_LUMINANCE))[:, None]


def strokes_added(pictures: Tensor, paintings: Tensor) -> float:
    """The strength of the strokes 4 to 16 pixels wide that paintings add to their pictures: 0 where they add none.

    The band is the difference of two Gaussians of 1.5 and 6 pixels on the luminance, a level of a Laplacian pyramid
    (Burt and Adelson 1983): at half strength or more it passes waves of 8 to 32 pixels, half of each of which is a
    stroke. Of a painting's band, what its picture's explains, stronger or weaker (by least squares, picture by
    picture), was there before. The rest was added, and its root mean square is given over that of the pictures' band:
    at 1, what was added is as strong as all that the pictures have of that width.

    A picture alone with more or less contrast adds nothing. Whatever else is new counts: strokes, but noise and
    shifted edges too.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 19.
        paintings: Those made of them, of the same shape and in the same order.

    Returns:
        One figure for all pairs; pictures with nothing in the band count as if they had one step of grey there.
    """
    added = before = 0.0
    for start in range(0, len(pictures), _AT_ONCE):
        ours, theirs = (_stroke_band(each[start : start + _AT_ONCE]) for each in (paintings, pictures))
        both, power = (ours * theirs).mean(dim=1), theirs.square().mean(dim=1)
        explained = both.square() / power.clamp_min(torch.finfo(power.dtype).tiny)
        added += float((ours.square().mean(dim=1) - explained).clamp_min(0).sum())
        before += float(power.sum())
    return float((added / max(before, len(pictures) * _GREY_STEP**2)) ** 0.5)


def _stroke_band(pictures: Tensor) -> Tensor:
    """The part of the luminance of pictures that is 4 to 16 pixels wide, b (h w), in double precision."""
    light = _luminance(pictures)
    return (_blur(light, _SHARP) - _blur(light, _SOFT)).flatten(1).double()


def _blur(x: Tensor, deviation: float) -> Tensor:
    """Pictures b 1 h w, each point the mean of those around it, weighted by a Gaussian."""
    reach = round(3 * deviation)
    line = torch.exp(-torch.arange(-reach, reach + 1.0).square() / (2 * deviation**2))
    line = line / line.sum()
    rows = F.conv2d(F.pad(x, (reach, reach, reach, reach), mode="reflect"), line[None, None, None])
    return F.conv2d(rows, line[None, None, :, None])


def checkerboard(pictures: Tensor) -> float:
    """The strength of a checkerboard of two or four pixels, in decibels over the frequencies beside it.

    Networks with strides, which halve or double a picture, leave such grids in what they paint (Odena et al. 2016);
    photographs of 256 pixels have next to none (0 to 2 dB). The power spectrum is the mean over all rows, or all
    columns, of the light. The grid's power is that at periods of exactly two and four pixels; beside it is the median
    of its neighbourhood.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 32.

    Returns:
        The worst of both periods, in rows and in columns; below 0 where there is less than beside it.
    """
    light = torch.cat([_to_floats(some).mean(dim=1) for some in torch.split(pictures, _AT_ONCE)])
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


def hot_spots(pictures: Tensor) -> float:
    """The share of pixels, in thousandths, whose colour is far more saturated than all that is around them.

    Networks leave such specks and streaks; painters hardly ever do. The chroma of CIELAB is opened with a square of 7
    pixels, which takes away all that is narrower; where that was more than 40, it is hot (the top-hat transform, Serra
    1982). It depends on the size at which pictures are seen: 384 pixels on the long edge is what it was made for.

    Args:
        pictures: b 3 h w in [-1, 1], or uint8; h and w at least 7.

    Returns:
        That of the median picture, since some have lamps or bright flowers.
    """
    found = []
    for some in torch.split(pictures, _AT_ONCE):
        colors = _to_floats(some).permute(0, 2, 3, 1)
        chroma = to_lab(colors.reshape(-1, 3))[:, 1:].norm(dim=1).reshape(len(some), 1, *some.shape[2:])
        without_specks = _widened(-_widened(-chroma))
        found.append((chroma - without_specks > _HOT).float().mean(dim=(1, 2, 3)))
    return float(1000 * torch.cat(found).quantile(0.5))


def _widened(x: Tensor) -> Tensor:
    """The largest value around each place."""
    return F.max_pool2d(x, _SPECK, stride=1, padding=_SPECK // 2)
