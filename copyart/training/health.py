"""The watch that a run keeps on its own losses and samples, to tell where it no longer learns."""

import math
from collections.abc import Mapping
from typing import Any

from copyart.config import RunConfig
from copyart.training.names import renamed

_SLOW = 0.998  # what each step leaves of the weight of those before
_LOST = 0.01  # a discriminator whose loss stays below tells real from painted without fail
_PATIENCE = 50  # lines of metrics
_COLLAPSED = 0.1  # of the most that samples were apart


class Health:
    """Smooths the losses, and notices discriminators that have won for good, and samples that have become one.

    Attributes:
        smoothed: The moving average of each term over some 500 steps. It is corrected for its beginning
            (Kingma and Ba 2015): until there are so many it is the mean of those that there are.
    """

    def __init__(self) -> None:
        self.smoothed: dict[str, float] = {}
        self._weights: dict[str, float] = {}  # of all steps so far, towards 1
        self._won: dict[str, int] = {}
        self._apart: dict[str, float] = {}  # the most that samples were, by what measures it
        self._collapsed: dict[str, bool] = {}

    def watch(self, losses: Mapping[str, float], steps: int = RunConfig.log_every) -> list[str]:
        """Takes in a line of losses, the mean of so many steps; gives what there is to tell, each thing once."""
        told = []
        for name, loss in losses.items():
            if not math.isfinite(loss):  # of a step that fp16's scaler left out
                continue
            self._smooth(name, loss, steps)
            if not name.startswith("discriminator"):
                continue
            self._won[name] = self._won.get(name, 0) + 1 if self.smoothed[name] < _LOST else 0
            if self._won[name] == _PATIENCE:
                told.append(
                    f"{name} tells what is painted without fail (its loss is {self.smoothed[name]:.4f}), and the "
                    "generators learn little from it; set augment, a lower learning_rate, or stop here"
                )
        return told

    def look(self, measured: Mapping[str, float]) -> list[str]:
        """Takes in what was measured of samples; tells, once, where their `spread` is a tenth of what it was."""
        told = []
        for name, value in measured.items():
            if not name.startswith("spread"):
                continue
            most = self._apart[name] = max(value, self._apart.get(name, value))
            collapsed = value <= _COLLAPSED * most
            if collapsed and not self._collapsed.get(name):
                told.append(
                    f"the samples are nearly all the same: their {name} is {value:.4f}, and was {most:.4f}; go back to "
                    "a snapshot, and set augment, a higher r1, a lower learning_rate or another discriminator"
                )
            self._collapsed[name] = collapsed
        return told

    def _smooth(self, name: str, loss: float, steps: int) -> None:
        kept = _SLOW**steps
        weight = self._weights[name] = kept * self._weights.get(name, 0.0) + 1 - kept
        before = self.smoothed.get(name, loss)
        self.smoothed[name] = before + (1 - kept) / weight * (loss - before)

    def state(self) -> dict[str, Any]:
        """All that it has taken in, for `load_state`."""
        return {
            **{"smoothed": dict(self.smoothed), "weights": dict(self._weights), "won": dict(self._won)},
            **{"apart": dict(self._apart), "collapsed": dict(self._collapsed)},
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes back to what `state` gave; of a run from before there were weights, to the averages as they were."""
        self.smoothed = renamed(state["smoothed"])
        self._weights = renamed(state.get("weights", dict.fromkeys(self.smoothed, 1.0)))
        self._won = renamed(state.get("won", {}))
        self._apart, self._collapsed = dict(state.get("apart", {})), dict(state.get("collapsed", {}))


def is_sound(losses: Mapping[str, float]) -> bool:
    """True where every loss is a finite number."""
    return all(math.isfinite(loss) for loss in losses.values())
