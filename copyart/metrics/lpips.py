"""LPIPS: the difference of two pictures as people see it, by a network that was fitted to their answers."""

from pathlib import Path

import torch
from torch import Tensor

from copyart.tensors import from_bytes

_AT_ONCE = 16  # pairs


@torch.inference_mode()
def mean_lpips(weights: Path, pictures: Tensor, paintings: Tensor, device: torch.device) -> float:
    """The mean LPIPS of pictures and their paintings (Zhang et al. 2018): 0 for the same.

    LPIPS, learned perceptual image patch similarity, compares what the layers of an AlexNet make of two pictures,
    each channel weighted so that the sum follows what people call alike. torchmetrics has those weights.

    Args:
        weights: The file of the AlexNet, in a folder named `checkpoints`; `copyart.metrics.pretrained` keeps it so.
        pictures: b 3 h w, uint8.
        paintings: Those made of them, of the same shape and in the same order.
        device: The device that computes.
    """
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    before = torch.hub.get_dir()
    torch.hub.set_dir(str(weights.parent.parent))  # torchmetrics looks for its networks there
    try:
        distance = LearnedPerceptualImagePatchSimilarity("alex").to(device)
    finally:
        torch.hub.set_dir(before)
    for pair in zip(torch.split(pictures, _AT_ONCE), torch.split(paintings, _AT_ONCE), strict=True):
        ours, theirs = (from_bytes(each.to(device)) for each in pair)
        distance.update(ours, theirs)
    return float(distance.compute())
