"""Models by name: styles, enlargers, generators, out of the package, of folders, of the Hugging Face Hub, of others.

Nothing here loads torch. `find_style` turns a name into a place, `list_styles` says what there is.
"""

from copyart.models.catalogue import read_catalogue
from copyart.models.enlargers import bundled_enlargers, find_enlarger, foreign_weights
from copyart.models.finding import StyleEntry, Unconverted, bundled_styles, find_style, list_styles, style_meant
from copyart.models.generators import find_generator
from copyart.models.hub import discard_downloads
from copyart.models.naming import meant
from copyart.models.record import MODEL_FILE, REVERSE_FILE, Enlarger, Model, NoiseGenerator, Style

__all__ = [
    "MODEL_FILE",
    "REVERSE_FILE",
    "Enlarger",
    "Model",
    "NoiseGenerator",
    "Style",
    "StyleEntry",
    "Unconverted",
    "bundled_enlargers",
    "bundled_styles",
    "discard_downloads",
    "find_enlarger",
    "find_generator",
    "find_style",
    "foreign_weights",
    "list_styles",
    "meant",
    "read_catalogue",
    "style_meant",
]
