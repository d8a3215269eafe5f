"""Paints pictures to be judged as the networks learned to: at their own size, with no finer strokes laid over."""

from collections.abc import Callable
from dataclasses import replace

import torch

from copyart.config import PaintConfig
from copyart.evaluation.pictures import Pictures
from copyart.images import to_photo
from copyart.translator import Translator

AS_LEARNED = PaintConfig(size="native", detail=0.0)


def paint(translator: Translator, photos: Pictures, watch: Callable[[int], None] = lambda _: None) -> Pictures:
    """Paints pictures.

    Args:
        translator: The style that paints.
        photos: The pictures to paint.
        watch: Told after each few how many pictures they were.

    Returns:
        The paintings, in the order of the photos.

    Raises:
        DeviceError: If the device runs out of memory.
    """
    pixels = torch.empty_like(photos.pixels)
    step = translator.network.at_once
    for start in range(0, len(photos), step):
        some = [to_photo(photos.image(i)) for i in range(start, min(start + step, len(photos)))]
        for i, painted in enumerate(translator.paint_pixels(some, AS_LEARNED), start):
            pixels[i] = torch.from_numpy(painted).permute(2, 0, 1)
        watch(len(some))
    side = pixels.shape[-1]
    return replace(photos, name=translator.style.name, pixels=pixels, sizes=[(side, side)] * len(photos))
