"""Paints the pictures of docs/gallery.md and of the README.

    python docs/styles/gallery.py

The photographs are those that scikit-learn ships, both under CC BY 2.0: china.jpg by danielbuechele, flower.jpg by
vultilion.
"""

from pathlib import Path

from PIL import ExifTags, Image, ImageOps
from sklearn.datasets import load_sample_image

import copyart

DOCS = Path(__file__).parents[1]
STYLES = ("monet", "vangogh", "cezanne", "ukiyoe")
WIDTH = 640
GAP = 6


def paint(photo: Image.Image) -> dict[str, Image.Image]:
    """The photo's paintings, by style."""
    return {style: copyart.translate(photo, style=style, device="cpu") for style in STYLES}


def beside(photo: Image.Image, paintings: list[Image.Image]) -> Image.Image:
    """The photo at the left, and four paintings at half its size, two above two, at the right."""
    width = WIDTH // 2
    height = round(width * photo.height / photo.width)
    page = Image.new("RGB", (4 * width + 2 * GAP, 2 * height + GAP), "white")
    page.info["Software"] = f"copyart {copyart.__version__}"
    page.paste(ImageOps.fit(photo, (2 * width, 2 * height + GAP), Image.Resampling.LANCZOS), (0, 0))
    for i, painting in enumerate(paintings):
        smaller = painting.resize((width, height), Image.Resampling.LANCZOS)
        page.paste(smaller, (2 * width + GAP + i % 2 * (width + GAP), i // 2 * (height + GAP)))
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
            save(beside(photo, list(paintings.values())), "gallery/first.jpg")


if __name__ == "__main__":
    main()
