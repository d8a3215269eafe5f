"""SSIM of every picture with every other, as products of matrices."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW = 7  # pixels; with the numbers below as in scikit-image
_AREA = _WINDOW**2
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

_TILE = 512  # pictures of either kind: what is computed of them stays in the processor's cache


def luminance(pixels: Tensor) -> Tensor:
    """The luminance of pictures, b h w in uint8, exactly as Pillow's mode L; of b 3 h w, uint8."""
    red, green, blue = pixels.int().unbind(1)
    return ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).to(torch.uint8)


@torch.inference_mode()
def similarity(ours: Tensor, theirs: Tensor) -> Tensor:
    """The SSIM of each picture with each of others (Wang et al. 2004): m n, 1 for the same.

    It is what `skimage.metrics.structural_similarity(x, y, data_range=255)` gives for luminances: the mean over
    all windows of 7 x 7 pixels that lie inside, all pixels of a window weighing the same, covariances of a sample.
    It differs from that by less than 0.0001.

    Window by window, for all pairs at once::

        SSIM = (2 ux uy + C1) (2 vxy + C2) / ((ux² + uy² + C1) (vx + vy + C2))

    with the means u, variances v and covariance vxy. Only vxy takes work for each pair and pixel. Moved down by a
    row, a window gains seven products x y and loses seven, and its means change: that is a product of matrices
    m 16 and 16 n, which is added to what the window above had.

    Args:
        ours: m s s, uint8; s is at least 7.
        theirs: n s s, uint8.
    """
    sums = torch.zeros(len(ours), len(theirs))
    left, right = _Light.of(ours), _Light.of(theirs)
    for column in range(left.sums.shape[1]):
        rows, columns = left.left(column), right.right(column)
        for i in range(0, len(ours), _TILE):
            for j in range(0, len(theirs), _TILE):
                place = slice(i, i + _TILE), slice(j, j + _TILE)
                _add_windows(rows.some(place[0]), columns.some(place[1]), sums[place])
    return (sums / left.sums.shape[1] ** 2).clamp_max(1)


class _Factors(NamedTuple):
    """The factors that pictures bring to the windows that end in each row, in one column of windows.

    Attributes:
        change: Of 48 times the covariance, from the row above: rows 16 n.
        means: rows n.
        divisor: Of what the SSIM is divided by: rows 4 n.
    """

    change: Tensor
    means: Tensor
    divisor: Tensor

    def some(self, which: slice) -> "_Factors":
        return _Factors(*(each[..., which] for each in self))


def _add_windows(ours: _Factors, theirs: _Factors, sums: Tensor) -> None:
    """Adds the SSIM of all windows of a column to `sums`, m n."""
    covariance = torch.full(sums.shape, 24 * _C2)  # 48 times it, halved as 2 vxy + C2 is by 24
    constant = torch.full_like(covariance, _C1 / 24)
    product, divisor = torch.empty_like(covariance), torch.empty_like(covariance)
    for row in range(len(ours.means)):
        covariance.addmm_(ours.change[row].T, theirs.change[row])
        if row >= _WINDOW - 1:  # those above reach out of the picture
            torch.addcmul(constant, ours.means[row, :, None], theirs.means[row], value=1 / 12, out=product)
            torch.mm(ours.divisor[row].T, theirs.divisor[row], out=divisor)
            sums.addcdiv_(product.mul_(covariance), divisor)


class _Light(NamedTuple):
    """The luminance of pictures, with what is known of each window: of that which ends in a row, rows columns n.

    Attributes:
        pixels: s s n, less the mean of each picture, in whole numbers, so that sums of them are exact.
        mean: What was taken off, n.
        sums: s s-6 n, with nothing above the pictures.
        variances: s s-6 n, likewise.
    """

    pixels: Tensor
    mean: Tensor
    sums: Tensor
    variances: Tensor

    @classmethod
    def of(cls, pictures: Tensor) -> "_Light":
        pixels = pictures.permute(1, 2, 0).float().contiguous()
        mean = pixels.mean(dim=(0, 1)).round()
        pixels -= mean
        sums = _in_windows(pixels)
        return cls(pixels, mean, sums, (_in_windows(pixels.square()) - sums.square() / _AREA) / (_AREA - 1))

    def left(self, column: int) -> _Factors:
        """The factors on the left of the products."""
        change = self._change(column)
        change[:, _WINDOW : 2 * _WINDOW] *= -1
        change[:, -2] *= -1 / _AREA
        change[:, -1] *= 1 / _AREA
        means, variances = self._moments(column)
        light, contrast = means.square() + _C1, variances + _C2
        return _Factors(change, means, torch.stack([light * contrast, light, contrast, torch.ones_like(light)], dim=1))

    def right(self, column: int) -> _Factors:
        """The factors on the right."""
        means, variances = self._moments(column)
        light = means.square()
        divisor = torch.stack([torch.ones_like(light), variances, light, light * variances], dim=1)
        return _Factors(self._change(column), means, divisor)

    def _change(self, column: int) -> Tensor:
        """Pixels that windows gain and lose, their sums and those of the windows above: rows 16 n."""
        change = self.pixels.new_zeros(len(self.pixels), 2 * _WINDOW + 2, self.pixels.shape[-1])
        row = self.pixels[:, column : column + _WINDOW]
        change[:, :_WINDOW] = row
        change[_WINDOW:, _WINDOW : 2 * _WINDOW] = row[:-_WINDOW]
        change[:, -2] = self.sums[:, column]
        change[1:, -1] = self.sums[:-1, column]
        return change

    def _moments(self, column: int) -> tuple[Tensor, Tensor]:
        return self.sums[:, column] / _AREA + self.mean, self.variances[:, column]


def _in_windows(x: Tensor) -> Tensor:
    """Sums of x over windows, by the row they end and the column they begin in: s s n to s s-6 n."""
    down = F.pad(x, (0, 0, 0, 0, _WINDOW, 0)).cumsum(0)
    across = F.pad(down[_WINDOW:] - down[:-_WINDOW], (0, 0, 1, 0)).cumsum(1)
    return across[:, _WINDOW:] - across[:, :-_WINDOW]
