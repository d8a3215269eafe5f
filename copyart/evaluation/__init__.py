"""The worth of a style: scores against an artist's paintings, what is copied, what people say."""

from copyart.evaluation.page import make_page, show
from copyart.evaluation.pictures import Pictures, common_side, find_pictures, read_squares, sizes_of
from copyart.evaluation.reading import find_networks, notes_on, read_kinds
from copyart.evaluation.scores import (
    MEASURES,
    Figure,
    Kinds,
    Measure,
    Networks,
    Score,
    evaluate,
    evaluate_view,
    pair_up,
)
from copyart.evaluation.viewing import View, count_painted, make_views, notes_on_views

__all__ = [
    "MEASURES",
    "Figure",
    "Kinds",
    "Measure",
    "Networks",
    "Pictures",
    "Score",
    "View",
    "common_side",
    "count_painted",
    "evaluate",
    "evaluate_view",
    "find_networks",
    "find_pictures",
    "make_page",
    "make_views",
    "notes_on",
    "notes_on_views",
    "pair_up",
    "read_kinds",
    "read_squares",
    "show",
    "sizes_of",
]
