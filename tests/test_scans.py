"""Photos that are stored progressively."""

from pathlib import Path

import pytest
from PIL import Image

from copyart.images import open_large


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has more than 5,000 pixels is large."""
    monkeypatch.setattr("copyart.images.large.LARGE", 5000)


def test_of_a_progressive_photo_that_is_large_it_is_said_that_it_takes_memory(
    low: None, china: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Image.open(china) as image:
        image.save(tmp_path / "x.jpg", progressive=True)
        image.save(tmp_path / "y.jpg")
    with caplog.at_level("INFO", "copyart"):
        assert open_large(tmp_path / "x.jpg")
        assert open_large(tmp_path / "y.jpg")
    words = f"{tmp_path / 'x.jpg'} is stored progressively, so more of it must be in memory at once"
    assert [record.getMessage() for record in caplog.records if record.name.startswith("copyart")] == [words]
