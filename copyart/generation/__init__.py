"""Makes pictures out of noise: a loaded generator, a seed in, a picture out."""

from copyart.generation.generator import Generator
from copyart.generation.sheets import make_sheet
from copyart.generation.writing import write_pictures

__all__ = ["Generator", "make_sheet", "write_pictures"]
