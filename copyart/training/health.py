"""Is it still learning? What a run watches in its own losses."""

import math
from collections.abc import Mapping

_SLOW = 0.98  # of the smoothed losses, a line of metrics
_LOST = 0.01  # a critic whose loss stays below tells real from painted without fail
_PATIENCE = 50  # lines of metrics


class Health:
    """Smooths the losses, and notices critics that have won for good."""

    def __init__(self) -> None:
        self.smoothed: dict[str, float] = {}
        self._won: dict[str, int] = {}

    def watch(self, losses: Mapping[str, float]) -> list[str]:
        """Takes in a line of losses, and gives what there is to tell of them, each thing once."""
        told = []
        for name, loss in losses.items():
            if not math.isfinite(loss):  # of a step that fp16's scaler left out
                continue
            self.smoothed[name] = _SLOW * self.smoothed.get(name, loss) + (1 - _SLOW) * loss
            if not name.startswith("critic"):
                continue
            self._won[name] = self._won.get(name, 0) + 1 if self.smoothed[name] < _LOST else 0
            if self._won[name] == _PATIENCE:
                told.append(
                    f"{name} tells what is painted without fail (its loss is {self.smoothed[name]:.4f}), and the "
                    "generators learn little from it; set augment, a lower learning_rate, or stop here"
                )
        return told


def is_sound(losses: Mapping[str, float]) -> bool:
    """Whether every loss is a finite number."""
    return all(math.isfinite(loss) for loss in losses.values())
