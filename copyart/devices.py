"""Devices to compute on: a word in, a torch device out.

torch is imported where it is used, so that a word is checked without it.
"""

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from copyart.errors import DeviceError
from copyart.extras import require

if TYPE_CHECKING:
    import torch

# What torch, C++ and oneDNN say.
_OUT_OF_MEMORY = re.compile("memory|bad_alloc|could not create a primitive")

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h


def check_device(name: str) -> None:
    """Refuses a word that stands for no device, before torch is loaded.

    Raises:
        DeviceError: If it does not.
        MissingExtraError: If the device takes a package that is not installed.
    """
    kind, _, index = name.partition(":")
    if name not in ("auto", "cpu", "cuda", "mps", "tpu") and not (kind == "cuda" and index.isdecimal()):
        raise DeviceError(f"device {name!r} is unknown; use auto, cpu, cuda, cuda:N, mps or tpu")
    if name == "tpu":
        require("tpu", "device tpu", otherwise="use --device cpu")


def pick_device(name: str = "auto") -> "torch.device":
    """Chooses the device to compute on.

    Args:
        name: `cpu`, `cuda`, `cuda:N`, `mps`, `tpu`, or `auto` for the fastest one there is.

    Raises:
        DeviceError: If the device is unknown or not there.
        MissingExtraError: If it takes a package that is not installed.
    """
    check_device(name)
    import torch

    if name == "auto":
        return _fastest_device()
    if name == "tpu":
        return _tpu_device()
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("device mps is not there: it takes a Mac with Apple silicon; use --device cpu")
    if name.startswith("cuda"):
        return _cuda_device(name, int(name.partition(":")[2] or 0))
    return torch.device(name)


def pick_dtype(device: "torch.device") -> "torch.dtype":
    """Chooses the number format in which a generator paints fastest on `device` without a visible loss.

    bfloat16 and float16 take two bytes a number in place of float32's four: bfloat16 keeps its range and has fewer
    digits, float16 the other way. On a processor that has no instructions for it bfloat16 is three times slower than
    float32.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu":
        # `get_capabilities` is younger than the oldest torch allowed.
        capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        has_bfloat16 = any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))
        return torch.bfloat16 if has_bfloat16 else torch.float32
    return torch.bfloat16 if device.type == "xla" else torch.float32


def is_out_of_memory(error: BaseException) -> bool:
    """Tells a device's want of memory from every other error: the one place that knows its words."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error)) is not None
    )


def keep_memory() -> None:
    """Lets this process keep blocks of memory of up to 128 MB that it has freed, for the next that are as large.

    The C library of Linux gives a block of more than 32 MB back at once and has the system clear a new one each
    time, which takes a fifth of the time of a network that paints a megapixel. It does nothing elsewhere.
    """
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        libc = ctypes.CDLL(None)
        for parameter in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            libc.mallopt(parameter, 128 << 20)


def give_back_memory() -> None:
    """Gives the system what this process has freed and kept, on Linux; what it takes next is cleared anew."""
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_cores(painters: int) -> None:
    """Gives each of several that paint at a time its part of the processor's cores; one has them all anyway."""
    import torch

    if painters > 1:
        torch.set_num_threads(max(torch.get_num_threads() // painters, 1))


def _fastest_device() -> "torch.device":
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK") or torch.cuda.current_device()))
    if os.environ.get("PJRT_DEVICE") == "TPU":
        return _tpu_device()
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _cuda_device(name: str, index: int) -> "torch.device":
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise DeviceError(f"device {name} is not there: torch finds no CUDA card; use --device cpu")
    if index >= count:
        raise DeviceError(f"device {name} is not there: the cards are cuda:0 to cuda:{count - 1}")
    return torch.device("cuda", index)


def _tpu_device() -> "torch.device":
    check_device("tpu")
    import torch_xla

    device: torch.device = torch_xla.device()
    return device
