"""Training: pictures in, what was learned of them out, on any device by accelerate.

The names are imported on first use, so that a run's folder can be looked into without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copyart.training.loop import train as train
    from copyart.training.progress import Progress as Progress
    from copyart.training.run import Run as Run
    from copyart.training.run import last_run as last_run

_HOMES = {
    "Progress": "copyart.training.progress",
    "Run": "copyart.training.run",
    "last_run": "copyart.training.run",
    "train": "copyart.training.loop",
}

__all__ = ["Progress", "Run", "last_run", "train"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'copyart.training' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
