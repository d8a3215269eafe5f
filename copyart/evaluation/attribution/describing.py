"""Descriptions of pictures: what a network that no style learned by finds in them, and their colours."""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from copyart.metrics import to_lab
from copyart.networks import EfficientNetLite
from copyart.tensors import to_tensor

SIDE = 224  # pixels, of the squares that are looked at

_ENDS = 0.15, 0.85  # of what a picture is longer than wide: where the two squares lie
_NEARLY_SQUARE = 1.25
_COLORS = 8  # pixels a side, whose mean is a colour
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_LAB = 50.0  # brings CIELAB to about the range of the rest


class Describer:
    """Describes pictures by the means and mean absolute deviations of features, and by their colours.

    The network is an EfficientNet-Lite2; styles learn by an EfficientNet-Lite0, so that the judge is not the teacher.

    Raises:
        MissingExtraError: If its weights are not installed.
    """

    def __init__(self) -> None:
        self._features = EfficientNetLite(2)

    @torch.inference_mode()
    def describe(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        """Describes a picture of any size, RGB, by about 900 numbers: the mean over one or two squares out of it."""
        described = [self._describe(to_tensor(square)) for square in squares(picture)]
        return torch.stack(described).mean(dim=0).numpy()

    def _describe(self, x: Tensor) -> Tensor:
        found: list[Tensor] = []
        for features in self._features(x):
            means = features.mean(dim=(2, 3))
            found += [means, (features - means[..., None, None]).abs().mean(dim=(2, 3))]
        colors = to_lab(F.avg_pool2d(x, _COLORS).flatten(2)[0].T)
        spread = torch.quantile(colors, torch.tensor(_QUANTILES), dim=0).flatten()
        chroma = colors[:, 1:].norm(dim=1)
        return torch.cat(
            [*(part[0] for part in found), spread / _LAB, torch.stack([chroma.mean(), chroma.std()]) / _LAB]
        )


def squares(picture: Image.Image) -> list[Image.Image]:
    """One square out of a picture that is nearly one, or two out of a longer one, of 224 pixels, shrunk or enlarged."""
    scale = SIDE / min(picture.size)
    width, height = (max(SIDE, round(side * scale)) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    over = max(width, height) - SIDE
    places = (0.5,) if max(width, height) < SIDE * _NEARLY_SQUARE else _ENDS
    starts = [(int(over * place), 0) if width > height else (0, int(over * place)) for place in places]
    return [small.crop((left, top, left + SIDE, top + SIDE)) for left, top in starts]
