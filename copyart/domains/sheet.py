"""A contact sheet: what a domain looks like, at a glance."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from copyart.domains.listing import evenly
from copyart.errors import UnreadablePictureError
from copyart.images import open_photo

_COLUMNS, _ROWS, _SIDE, _GAP = 8, 6, 160, 6


def contact_sheet(paths: Sequence[Path]) -> Image.Image:
    """Draws up to 48 pictures, spread over all, in rows of eight; each is shown whole, 160 pixels on its long side."""
    shown = evenly(paths, _COLUMNS * _ROWS)
    cell = _SIDE + _GAP
    sheet = Image.new("RGB", (_COLUMNS * cell + _GAP, math.ceil(len(shown) / _COLUMNS) * cell + _GAP), "white")
    for place, path in enumerate(shown):
        try:
            image = open_photo(path, least=_SIDE).image
        except UnreadablePictureError:  # gone since it was listed
            continue
        image = ImageOps.pad(image, (_SIDE, _SIDE), color="white")
        sheet.paste(image, (_GAP + place % _COLUMNS * cell, _GAP + place // _COLUMNS * cell))
    return sheet
