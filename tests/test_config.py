"""What may be set to what."""

from collections.abc import Callable

import pytest

from copyart.config import BatchConfig, PaintConfig, SaveConfig
from copyart.errors import OptionError


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: PaintConfig(size=7), "size is 7; give at least 8 pixels"),
        (lambda: PaintConfig(size=-512), "size is -512; give at least 8 pixels"),
        (lambda: PaintConfig(size=True), "size is True; give at least 8 pixels"),
        (lambda: PaintConfig(size=640.5), "size is 640.5; give a number of pixels"),  # type: ignore[arg-type]
        (lambda: PaintConfig(size="big"), "size is 'big'; give a number of pixels"),
        (lambda: PaintConfig(strength=1.1), "strength is 1.1; give a number from 0"),
        (lambda: PaintConfig(strength=-0.1), "strength is -0.1; give a number from 0"),
        (lambda: PaintConfig(strength=float("inf")), "strength is inf"),
        (lambda: PaintConfig(strength=float("nan")), "strength is nan"),
        (lambda: SaveConfig(quality=0), "quality is 0; give a number from 1 to 100"),
        (lambda: SaveConfig(quality=101), "quality is 101; give a number from 1 to 100"),
        (lambda: BatchConfig(workers=0), "workers is 0; give at least 1"),
    ],
)
def test_a_value_out_of_range_is_named_with_the_range(build: Callable[[], object], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        build()


def test_the_ends_of_the_ranges_are_allowed() -> None:
    assert PaintConfig(size=8, strength=0) != PaintConfig(size="native", strength=1)
    assert SaveConfig(quality=1) != SaveConfig(quality=100)
