"""Enlargers that others trained: spandrel tells the architecture by the weights, and builds it."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from copyart.checkpoints import read_weights
from copyart.errors import BrokenStyleError, first_line
from copyart.extras import require
from copyart.networks import Network

# Pixels that a tile is given beside it. These networks see further, or all of what they are given, but what is
# further away than this hardly counts.
_BORDER = 64

# Numbers kept at once for each pixel of the enlargement: two layers of 64 channels.
_VALUES = 128


class Foreign(Network):
    """A network of another program, in the contract of ours.

    In tiles it gives about what it gives of the whole picture, and not that to the last digit: attention in windows
    and networks of many layers see further than the border of a tile.

    Args:
        path: A `.pth`, `.pt`, `.ckpt` or `.safetensors` file with its weights; nothing in it is run.

    Attributes:
        dtypes: The number formats in which it can compute.

    Raises:
        BrokenStyleError: If the file is damaged, of an unknown architecture, or no network that enlarges colour
            pictures by 2 or 4.
        MissingExtraError: If spandrel is not installed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        require("upscalers", f"{path} holds a network of another program, which")
        import spandrel

        held = read_weights(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's, of words that these architectures use
                loaded = spandrel.ModelLoader().load_from_state_dict(held)
        except spandrel.UnsupportedModelError as error:
            raise BrokenStyleError(f"{path} is of no architecture that spandrel knows; give another file") from error
        except Exception as error:  # it may fail in any way on what only looks like weights it knows
            raise BrokenStyleError(f"{path} holds no network that can be built: {first_line(error)}") from error
        if not isinstance(loaded, spandrel.ImageModelDescriptor) or loaded.scale not in (2, 4):
            deed = f"enlarges {loaded.scale}x" if loaded.scale > 1 else "does not enlarge"
            raise BrokenStyleError(f"{path} {deed}; give an enlarger of scale 2 or 4")
        if (loaded.input_channels, loaded.output_channels) != (3, 3):
            channels = f"{loaded.input_channels} channels in and {loaded.output_channels} out"
            raise BrokenStyleError(f"{path} takes no colour pictures ({channels}, not 3); give another file")
        self.body = loaded.model.eval().requires_grad_(requires_grad=False)
        self._call = loaded
        self.scale = loaded.scale
        self.size_multiple = loaded.size_requirements.multiple_of
        self.min_size = max(loaded.size_requirements.minimum, self.size_multiple)
        self.receptive_field = 2 * _BORDER + 1
        self.values_per_pixel = _VALUES * self.scale**2
        self.dtypes = [
            torch.float32,
            *([torch.float16] if loaded.supports_half else []),
            *([torch.bfloat16] if loaded.supports_bfloat16 else []),
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Enlarges `x`, b 3 h w in [-1, 1], to b 3 (h scale) (w scale), in [-1, 1]."""
        pictures = [self._call(picture[None]) for picture in (x + 1) / 2]  # one at a time, as it promises
        return torch.cat(pictures) * 2 - 1
