"""Styles by name: those that ship with copyart, folders, the Hugging Face Hub, and weights that others published.

Nothing here loads torch. `find_style` turns a name into a place, `list_styles` says what there is.
"""

from copyart.styles.catalogue import read_catalogue
from copyart.styles.finding import StyleEntry, Unconverted, bundled_styles, find_style, list_styles, style_meant
from copyart.styles.hub import discard_downloads
from copyart.styles.naming import meant
from copyart.styles.record import MODEL_FILE, REVERSE_FILE, Style, read_style

__all__ = [
    "MODEL_FILE",
    "REVERSE_FILE",
    "Style",
    "StyleEntry",
    "Unconverted",
    "bundled_styles",
    "discard_downloads",
    "find_style",
    "list_styles",
    "meant",
    "read_catalogue",
    "read_style",
    "style_meant",
]
