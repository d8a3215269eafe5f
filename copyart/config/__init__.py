"""All that can be set: its default, and what it may be. No default is anywhere else."""

from copyart.config.inspection import InspectConfig
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
from copyart.config.tasks import TASKS, Task
from copyart.config.training import DEFAULT_RECIPE, DOMAIN_FORMS, TrainConfig

__all__ = [
    "BRUSHES",
    "DEFAULT_RECIPE",
    "DOMAIN_FORMS",
    "TASKS",
    "BatchConfig",
    "InspectConfig",
    "PaintConfig",
    "PaintOptions",
    "SaveConfig",
    "ServeConfig",
    "Task",
    "TilingConfig",
    "TrainConfig",
    "TranslatorConfig",
]
