"""Sheets: several pictures in one, in rows."""

from collections.abc import Sequence

from PIL import Image

from copyart.config import GenerateConfig
from copyart.generation.generator import Generator
from copyart.images import in_rows

_GAP = 2  # pixels
_COLUMNS = 8


def make_sheet(generator: Generator, config: GenerateConfig) -> Image.Image:
    """The one picture that is asked for: two seeds mixed, seeds under several truncations, or all in rows.

    Raises:
        OptionError: If the generator cannot mix, and is to.
    """
    if config.mix:
        one, other = config.mixed
        sheet = mixed(generator, one, other, config.truncation)
    elif config.truncations:
        sheet = truncated(generator, config.chosen, config.rows)
    else:
        pictures = [generator.picture(seed, config.truncation) for seed in config.chosen]
        sheet = in_rows(pictures, min(_COLUMNS, len(pictures)), gap=_GAP)
    sheet.info["Software"] = generator.signature
    return sheet


def mixed(generator: Generator, one: int, other: int, truncation: float) -> Image.Image:
    """A row for each of two seeds: its picture, and then the same with coarse, middle and fine styles of the other."""
    generator.check_parts()
    pictures: list[Image.Image] = []
    for seed, taken in ((one, other), (other, one)):
        pictures.append(generator.picture(seed, truncation))
        pictures += [generator.mix(seed, taken, part, truncation) for part in generator.parts]
    return in_rows(pictures, 1 + len(generator.parts), gap=_GAP)


def truncated(generator: Generator, seeds: Sequence[int], truncations: Sequence[float]) -> Image.Image:
    """A row for each seed: its picture under each truncation."""
    pictures = [generator.picture(seed, truncation) for seed in seeds for truncation in truncations]
    return in_rows(pictures, len(truncations), gap=_GAP)
