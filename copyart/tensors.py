"""Pictures to tensors and back: the one place where 0..255 becomes [-1, 1]."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_tensor(image: Image.Image) -> Tensor:
    """Turns an RGB picture into a tensor, 1 3 h w in [-1, 1], float32."""
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1).unsqueeze(0).float() / 127.5 - 1


def to_image(x: Tensor) -> Image.Image:
    """Turns a tensor, 1 3 h w in [-1, 1] (what lies outside is clipped), into an RGB picture."""
    pixels = ((x[0].float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())
