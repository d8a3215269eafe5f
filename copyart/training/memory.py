"""The memory of a step, asked about before the first one: a processor's ends without an error."""

from collections.abc import Callable, Iterable

import psutil
import torch
from torch import Tensor, nn

from copyart.config import RunConfig
from copyart.errors import OptionError
from copyart.training.learner import Learner

_MORE = 1.3  # gradients and what is computed on the way, beside what is kept for the way back


def check_memory(learner: Learner, config: RunConfig, device: torch.device) -> None:
    """Makes sure that a step with the whole batch fits what is free.

    Raises:
        OptionError: If it does not; the message says which batch size would.
    """
    if device.type not in ("cpu", "cuda"):
        return
    free = free_memory(device)
    each = learner.bytes_each() * _MORE
    if config.batch_size * each <= free:
        return
    fits = int(free / each)
    advice = f"give --batch-size {fits}" if fits else "give a smaller --image-size"
    raise OptionError(
        f"batch_size {config.batch_size} at {config.image_size} pixels takes about "
        f"{config.batch_size * each / 1e9:.1f} GB of memory on {device}, and {free / 1e9:.1f} GB are free; {advice}"
    )


def free_memory(device: torch.device) -> int:
    """Bytes that can still be used."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free: int = psutil.virtual_memory().available
    return free


def used_memory(device: torch.device) -> int:
    """Bytes in use: on a CUDA card the most there were, elsewhere what the process has."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    used: int = psutil.Process().memory_info().rss
    return used


def kept_for_backward(forward: Callable[[], object], weights: Iterable[nn.Parameter]) -> int:
    """Bytes that a way forward keeps for the way back, beside the weights."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        forward()
    own = {weight.untyped_storage().data_ptr() for weight in weights}
    return sum(size for pointer, size in kept.items() if pointer not in own)
