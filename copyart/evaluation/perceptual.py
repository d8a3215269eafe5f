"""LPIPS: how different two pictures look to people, by a network that was fitted to their answers."""

from pathlib import Path

import torch
from torch import Tensor

_AT_ONCE = 16  # pairs


@torch.inference_mode()
def lpips(weights: Path, pictures: Tensor, paintings: Tensor, device: torch.device) -> float:
    """How different pictures and their paintings look on the mean (Zhang et al. 2018): 0 for the same.

    Args:
        weights: Of the AlexNet, in a folder named `checkpoints`; `copyart.evaluation.pretrained` keeps them so.
        pictures: b 3 h w, uint8.
        paintings: What became of each, of the same shape.
        device: Where to compute.
    """
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    before = torch.hub.get_dir()
    torch.hub.set_dir(str(weights.parent.parent))  # torchmetrics looks for its networks there
    try:
        distance = LearnedPerceptualImagePatchSimilarity("alex").to(device)
    finally:
        torch.hub.set_dir(before)
    for pair in zip(torch.split(pictures, _AT_ONCE), torch.split(paintings, _AT_ONCE), strict=True):
        ours, theirs = (each.to(device).float() / 127.5 - 1 for each in pair)
        distance.update(ours, theirs)
    return float(distance.compute())
