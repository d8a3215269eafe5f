"""Two domains of pictures in, a style out: CycleGAN (Zhu et al. 2017) on accelerate."""

from copyart.training.loop import train
from copyart.training.progress import Progress
from copyart.training.run import Run, last_run

__all__ = ["Progress", "Run", "last_run", "train"]
