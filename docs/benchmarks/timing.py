"""How long several tasks take, measured in turn, so that what else runs on the machine hits all alike."""

import time
from collections.abc import Callable, Hashable, Mapping
from statistics import median
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def in_turn(tasks: Mapping[Name, Callable[[], object]], rounds: int, *, pause: float = 0.0) -> dict[Name, float]:
    """The median seconds of each task.

    Args:
        tasks: What is measured, by its name.
        rounds: How often each is; before them comes one round that does not count.
        pause: Seconds of rest before each.
    """
    seconds: dict[Name, list[float]] = {name: [] for name in tasks}
    for turn in range(rounds + 1):
        for name, task in tasks.items():
            time.sleep(pause)
            start = time.perf_counter()
            task()
            if turn > 0:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}
