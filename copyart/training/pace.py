"""The time that the rest of a run takes, by the time of its last steps."""

from collections import deque
from statistics import median

from copyart.config import RunConfig

EVALUATE, SAMPLE, SAVE = "evaluate", "sample", "save"  # what a run pauses its steps for, again and again
ONCE = "once"  # what it does not pause for again

_STRETCH = 10  # steps that are timed together: where pictures are waited for, one takes long and the next none
_RECENT = 20  # stretches


class Pace:
    """Tells the time left from the seconds that steps, and the pauses between them, have taken.

    Steps are taken to last as long as the median of the last 20 stretches of ten or more, so that a machine that
    slept once does not count; the next pause of a kind, as long as the last. The first step, which compiles and warms
    up, counts until there is a second.

    Args:
        config: Of the run: how often it pauses.
        epoch: Steps of an epoch.
    """

    def __init__(self, config: RunConfig, epoch: int) -> None:
        self._every = {
            EVALUATE: config.evaluate_every,
            SAMPLE: config.sample_every or epoch,
            SAVE: config.save_every,
            ONCE: 0,
        }
        self._first: float | None = None
        self._stretches: deque[float] = deque(maxlen=_RECENT)  # seconds a step
        self._steps, self._seconds = 0, 0.0  # of the stretch that is not long enough yet
        self._pauses: dict[str, float] = {}

    def add_steps(self, steps: int, seconds: float) -> None:
        """Takes in so many steps, one at least, and the seconds that they took together."""
        if self._first is None:
            self._first = seconds / steps
            return
        self._steps, self._seconds = self._steps + steps, self._seconds + seconds
        if self._steps >= _STRETCH:
            self._stretches.append(self._seconds / self._steps)
            self._steps, self._seconds = 0, 0.0

    def add_pause(self, kind: str, seconds: float) -> None:
        """Takes in a pause between steps."""
        self._pauses[kind] = seconds

    def seconds_left(self, step: int, steps: int) -> float:
        """The seconds from a step to the end of a run of so many; at least one step was taken in before."""
        if self._stretches:
            each = median(self._stretches)
        elif self._steps:
            each = self._seconds / self._steps
        else:
            each = self._first or 0.0
        return (steps - step) * each + sum(
            seconds * times_left(self._every[kind], step, steps) for kind, seconds in self._pauses.items()
        )


def times_left(every: int, step: int, steps: int) -> int:
    """The times that what is done every so many steps (0: never), and at the end, is to come after a step of a run."""
    return -(-steps // every) - step // every if every and step < steps else 0
