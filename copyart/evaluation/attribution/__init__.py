"""Attribution: who painted a picture, in the eyes of a judge that has seen real photos and paintings alone."""

from copyart.evaluation.attribution.asking import Findings, Kinds, attribute, find_kinds, learn
from copyart.evaluation.attribution.controls import make_controls, sharpen_with_noise, transfer_colors
from copyart.evaluation.attribution.describing import Describer
from copyart.evaluation.attribution.judge import PHOTO, Judge, Verdict, teach

__all__ = [
    "PHOTO",
    "Describer",
    "Findings",
    "Judge",
    "Kinds",
    "Verdict",
    "attribute",
    "find_kinds",
    "learn",
    "make_controls",
    "sharpen_with_noise",
    "teach",
    "transfer_colors",
]
