"""Pages are whole, or not there."""

from pathlib import Path

import pytest
from limits import small_disk

from copyart.errors import EvaluationError
from copyart.pages import write_page


def test_a_full_disk_leaves_no_half_of_a_page(tmp_path: Path) -> None:
    with small_disk(500), pytest.raises(EvaluationError, match=r"page\.html cannot be written: .*larger"):
        write_page(tmp_path / "page.html", "words " * 1000)
    assert list(tmp_path.iterdir()) == []
