"""The number of steps of a run, and the learning rate of each."""

from copyart.config import RunConfig


def steps_of(config: RunConfig, epoch: int) -> int:
    """The number of steps of a run, when an epoch takes `epoch` of them."""
    return config.steps if config.steps is not None else config.epochs * epoch


def learning_rate(config: RunConfig, step: int, steps: int) -> float:
    """The rate of one step, from 0, of a run.

    Stages share out the run as their epochs say, however long it is. `linear` is that of Zhu et al. (2017):
    the first half at the full rate, then down in a straight line, to reach 0 where the run ends.
    """
    stages = config.stages()
    if stages:
        whole = sum(epochs for _, epochs in stages)
        until = 0.0
        for rate, epochs in stages:
            until += epochs / whole * steps
            if step < until:
                return rate
        return stages[-1][0]
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * min(1.0, (steps - step) / (steps - steps // 2))
