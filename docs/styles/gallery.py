"""Paints the pictures of docs/gallery.md and of the README.

    python docs/styles/gallery.py

The photographs are those that scikit-learn ships, both under CC BY 2.0: china.jpg by danielbuechele, flower.jpg by
vultilion.
"""

from pathlib import Path

from PIL import ExifTags, Image
from sklearn.datasets import load_sample_image

import copyart

DOCS = Path(__file__).parents[1]
STYLES = ("monet", "vangogh", "cezanne", "ukiyoe", "pissarro", "turner", "munch", "ink")
PART = (60, 20, 460, 320)  # of china.jpg, with the pagoda
COLUMNS = 3
GAP = 6


def paint(photo: Image.Image) -> dict[str, Image.Image]:
    """The photo's paintings, by style."""
    return {style: copyart.translate(photo, style=style, device="cpu") for style in STYLES}


def sheet(photo: Image.Image, paintings: list[Image.Image]) -> Image.Image:
    """The same part of the photo and of its paintings, pixel by pixel, so that strokes can be seen."""
    parts = [picture.crop(PART) for picture in (photo, *paintings)]
    width, height = (side + GAP for side in parts[0].size)
    page = Image.new("RGB", (COLUMNS * width - GAP, len(parts) // COLUMNS * height - GAP), "white")
    page.info["Software"] = f"copyart {copyart.__version__}"
    for i, part in enumerate(parts):
        page.paste(part, (i % COLUMNS * width, i // COLUMNS * height))
    return page


def save(picture: Image.Image, name: str) -> None:
    """Writes a JPEG of the documentation; what painted it, if anything did, stays in its metadata."""
    exif = Image.Exif()
    if painter := picture.info.get("Software"):
        exif[ExifTags.Base.Software] = painter
    picture.save(DOCS / name, quality=88, subsampling=0, exif=exif)
    print(DOCS / name, picture.size)


def main() -> None:
    """Paints and draws everything."""
    for name in ("china", "flower"):
        photo = Image.fromarray(load_sample_image(f"{name}.jpg"))
        save(photo, f"gallery/{name}.jpg")
        paintings = paint(photo)
        for style, painting in paintings.items():
            save(painting, f"gallery/{name}-{style}.jpg")
        if name == "china":
            save(sheet(photo, list(paintings.values())), "gallery/first.jpg")


if __name__ == "__main__":
    main()
