"""Paints: a loaded style, a picture in, a painting out."""

from copyart.translator.results import Failed, Painted
from copyart.translator.translator import Translator, translate

__all__ = ["Failed", "Painted", "Translator", "translate"]
