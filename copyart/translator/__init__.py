"""Paints: a loaded style, a picture in, a painting out; and works through files, whatever is made of them."""

from copyart.translator.files import make_file
from copyart.translator.maker import Maker
from copyart.translator.many import make_many
from copyart.translator.painter import Painter
from copyart.translator.results import Failed, Painted, Watch, counting
from copyart.translator.translator import Translator, translate

__all__ = [
    "Failed",
    "Maker",
    "Painted",
    "Painter",
    "Translator",
    "Watch",
    "counting",
    "make_file",
    "make_many",
    "translate",
]
