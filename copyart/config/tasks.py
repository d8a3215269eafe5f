"""The tasks that can be learned, by the name that a recipe gives as its `task`."""

from dataclasses import dataclass

from copyart.config.cyclegan import TrainConfig
from copyart.config.noise import NoiseConfig
from copyart.config.training import RunConfig
from copyart.config.upscaling import UpscaleConfig
from copyart.errors import OptionError


@dataclass(frozen=True)
class Task:
    """Something that can be learned.

    Attributes:
        learner: The class that learns it, by its dotted name; see `copyart.training.learner`.
        config: The class of its options.
        result: The kind of model that it becomes, which is also the name of its folder in that of the run.
        use: The command that uses what was learned, but for the run's folder at its end.
    """

    learner: str
    config: type[RunConfig]
    result: str = "style"
    use: str = "copyart translate photo.jpg --style"


TASKS: dict[str, Task] = {
    "cyclegan": Task("copyart.training.cyclegan.learner.CycleGAN", TrainConfig),
    "enlarge": Task(
        "copyart.training.upscaling.learner.Upscaling", UpscaleConfig, "enlarger", "copyart enlarge photo.jpg --model"
    ),
    "generate": Task("copyart.training.noise.learner.FromNoise", NoiseConfig, "generator", "copyart generate"),
}


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        OptionError: If there is none.
    """
    if name not in TASKS:
        raise OptionError(f"task is {name!r}; choose {' or '.join(TASKS)}")
    return TASKS[name]
