"""Made pictures as files, each whole or not there."""

from collections.abc import Iterator
from pathlib import Path

from copyart.config import GenerateConfig, SaveConfig
from copyart.generation.generator import Generator
from copyart.generation.sheets import make_sheet
from copyart.images import Photo, save_painting


def write_pictures(
    generator: Generator, config: GenerateConfig, folder: Path, *, overwrite: bool = False
) -> Iterator[Path]:
    """Makes the pictures that are asked for and writes them; gives the path of each as soon as it is there.

    Args:
        generator: What makes them.
        config: Which; their names are `config.files`.
        folder: Where to write; made if it is missing.
        overwrite: Replace files that are there already.

    Raises:
        OptionError: If the generator cannot mix, and is to.
        UnwritablePictureError: If a file is there and may not be replaced, or it cannot be written.
    """
    save = SaveConfig(overwrite=overwrite, make_folder=True)
    alone = not (config.mix or config.truncations or config.grid)
    pictures = (
        (generator.picture(seed, config.truncation) for seed in config.chosen)
        if alone
        else iter([make_sheet(generator, config)])
    )
    for name, picture in zip(config.files, pictures, strict=True):
        save_painting(picture, Photo(picture), folder / name, save)
        yield folder / name
