"""Paints the pictures of docs/gallery.md and of the README.

    python docs/styles/gallery.py

The photographs are those that scikit-learn ships, both under CC BY 2.0: china.jpg by danielbuechele, flower.jpg by
vultilion. Each is drawn beside its paintings in every style that comes with copyart.
"""

from pathlib import Path

from PIL import Image
from sklearn.datasets import load_sample_image

import copyart

DOCS = Path(__file__).parents[1]
STYLES = ("monet", "vangogh", "cezanne", "ukiyoe")
WIDTH = 640
GAP = 6


def paint(photo: Image.Image) -> dict[str, Image.Image]:
    """The photo's paintings, by style."""
    return {style: copyart.translate(photo, style=style, device="cpu") for style in STYLES}


def sheet(rows: list[list[Image.Image]], width: int) -> Image.Image:
    """Pictures of one shape in rows, each `width` pixels wide."""
    height = round(width * rows[0][0].height / rows[0][0].width)
    across, down = len(rows[0]), len(rows)
    page = Image.new("RGB", (across * (width + GAP) - GAP, down * (height + GAP) - GAP), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            smaller = picture.resize((width, height), Image.Resampling.LANCZOS)
            page.paste(smaller, (x * (width + GAP), y * (height + GAP)))
    return page


def save(picture: Image.Image, name: str) -> None:
    """Writes a JPEG of the documentation; what painted it stays in its metadata."""
    exif = Image.Exif()
    exif[0x0131] = f"copyart {copyart.__version__}"
    picture.save(DOCS / name, quality=88, subsampling=0, exif=exif)
    print(DOCS / name, picture.size)


def main() -> None:
    """Paints and draws everything."""
    for name in ("china", "flower"):
        photo = Image.fromarray(load_sample_image(f"{name}.jpg"))
        paintings = paint(photo)
        for style, painting in paintings.items():
            save(painting.resize((WIDTH, round(WIDTH * photo.height / photo.width))), f"gallery/{name}-{style}.jpg")
        save(photo.resize((WIDTH, round(WIDTH * photo.height / photo.width))), f"gallery/{name}.jpg")
        if name == "china":
            first, *others = paintings.values()
            save(sheet([[photo, first], others[:2]], 480), "gallery/first.jpg")


if __name__ == "__main__":
    main()
