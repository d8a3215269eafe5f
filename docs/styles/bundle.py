"""Makes a style that comes with copyart of a run: scores, model card, golden pair.

    python docs/styles/bundle.py runs/monet

The run's folder has the style's name, a key of artists.toml; card.md is the model card.
"""

import argparse
import tomllib
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image, ImageOps
from score import quality, read_run
from sklearn.datasets import load_sample_image

from copyart import Style, Translator
from copyart.checkpoints import load_generator, load_style, save_style
from copyart.evaluation import find_pictures
from copyart.metrics import checkerboard
from copyart.training.run import Run

HERE = Path(__file__).parent
BUNDLED = HERE.parents[1] / "copyart" / "bundled"
PHOTOS = "300 photos of landscapes and cities, most of them vivid, about 1,000 pixels on the long side"
GOLDEN = (160, 128)
_STREAKS = (
    " Before it paints, streaks along the forms lighten and darken the photo by {} % of the way from black to white:\n"
    "they become strokes, in even skies too."
)


def bundle(folder: Path) -> Style:
    """Writes the style into the package, in place of the one before."""
    run = Run(folder)
    config = run.config()
    artist = tomllib.loads((HERE / "artists.toml").read_text(encoding="utf-8"))[folder.name]
    made = load_style(str(folder))
    there, back = load_generator(made), load_generator(made, reverse=True)
    photos, paintings = read_run(folder)
    scores = quality(made, photos, paintings)
    files = find_pictures(str(folder / "domain-b.txt"))
    photo = ImageOps.fit(Image.fromarray(load_sample_image("china.jpg")), GOLDEN, Image.Resampling.LANCZOS)
    painting = Translator(made, device="cpu", dtype=torch.float32).translate(photo, size="native")
    last = [line for line in run.metrics() if "seconds" in line][-1]
    learned_from = f"{len(files)} {artist['paintings']}"
    words = {
        **artist,
        "paintings": learned_from,
        "files": ", ".join(sorted(Path(file).stem for file in files)),
        **scores,
        "name": folder.name,
        "numbers": sum(weight.numel() for weight in there.parameters()),
        "photos": PHOTOS,
        "recipe": config.recipe,
        "start": _start(config.start, folder.name),
        "step": last["step"],
        "minutes": last["seconds"] / 60,
        "photo_count": len(photos),
        "painting_count": len(paintings),
        "photo_checkerboard": checkerboard(photos.pixels),
        "paint_size": made.paint_size,
        "enlarger": made.enlarger,
        "streaks": _STREAKS.format(made.streaks) if made.streaks else "",
    }
    card = (HERE / "card.md").read_text(encoding="utf-8")
    style = replace(
        made,
        name=folder.name,
        title=artist["title"],
        license="MIT",
        training_data=f"{learned_from}; {PHOTOS}",
        recipe=f"{config.recipe}, {last['step']:,} steps{_start(config.start, folder.name)}",
        quality=scores,
        folder=BUNDLED / folder.name,
    )
    return save_style(
        style, there, back, card=card.format(**words), golden=(photo, painting), dtype=torch.float16, overwrite=True
    )


def _start(start: str, name: str) -> str:
    """What it began with: another style, itself as it was before, or nothing."""
    begun = "this style as it was before" if Path(start).name == name else Path(start).name
    return f", begun with the generators of {begun}" if start else ""


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    style = bundle(args.run)
    print(f"{style.folder}: {style.size / 1e6:.1f} MB, {dict(style.quality)}")


if __name__ == "__main__":
    main()
