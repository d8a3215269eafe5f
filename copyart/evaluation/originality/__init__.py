"""Looking for copies: are generated pictures new, or those that were learned from?

`check_apart` makes sure that they are not the same files, `compare` finds what each is most like, and `make_page`
draws it.
"""

from copyart.evaluation.originality.comparing import NEAREST, SAME, Originality, Summary, check_apart, compare
from copyart.evaluation.originality.page import make_page
from copyart.evaluation.originality.similarity import luminance, similarity

__all__ = [
    "NEAREST",
    "SAME",
    "Originality",
    "Summary",
    "check_apart",
    "compare",
    "luminance",
    "make_page",
    "similarity",
]
