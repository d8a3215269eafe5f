"""Figures of pictures: near to an artist's, true to a photo, free of the traces of networks.

`pixels` needs no other network, and `estimates` says how uncertain its distances are. `inception` and `lpips` judge
with networks that others have trained; `pretrained` fetches those.
"""

from copyart.metrics.estimates import FEWEST, LEAST, Estimate, deviations_of, distance_among, estimate
from copyart.metrics.inception import (
    FEATURES,
    check_installed,
    features_of,
    fid,
    kid,
    load_inception,
    memorization,
    mifid,
    precision_and_recall,
)
from copyart.metrics.lpips import mean_lpips
from copyart.metrics.pixels import (
    checkerboard,
    from_lab,
    hot_spots,
    palette_distance,
    sliced_wasserstein,
    strokes_added,
    structure_kept,
    to_lab,
)
from copyart.metrics.pretrained import ALEXNET, INCEPTION, Weights, find_weights

__all__ = [
    "ALEXNET",
    "FEATURES",
    "FEWEST",
    "INCEPTION",
    "LEAST",
    "Estimate",
    "Weights",
    "check_installed",
    "checkerboard",
    "deviations_of",
    "distance_among",
    "estimate",
    "features_of",
    "fid",
    "find_weights",
    "from_lab",
    "hot_spots",
    "kid",
    "load_inception",
    "mean_lpips",
    "memorization",
    "mifid",
    "palette_distance",
    "precision_and_recall",
    "sliced_wasserstein",
    "strokes_added",
    "structure_kept",
    "to_lab",
]
