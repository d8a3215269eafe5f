"""Does a batch fit the memory? Asked before the first step, since a processor's memory ends without an error."""

import psutil
import torch
from torch import Tensor

from copyart.errors import OptionError
from copyart.training.objective import generators_turn, split_draws
from copyart.training.trainer import Trainer, at_rest

_MORE = 1.3  # gradients and what is computed on the way, beside what is kept for the way back


def check_memory(trainer: Trainer) -> None:
    """Makes sure that a step with the whole batch fits what is free.

    Raises:
        OptionError: If it does not; the message says which batch size would.
    """
    config, device = trainer.config, trainer.device
    if device.type not in ("cpu", "cuda"):
        return
    free = free_memory(device)
    each = _kept_for(trainer) * _MORE
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


def _kept_for(trainer: Trainer) -> int:
    """Bytes that the generators' turn keeps for its way back, for one pair of pictures."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    size = trainer.config.image_size
    picture = torch.zeros(1, 3, size, size, dtype=torch.uint8)
    draws = split_draws(trainer.draw(0)[:1])
    with (
        at_rest(*trainer.plain_to, *trainer.seen_critics),  # a batch norm is not to learn from this picture
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        trainer.accelerator.autocast(),
    ):
        a, b = trainer.to_device(picture), trainer.to_device(picture)
        generators_turn(trainer.plain_to, trainer.seen_critics, a, b, trainer.objective, draws)
    weights = {parameter.untyped_storage().data_ptr() for parameter in trainer.parameters()}
    return sum(size for pointer, size in kept.items() if pointer not in weights)
