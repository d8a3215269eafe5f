"""Makes an enlarger that comes with copyart of what a run learned: scores, model card, golden pair.

    python docs/enlargers/ship.py runs/paintings

The run's folder has the enlarger's name, a key of enlargers.toml; card.md is the model card.
"""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

from copyart.checkpoints import load_upscaler, save_enlarger
from copyart.config import UpscaleConfig
from copyart.models import Enlarger, find_enlarger
from copyart.tensors import to_image, to_tensor
from copyart.training.run import Run

HERE = Path(__file__).parent
BUNDLED = HERE.parents[1] / "copyart" / "bundled" / "enlargers"
GOLDEN = (64, 48)


def bundle(folder: Path) -> Enlarger:
    """Writes the enlarger into the package, in place of the one before."""
    run = Run(folder)
    config = run.config()
    assert isinstance(config, UpscaleConfig)
    words = tomllib.loads((HERE / "enlargers.toml").read_text(encoding="utf-8"))[folder.name]
    found = find_enlarger(str(folder))
    step = int(found.recipe.rsplit(", ", 1)[1].removesuffix(" steps"))
    network = load_upscaler(found)
    photo = ImageOps.fit(Image.fromarray(load_sample_image("china.jpg")), GOLDEN, Image.Resampling.LANCZOS)
    network.half().float()  # as it is saved
    with torch.inference_mode():
        enlarged = to_image(network(to_tensor(photo)))
    seconds = max(line["seconds"] for line in run.metrics() if line["step"] <= step and "seconds" in line)
    facts = {
        **words,
        **found.quality,
        "name": folder.name,
        "scale": found.scale,
        "layers": config.layers,
        "channels": config.channels,
        "numbers": sum(weight.numel() for weight in network.parameters()),
        "recipe": config.recipe,
        "step": step,
        "hours": seconds / 3600,
    }
    enlarger = replace(
        found,
        name=folder.name,
        title=words["title"],
        license="MIT",
        training_data=words["pictures"],
        recipe=f"{config.recipe}, {step:,} steps",
        folder=BUNDLED / folder.name,
    )
    card = (HERE / "card.md").read_text(encoding="utf-8").format(**facts)
    golden = (photo, enlarged)
    return save_enlarger(enlarger, network, card=card, golden=golden, dtype=torch.float16, overwrite=True)


def main() -> None:
    """Reads the command line."""
    enlarger = bundle(Path(sys.argv[1]))
    print(f"{enlarger.folder}: {enlarger.size / 1e6:.2f} MB, {dict(enlarger.quality)}")


if __name__ == "__main__":
    main()
