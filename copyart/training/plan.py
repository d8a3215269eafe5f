"""What a run would be, without beginning it."""

from dataclasses import dataclass
from pathlib import Path

from copyart.config import TrainConfig
from copyart.data import list_domain
from copyart.training.schedule import steps_of
from copyart.training.trainer import build_networks, make_accelerator


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    Attributes:
        pictures_a: Files of domain a.
        pictures_b: Files of domain b.
        generator_parameters: Numbers that each generator learns.
        critic_parameters: Numbers that each critic learns.
        device: Where it would compute.
        precision: In which numbers.
        epoch: Steps of an epoch.
        steps: Steps in all.
    """

    pictures_a: int
    pictures_b: int
    generator_parameters: int
    critic_parameters: int
    device: str
    precision: str
    epoch: int
    steps: int


def plan(config: TrainConfig) -> Plan:
    """Finds out what a run would be.

    Raises:
        OptionError: If values do not fit each other.
        DomainError: If a domain has too little to learn from.
        DeviceError: If the device is not there.
    """
    a, b = (list_domain(Path(domain).expanduser()) for domain in (config.domain_a, config.domain_b))
    accelerator, precision = make_accelerator(config)
    to, critics = build_networks(config)
    epoch = -(-max(len(a), len(b)) // (config.batch_size * accelerator.num_processes))
    return Plan(
        pictures_a=len(a),
        pictures_b=len(b),
        generator_parameters=sum(parameter.numel() for parameter in to.a.parameters()),
        critic_parameters=sum(parameter.numel() for parameter in critics.a.parameters()),
        device=str(accelerator.device),
        precision=precision,
        epoch=epoch,
        steps=steps_of(config, epoch),
    )
