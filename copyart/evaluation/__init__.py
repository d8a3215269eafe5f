"""The worth of a style: scores against an artist's paintings, what is copied, what people say."""

from copyart.evaluation.page import make_page, show
from copyart.evaluation.pictures import Pictures, common_side, find_pictures, read_squares, sizes_of
from copyart.evaluation.reading import find_networks, notes_on, read_kinds
from copyart.evaluation.scores import MEASURES, Figure, Kinds, Measure, Networks, Score, evaluate, pair_up

__all__ = [
    "MEASURES",
    "Figure",
    "Kinds",
    "Measure",
    "Networks",
    "Pictures",
    "Score",
    "common_side",
    "evaluate",
    "find_networks",
    "find_pictures",
    "make_page",
    "notes_on",
    "pair_up",
    "read_kinds",
    "read_squares",
    "show",
    "sizes_of",
]
