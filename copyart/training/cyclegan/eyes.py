"""Eyes: what the terms of CycleGAN look through, once one of them does."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from copyart.networks import EfficientNetLite, Generator
from copyart.training.cyclegan.matching import Bank


class Eyes:
    """A network that knows photographs, and the artist's paintings as it sees them; both are loaded when first needed.

    Args:
        painter: The generator of paintings.
        crops: Gives crops of photos and of paintings, two by two, each 1 3 h w in [-1, 1], to match.
        device: Where it computes.
    """

    def __init__(
        self, painter: Generator, crops: Callable[[], Iterable[Sequence[Tensor]]], device: torch.device
    ) -> None:
        self.painter, self._crops, self._device = painter, crops, device

    @cached_property
    def bank(self) -> Bank:
        """The artist's paintings, to match with."""
        photos, paintings = zip(*self._crops(), strict=True)
        return Bank(photos, paintings, self._features)

    def find(self, pictures: Tensor) -> list[Tensor]:
        """Finds the features of pictures, b 3 h w, in float32: in bfloat16 a CPU takes twice as long."""
        with torch.autocast(pictures.device.type, enabled=False):
            found: list[Tensor] = self._features(pictures.float())
        return found

    @cached_property
    def _features(self) -> EfficientNetLite:
        return EfficientNetLite().to(self._device)
