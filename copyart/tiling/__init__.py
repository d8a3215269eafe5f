"""One network over a picture of any size, in tiles that show no seam and within a limit of memory."""

from copyart.tiling.network import Step, TiledNetwork, no_step
from copyart.tiling.spans import Span, cut, spread
from copyart.tiling.strips import restripped, windows

__all__ = ["Span", "Step", "TiledNetwork", "cut", "no_step", "restripped", "spread", "windows"]
