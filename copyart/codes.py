"""Codes: the noise out of which a generator makes a picture, by a seed that names it."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

MOST = 2**32  # that a seed may be


def codes_of(seeds: Iterable[int], length: int) -> Tensor:
    """The codes of seeds, each of its own seed alone: b `length`, from N(0, 1).

    Args:
        seeds: Whole numbers from 0 to `MOST`.
        length: Numbers of a code.
    """
    codes = [np.random.default_rng(seed).standard_normal(length) for seed in seeds]
    return torch.from_numpy(np.stack(codes).astype(np.float32))
