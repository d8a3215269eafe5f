"""Enlarges: a loaded enlarger, a picture in, one of twice or four times the size out."""

from copyart.enlarging.magnifier import Magnifier, enlarge

__all__ = ["Magnifier", "enlarge"]
