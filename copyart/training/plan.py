"""What a run would be, without beginning it."""

from dataclasses import dataclass
from pathlib import Path

from copyart.config import TrainConfig
from copyart.domains import is_here, places_of
from copyart.training.evaluation import check_enough
from copyart.training.pictures import find_pictures
from copyart.training.schedule import steps_of
from copyart.training.trainer import build_networks, make_accelerator


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    Attributes:
        pictures_a: How many of domain a would be learned from; None if one of the domains is not fetched yet.
        pictures_b: As many of domain b.
        held_out_a: How many of domain a would be held out.
        held_out_b: As many of domain b.
        generator_parameters: Numbers that each generator learns.
        critic_parameters: Numbers that each critic learns.
        device: Where it would compute.
        precision: In which numbers.
        epoch: Steps of an epoch; None if it is not known.
        steps: Steps in all; None if it is not known.
    """

    pictures_a: int | None
    pictures_b: int | None
    held_out_a: int | None
    held_out_b: int | None
    generator_parameters: int
    critic_parameters: int
    device: str
    precision: str
    epoch: int | None
    steps: int | None


def plan(config: TrainConfig, *, kept: Path | None = None) -> Plan:
    """Finds out what a run would be, without fetching anything.

    Args:
        config: Of the run.
        kept: The folder of a run that would be gone on with.

    Raises:
        OptionError: If values do not fit each other.
        DomainError: If a domain is unknown, damaged, or holds no pictures, or too few to judge by.
        DeviceError: If the device is not there.
    """
    a = b = held_out_a = held_out_b = epoch = None
    if all(any(map(is_here, places_of(domain))) for domain in (config.domain_a, config.domain_b)):
        found = find_pictures(config, kept=kept)
        if config.evaluate_every:
            check_enough(*found)
        a, b = (len(domain.learned) for domain in found)
        held_out_a, held_out_b = (len(domain.held_out) for domain in found)
    accelerator, precision = make_accelerator(config)
    to, critics = build_networks(config)
    if a and b:
        epoch = -(-max(a, b) // (config.batch_size * accelerator.num_processes))
    return Plan(
        pictures_a=a,
        pictures_b=b,
        held_out_a=held_out_a,
        held_out_b=held_out_b,
        generator_parameters=sum(parameter.numel() for parameter in to.a.parameters()),
        critic_parameters=sum(parameter.numel() for parameter in critics.a.parameters()),
        device=str(accelerator.device),
        precision=precision,
        epoch=epoch,
        steps=steps_of(config, epoch) if epoch else config.steps,
    )
