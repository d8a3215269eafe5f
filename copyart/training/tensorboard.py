"""The figures and grids of a run for TensorBoard, where it is installed."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from copyart.extras import install_line, is_installed


class Board:
    """Writes to `tensorboard/` in a run's folder; without TensorBoard it does nothing.

    Args:
        folder: The run's.
        step: What was noted after it is hidden.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._writer = None
        if not is_installed("tensorboard"):
            logging.getLogger(__name__).debug(
                "no figures for TensorBoard; to have them, %s", install_line("tensorboard")
            )
            return
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step or None)

    def add(self, record: Mapping[str, float]) -> None:
        """Adds the figures of a line of metrics."""
        if self._writer is None:
            return
        step = int(record["step"])
        for name, value in record.items():
            if name != "step":
                self._writer.add_scalar(name, value, step)

    def show(self, step: int, grid: Image.Image) -> None:
        """Adds a sample grid."""
        if self._writer is not None:
            self._writer.add_image("samples", np.asarray(grid), step, dataformats="HWC")

    def close(self) -> None:
        """Writes what is still to be written."""
        if self._writer is not None:
            self._writer.close()
