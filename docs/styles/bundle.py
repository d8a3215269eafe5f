"""Makes a style that comes with copyart of a snapshot that a run kept: scores, model card, golden pair.

    python docs/styles/bundle.py runs/monet 12000

The run's folder has the style's name, a key of artists.toml; card.md is the model card. Which snapshot: see score.py.
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
from copyart.metrics import checkerboard
from copyart.training.run import Run

HERE = Path(__file__).parent
BUNDLED = HERE.parents[1] / "copyart" / "bundled"
PHOTOS = (
    '3,000 photos, mostly landscapes, 256 x 256 pixels, of the Kaggle competition "I\'m Something of a Painter Myself"'
)
GOLDEN = (160, 128)


def bundle(folder: Path, step: int) -> Style:
    """Writes the style into the package, in place of the one before."""
    run = Run(folder)
    config = run.config()
    artist = tomllib.loads((HERE / "artists.toml").read_text(encoding="utf-8"))[folder.name]
    snapshot = load_style(str(run.snapshot_folder(step)))
    there, back = load_generator(snapshot), load_generator(snapshot, reverse=True)
    photos, paintings = read_run(folder)
    scores = quality(snapshot, photos, paintings)
    photo = ImageOps.fit(Image.fromarray(load_sample_image("china.jpg")), GOLDEN, Image.Resampling.LANCZOS)
    painting = Translator(snapshot, device="cpu", dtype=torch.float32).translate(photo, size="native")
    seconds = max(line["seconds"] for line in run.metrics() if line["step"] <= step and "seconds" in line)
    words = {
        **artist,
        **scores,
        "name": folder.name,
        "numbers": sum(weight.numel() for weight in there.parameters()),
        "photos": PHOTOS,
        "recipe": config.recipe,
        "holdout": config.holdout,
        "start": _start(config.start),
        "step": step,
        "steps": config.steps,
        "hours": seconds / 3600,
        "photo_count": len(photos),
        "painting_count": len(paintings),
        "photo_checkerboard": checkerboard(photos.pixels),
        "paint_size": snapshot.paint_size,
        "enlarger": snapshot.enlarger,
    }
    card = (HERE / "card.md").read_text(encoding="utf-8")
    style = replace(
        snapshot,
        name=folder.name,
        title=artist["title"],
        license="MIT",
        training_data=f"{artist['paintings']}; {PHOTOS}",
        recipe=f"{config.recipe}, {step:,} steps{_start(config.start)}",
        quality=scores,
        folder=BUNDLED / folder.name,
    )
    return save_style(
        style, there, back, card=card.format(**words), golden=(photo, painting), dtype=torch.float16, overwrite=True
    )


def _start(start: str) -> str:
    """What it began with: another style, the snapshot of another run, or nothing."""
    if not start:
        return ""
    folder = Path(start)
    if folder.parent.name != "snapshots":
        return f", begun with the generators of {folder.name}"
    return f", begun with the generators of {folder.parents[1].name} after {int(folder.name):,} steps"


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("step", type=int)
    args = parser.parse_args()
    style = bundle(args.run, args.step)
    print(f"{style.folder}: {style.size / 1e6:.1f} MB, {dict(style.quality)}")


if __name__ == "__main__":
    main()
