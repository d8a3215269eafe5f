"""The plan of a run, which begins nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copyart.config import RunConfig
from copyart.domains import is_here, places_of
from copyart.training.accelerator import make_accelerator
from copyart.training.learner import find_learner
from copyart.training.pictures import find_pictures
from copyart.training.schedule import steps_of


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes:
        learned: How many pictures of each domain would be learned from; none if one of them is not fetched yet.
        held_out: How many of each would be held out.
        networks: What would learn and how large it is, in words.
        device: Where it would compute.
        precision: In which numbers.
        epoch: Steps of an epoch; None if it is not known.
        steps: Steps in all; None if it is not known.
    """

    learned: list[int]
    held_out: list[int]
    networks: Mapping[str, str]
    device: str
    precision: str
    epoch: int | None
    steps: int | None


def plan(config: RunConfig, *, kept: Path | None = None) -> Plan:
    """Finds out what a run would be, without fetching anything.

    Args:
        config: Of the run.
        kept: The folder of a run that would be gone on with.

    Raises:
        OptionError: If values do not fit each other.
        DomainError: If a domain is unknown, damaged, or holds no pictures, or too few to judge by.
        DeviceError: If the device is not there.
    """
    learner = find_learner(config.task)
    learned: list[int] = []
    held_out: list[int] = []
    if all(any(map(is_here, places_of(domain))) for domain in config.domains.values()):
        found = find_pictures(config, kept=kept)
        learner.check_pictures(found, config)
        learned, held_out = [len(one.learned) for one in found], [len(one.held_out) for one in found]
    accelerator, precision = make_accelerator(config)
    networks = learner(config, accelerator).networks()
    epoch = -(-max(learned) // (config.batch_size * accelerator.num_processes)) if learned else None
    return Plan(
        learned=learned,
        held_out=held_out,
        networks=networks,
        device=str(accelerator.device),
        precision=precision,
        epoch=epoch,
        steps=steps_of(config, epoch) if epoch else config.steps,
    )
