"""Pictures of all sizes become squares of one; what cannot be read or is too small is named."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from runs import make_domain

from copyart.errors import EvaluationError
from copyart.evaluation import (
    common_side,
    read_squares,
)


def test_pictures_of_mixed_sizes_become_squares_of_the_smallest(tmp_path: Path) -> None:
    big = make_domain(tmp_path / "big", 2, size=(300, 200))
    small = make_domain(tmp_path / "small", 1, size=(70, 90))
    kinds = {str(folder): sorted(folder.iterdir()) for folder in (big, small)}
    assert common_side(kinds) == 70
    squares = read_squares("big", kinds[str(big)], 70)
    assert squares.pixels.shape == (2, 3, 70, 70)
    assert squares.sizes == [(300, 200)] * 2
    with Image.open(kinds[str(big)][0]) as image:
        middle = image.resize((105, 70), Image.Resampling.LANCZOS).crop((17, 0, 87, 70))
    assert np.array_equal(np.asarray(squares.image(0)), np.asarray(middle))


def test_too_small_a_picture_is_named(tmp_path: Path) -> None:
    tiny = make_domain(tmp_path / "tiny", 1, size=(40, 63))
    kinds = {"tiny": sorted(tiny.iterdir())}
    with pytest.raises(EvaluationError, match=r"00.png has a short side of 40 pixels; leave it out"):
        common_side(kinds)
    assert common_side(kinds, 48) == 48
    with pytest.raises(EvaluationError, match="at least 32"):
        common_side(kinds, 16)


def test_a_picture_that_is_none_decides_nothing_of_the_size(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="copyart")
    paths = sorted(make_domain(tmp_path / "x", 3, size=(90, 80)).iterdir())
    (tmp_path / "x" / "none.png").write_bytes(b"none")
    assert common_side({"x": [*paths, tmp_path / "x" / "none.png"]}, None) == 80
    assert caplog.messages == []
    assert common_side({"x": [*paths, tmp_path / "x" / "none.png"]}, 96) == 96
    assert caplog.messages == ["x: 3 of 4 pictures are enlarged to 96 pixels"]
    assert len(read_squares("x", [*paths, tmp_path / "x" / "none.png"], 80)) == 3
