"""Adam on any device, and the exponential moving average (EMA) of weights that follows it."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from copyart.config import RunConfig


def make_adam(networks: Iterable[nn.Module], config: RunConfig, device: torch.device) -> torch.optim.Adam:
    """Adam (Kingma and Ba 2015) for all weights of some networks, in the form that is fastest on the device."""
    on_tpu = device.type == "xla"
    return torch.optim.Adam(
        [parameter for network in networks for parameter in network.parameters()],
        # On a TPU a rate that is a number would be part of the program, and each new one a new program.
        lr=torch.tensor(config.learning_rate) if on_tpu else config.learning_rate,
        betas=(config.beta1, 0.999),
        fused=device.type in ("cpu", "cuda") or None,
        capturable=on_tpu,
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the learning rate of all weights; `optimizer` may be one that accelerate has wrapped."""
    group: dict[str, Any]
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


@torch.no_grad()
def follow(ema: nn.Module, network: nn.Module, most: float, step: int) -> None:
    """Moves an exponential moving average of a network's weights on by one step.

    Args:
        ema: The average, which is changed.
        network: What learns.
        most: The share of the average that is kept at each step, in the end; in the first steps it is less, so that
            the weights that were drawn at the start are soon forgotten.
        step: Steps that were taken before this one.
    """
    decay = min(most, (1 + step) / (10 + step))
    # A number would be part of a TPU's program, and where it equals another number there, of another program.
    share = torch.tensor([1 - decay], device=next(network.parameters()).device)
    for weight, goal in zip(ema.parameters(), network.parameters(), strict=True):
        weight.lerp_(goal, share)
    for mine, theirs in zip(ema.buffers(), network.buffers(), strict=True):
        mine.copy_(theirs)
