"""Colour curves: a picture's own colours, moved to others."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from copyart.networks.layers import Measuring

_KNOTS = 6  # brightnesses that have a transform of their own; what lies between is between these
_CHANNELS = 64
_STRIDE = 8  # of what the choice of colours looks through
_LUMA = (0.299, 0.587, 0.114)


def luma(x: Tensor) -> Tensor:
    """The brightness of pictures, b 3 h w: b 1 h w, in their range (ITU-R BT.601)."""
    return (x * x.new_tensor(_LUMA).view(3, 1, 1)).sum(dim=1, keepdim=True)


class ColorCurves(Measuring):
    """Moves a picture's colours by an affine transform for each brightness, chosen by the picture as a whole.

    It begins by changing nothing. This is the bilateral grid of Gharbi et al. (2017) without its places, so that a
    tile needs not know where it lies. Frozen is what the choice goes by.
    """

    def __init__(self) -> None:
        super().__init__()
        sides = [(3, _CHANNELS // 4), (_CHANNELS // 4, _CHANNELS // 2), (_CHANNELS // 2, _CHANNELS)]
        self.look = nn.Sequential(
            *(part for i, o in sides for part in (nn.Conv2d(i, o, 3, stride=2, padding=1), nn.ReLU()))
        )
        self.before = nn.Sequential(nn.Linear(_CHANNELS, _CHANNELS), nn.ReLU())
        self.choose = nn.Linear(_CHANNELS, _KNOTS * 3 * 4)
        self.draw_weights()

    def forward(self, x: Tensor) -> Tensor:
        """Gives `x`, b 3 h w in about [-1, 1], other colours."""
        b, _, h, w = x.shape
        if self.frozen is None or self.measuring:
            parts = self.measuring and b > 1
            seen = (self._look_within(x) if parts else self.look(x)).mean(dim=(2, 3))
            if self.measuring:
                seen = seen.mean(dim=0, keepdim=True)
                self.frozen = (seen,)
        else:
            (seen,) = self.frozen
        transforms = self.choose(self.before(seen)).view(-1, 3, _KNOTS * 4).expand(b, -1, -1)
        brightness = ((luma(x) + 1) / 2).clamp(0, 1) * (_KNOTS - 1)
        knots = torch.arange(_KNOTS, device=x.device, dtype=x.dtype).view(1, -1, 1, 1)
        near = F.relu(1 - (brightness - knots).abs())
        terms = near[:, :, None] * torch.cat([x, torch.ones_like(x[:, :1])], dim=1)[:, None]
        moved = torch.bmm(transforms.to(x.dtype), terms.reshape(b, _KNOTS * 4, h * w)).view(b, 3, h, w)
        return x + moved

    def _look_within(self, x: Tensor) -> Tensor:
        """Looks at small parts of a picture, and nowhere at the zeros around them.

        They would be a third of all it sees there, and the painting darker or lighter for it.
        """
        looked: Tensor = self.look(F.pad(x, (_STRIDE,) * 4, mode="replicate"))
        return looked[:, :, 1:-1, 1:-1]

    def draw_weights(self) -> None:
        """Draws new weights, which change nothing."""
        for part in self.modules():
            if isinstance(part, nn.Conv2d | nn.Linear):
                part.reset_parameters()
        nn.init.zeros_(self.choose.weight)
        nn.init.zeros_(self.choose.bias)
