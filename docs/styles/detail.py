"""Paints the pictures of docs/pictures.md that show what --detail does in styles without an enlarger.

    python docs/styles/detail.py mountains.jpg dandelions.jpg

The photographs are two of those that Debian's package lomiri-wallpapers-20.04 holds: picosdeeuropa by Aitzol Berasategi
(CC BY 4.0) and seeding by Clemens Engelhardt (CC0).
"""

import sys
from dataclasses import replace
from pathlib import Path

from gallery import save
from PIL import Image

import copyart

STYLES = {"mountains": "monet", "dandelions": "vangogh"}
PLACES = {"mountains": (300, 1500), "dandelions": (800, 900)}  # what is shown pixel by pixel
SIDE = 420
GAP = 6


def main() -> None:
    """Draws a row for each photo: the photo, no detail, half of it, all; above as a whole, below pixel by pixel."""
    for path in map(Path, sys.argv[1:]):
        with Image.open(path) as opened:
            photo = opened.convert("RGB")
        style = replace(copyart.load_style(STYLES[path.stem]), enlarger="", paint_size=640)
        translator = copyart.Translator(style, device="cpu")
        pictures = [photo, *(translator.translate(photo, detail=detail) for detail in (0, 0.5, 1))]
        height = round(SIDE * photo.height / photo.width)
        page = Image.new("RGB", (len(pictures) * (SIDE + GAP) - GAP, height + GAP + SIDE), "white")
        page.info["Software"] = translator.signature
        left, top = PLACES[path.stem]
        for i, picture in enumerate(pictures):
            page.paste(picture.resize((SIDE, height), Image.Resampling.LANCZOS), (i * (SIDE + GAP), 0))
            page.paste(picture.crop((left, top, left + SIDE, top + SIDE)), (i * (SIDE + GAP), height + GAP))
        save(page, f"gallery/detail-{path.stem}.jpg")


if __name__ == "__main__":
    main()
