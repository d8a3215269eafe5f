"""Networks in another mode for a while."""

import contextlib
from collections.abc import Iterator

from torch import nn


@contextlib.contextmanager
def at_rest(*networks: nn.Module) -> Iterator[None]:
    """Lets networks that learn paint as later, in the block: nothing is dropped at random, no statistics are taken."""
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network in networks:
            network.train()


@contextlib.contextmanager
def without_gradients(*networks: nn.Module) -> Iterator[None]:
    """Lets gradients pass through networks, in the block, and stay in none of their weights."""
    for network in networks:
        network.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        for network in networks:
            network.requires_grad_(requires_grad=True)
