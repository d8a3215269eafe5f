"""Instance norms that hold what they measured, so that all parts of a picture, or frames of a film, agree."""

import copy

import torch
from torch import Tensor

from copyart.networks.generators import Generator
from copyart.networks.layers import InstanceNorm


@torch.inference_mode()
def hold_statistics(generator: Generator, x: Tensor) -> Generator:
    """Measures what the instance norms of a generator divide by, jointly over all of `x`, and holds it.

    Instance normalisation makes tiles that are painted one by one differ in colour, because each is normalised by
    its own statistics. Held, they are the same for all, and a tile with a border of half the receptive field comes
    out as the same part of the whole picture would.

    Args:
        generator: Any; it is not changed.
        x: Parts of one picture, or frames of a film, b 3 h w in [-1, 1].

    Returns:
        A generator that shares the weights and paints by these statistics whatever it is given.
    """
    held = copy.deepcopy(generator, {id(weight): weight for weight in (*generator.parameters(), *generator.buffers())})
    norms = [part for part in held.modules() if isinstance(part, InstanceNorm)]
    for norm in norms:
        norm.measuring = True
    held(x)
    for norm in norms:
        norm.measuring = False
    return held
