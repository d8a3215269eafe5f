"""The pictures that a newcomer has, for walk.py: cut out of those of the gallery, at random but always the same."""

import random
import sys
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

GALLERY = Path(__file__).with_name("gallery")
PHOTOS, PAINTINGS = 56, 56  # 50 are the least from which all figures about a set of pictures are given
ARTISTS, EACH = ("vangogh", "monet", "pissarro", "cezanne"), 20
SIDE = 208


def cut(sources: list[Path], folder: Path, number: int, chance: random.Random) -> None:
    """Writes so many pieces of some pictures into a folder."""
    folder.mkdir(parents=True)
    pictures = [Image.open(source).convert("RGB") for source in sources]
    for i in range(number):
        picture = chance.choice(pictures)
        size = chance.randint(SIDE, picture.height)
        x, y = chance.randint(0, picture.width - size), chance.randint(0, picture.height - size)
        piece = picture.resize((SIDE, SIDE), box=(x, y, x + size, y + size))
        if chance.random() < 0.5:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        piece.save(folder / f"{i:04d}.jpg", quality=90)


def film(photo: Image.Image, path: Path) -> None:
    """A second of a camera that moves over a photo."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 160, 120, "yuv420p", Fraction(1, 8)
        for i in range(8):
            frame = photo.crop((4 * i, 0, 4 * i + 160, 120))
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())


def main() -> None:
    """Makes the folder that is named."""
    world = Path(sys.argv[1])
    world.mkdir()
    chance = random.Random(0)
    photo = Image.open(GALLERY / "china.jpg").convert("RGB")
    photo.save(world / "photo.jpg", quality=92)
    cut([GALLERY / "china.jpg", GALLERY / "flower.jpg"], world / "photos", PHOTOS, chance)
    cut(sorted(GALLERY.glob("*-vangogh.jpg")), world / "paintings", PAINTINGS, chance)
    for artist in ARTISTS:
        cut(sorted(GALLERY.glob(f"*-{artist}.jpg")), world / "artists" / artist, EACH, chance)
    frames = [photo.crop((8 * i, 0, 8 * i + 160, 120)) for i in range(4)]
    frames[0].save(world / "clip.gif", save_all=True, append_images=frames[1:], duration=120, loop=0)
    film(photo, world / "movie.mp4")


if __name__ == "__main__":
    main()
