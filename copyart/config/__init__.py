"""All that can be set: its default, and what it may be. No default is anywhere else."""

from copyart.config.cyclegan import TrainConfig
from copyart.config.enlarging import SCALES, EnlargeConfig
from copyart.config.generating import GenerateConfig
from copyart.config.inspection import InspectConfig
from copyart.config.noise import NoiseConfig
from copyart.config.painting import (
    BRUSHES,
    BatchConfig,
    PaintConfig,
    PaintOptions,
    SaveConfig,
    TilingConfig,
    TranslatorConfig,
)
from copyart.config.serving import ServeConfig
from copyart.config.tasks import TASKS, Task, task_named
from copyart.config.training import DEFAULT_RECIPE, DOMAIN_FORMS, RunConfig
from copyart.config.upscaling import UpscaleConfig

__all__ = [
    "BRUSHES",
    "DEFAULT_RECIPE",
    "DOMAIN_FORMS",
    "SCALES",
    "TASKS",
    "BatchConfig",
    "EnlargeConfig",
    "GenerateConfig",
    "InspectConfig",
    "NoiseConfig",
    "PaintConfig",
    "PaintOptions",
    "RunConfig",
    "SaveConfig",
    "ServeConfig",
    "Task",
    "TilingConfig",
    "TrainConfig",
    "TranslatorConfig",
    "UpscaleConfig",
    "task_named",
]
