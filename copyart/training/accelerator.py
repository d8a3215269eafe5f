"""The device and the precision that a run computes in, by accelerate: one device, several, or several machines."""

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from copyart.config import RunConfig
from copyart.devices import keep_memory, pick_device, pick_dtype
from copyart.errors import DeviceError, first_line

_PRECISIONS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}


def make_accelerator(config: RunConfig) -> tuple[Accelerator, str]:
    """Chooses where to compute and in which precision, `fp32`, `bf16` or `fp16`.

    Raises:
        DeviceError: If the device is unknown or not there, or has no such precision.
    """
    device = pick_device(config.device)
    if device.type == "cpu":
        keep_memory()
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        if config.device != "auto" and device.index is not None:
            torch.cuda.set_device(device)
    precision = _PRECISIONS[pick_dtype(device)] if config.precision == "auto" else config.precision
    AcceleratorState._reset_state(reset_partial_state=True)  # or it would refuse any other choice than its first
    try:
        accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision="no" if precision == "fp32" else precision)
    except ValueError as error:
        raise DeviceError(
            f"{device} cannot compute in {precision}: {first_line(error)}; give --precision fp32"
        ) from error
    return accelerator, precision
