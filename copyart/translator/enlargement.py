"""Brings a painting to the size of its photo through a network that enlarges, so that its strokes stay crisp."""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np
from PIL import Image

from copyart.tensors import Pixels
from copyart.tiling import Step, TiledNetwork, no_step

# Up to so many times its size, interpolation alone leaves a painting as crisp.
_CLOSE = 1.15

# The long edge of the largest painting that is made larger than need be, only to be reduced again, in pixels: of
# larger ones that takes long, and more memory than the photo.
_MOST = 1024


class Enlargement:
    """The way of a painting to a larger size, in as many enlargements as fit into it, each by the network's scale.

    What they leave over is bridged first, where the painting is small: there it is enlarged once more than need be,
    and reduced. The last enlargement then gives the photo's own pixels, and no interpolation blurs them.

    Args:
        network: What enlarges.
        painted: Width and height of the painting in pixels.
        size: Width and height of the photo.

    Attributes:
        is_exact: Whether it ends at the photo's size; else between the two sizes or beyond, for an interpolation.
        tiles: In how many pieces the network runs over it.
    """

    def __init__(self, network: TiledNetwork, painted: tuple[int, int], size: tuple[int, int]) -> None:
        self._network = network
        left, steps = max(size) / max(painted), 0
        while left >= network.scale:
            left, steps = left / network.scale, steps + 1
        divisors = [network.scale**step for step in range(steps, -1, -1)]
        self._sizes = [(math.ceil(size[0] / divisor), math.ceil(size[1] / divisor)) for divisor in divisors]
        self._goes_beyond = left > _CLOSE and max(painted) <= _MOST
        self.is_exact = steps > 0
        given = [painted] * self._goes_beyond + self._sizes[:-1]
        self.tiles = sum(map(network.tiles, given))

    def run(self, painting: Pixels, step: Step = no_step) -> Pixels:
        """Enlarges a painting, h w 3, to H W 3: of the photo's size, if it `is_exact`.

        Args:
            painting: Of the size that was announced.
            step: Is called after each tile; what it raises ends the work.

        Raises:
            DeviceError: If the device has not enough memory even for the smallest tile.
        """
        if not self.is_exact:
            return self._bridged(painting, step)
        width, height = self._sizes[-1]
        whole, top = np.empty((height, width, 3), np.uint8), 0
        for strip in self.strips(painting, step):
            whole[top : top + len(strip)] = strip
            top += len(strip)
        return whole

    def strips(self, painting: Pixels, step: Step = no_step) -> Iterator[Pixels]:
        """Enlarges a painting as `run` does, to strips from top to bottom, of any number of rows each."""
        bridged = self._bridged(painting, step)

        def read() -> Iterable[Pixels]:
            return [bridged]

        for before, after in pairwise(self._sizes):
            read = partial(self._enlarged, read, before, after, step)
        yield from read()

    def _bridged(self, painting: Pixels, step: Step) -> Pixels:
        """Brings a painting, where enlargements follow, to the size that the first of them is given."""
        large = self._network.run(painting, step) if self._goes_beyond else painting
        if not self.is_exact:
            return large
        # The enlargements go beyond the photo's edges by some pixels, which are cut off; what is there continues it.
        times = self._network.scale ** (len(self._sizes) - 1)
        shares = [times * before / after for before, after in zip(self._sizes[0], self._sizes[-1], strict=True)]
        right, bottom = shares[0] * large.shape[1], shares[1] * large.shape[0]
        beyond = (0, math.ceil(bottom) - large.shape[0]), (0, math.ceil(right) - large.shape[1]), (0, 0)
        picture = Image.fromarray(np.pad(large, beyond, mode="edge"))
        return np.asarray(picture.resize(self._sizes[0], Image.Resampling.LANCZOS, box=(0, 0, right, bottom)))

    def _enlarged(
        self, read: Callable[[], Iterable[Pixels]], before: tuple[int, int], after: tuple[int, int], step: Step
    ) -> Iterator[Pixels]:
        """Enlarges strips of one size to strips of another, which is by the network's scale larger or a little less."""
        width, left = after
        for strip in self._network.run_strips(read, *before, step):
            yield strip[:left, :width]
            left -= min(left, len(strip))
