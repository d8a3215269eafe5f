"""Strokes that a painting adds are told by their width from finer and broader ones, and from what the photo has."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from copyart import Translator
from copyart.config import PaintConfig
from copyart.images import to_photo
from copyart.metrics import strokes_added
from copyart.tensors import to_tensor


@pytest.fixture(scope="module")
def photograph(china: Path) -> Tensor:
    with Image.open(china) as image:
        return to_tensor(image.resize((256, 256)))


def _striped(photo: Tensor, width: int, strength: float = 0.1) -> Tensor:
    """The photo under upright strokes of one width, light and dark by turns."""
    stripes = (torch.arange(photo.shape[-1]) // width % 2).float() * 2 - 1
    return photo * 0.8 + strength * stripes


def test_a_photo_adds_nothing_to_itself_at_any_contrast(photograph: Tensor) -> None:
    assert strokes_added(photograph, photograph) == pytest.approx(0, abs=1e-6)
    assert strokes_added(photograph, photograph * 0.5 + 0.2) == pytest.approx(0, abs=1e-2)


@pytest.mark.parametrize("width", [1, 2, 32, 64])
def test_strokes_of_8_pixels_count_more_than_finer_and_broader_ones(photograph: Tensor, width: int) -> None:
    assert strokes_added(photograph, _striped(photograph, 8)) > 1.5 * strokes_added(
        photograph, _striped(photograph, width)
    )


def test_twice_the_strokes_count_twice_and_as_strong_a_pattern_as_the_photo_s_counts_one(photograph: Tensor) -> None:
    once, twice = (strokes_added(photograph, _striped(photograph, 8, strength)) for strength in (0.1, 0.2))
    assert twice == pytest.approx(2 * once, rel=0.02)
    assert strokes_added(photograph, photograph + photograph.flip(-1)) == pytest.approx(1, abs=0.1)


def test_strokes_on_a_plain_photo_are_measured_by_a_step_of_grey() -> None:
    plain = torch.zeros(2, 3, 64, 64)
    assert strokes_added(plain, plain) == 0
    assert 5 < strokes_added(plain, _striped(plain, 8)) < 20


def test_a_style_that_paints_smaller_adds_broader_strokes(china: Path) -> None:
    """By the size at which it paints, with no finer strokes: the smaller, the broader."""
    with Image.open(china) as image:
        photo = to_photo(image)
    style = Translator("vangogh")
    added = [
        strokes_added(
            *(to_tensor(each) for each in (photo.image, style.paint(photo, PaintConfig(size=size, detail=0.0))))
        )
        for size in (160, 320, 640)
    ]
    assert added[0] > 1.1 * added[1] > 1.1 * 1.1 * added[2] > 0


def test_a_broader_brush_adds_more(china: Path) -> None:
    with Image.open(china) as image:
        photo = to_photo(image.resize((1024, 683)))
    style = Translator("vangogh")
    fine, medium, broad = (
        strokes_added(*(to_tensor(each.resize((768, 512))) for each in (photo.image, style.paint(photo, config))))
        for config in (PaintConfig(brush=brush) for brush in ("fine", "medium", "broad"))
    )
    assert fine < medium < broad
