"""Formats that nothing here can write."""

import sys

import pytest
from PIL import Image

from copyart.config import SaveConfig
from copyart.errors import MissingExtraError
from copyart.images import encode, to_photo


def test_a_format_that_nothing_here_writes_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (8, 8))
    encode(image, to_photo(image), SaveConfig(), "x.png")
    monkeypatch.delitem(Image.SAVE, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    words = (
        r"x\.heic: writing HEIC needs pillow-heif, not installed here: pip install .*\[heic\]', or choose --format j"
    )
    with pytest.raises(MissingExtraError, match=words):
        encode(image, to_photo(image), SaveConfig(), "x.heic")
