"""Downloads: how refusals are put, and what is not fetched twice."""

from pathlib import Path

import pytest
from local_hub import LocalHub

from copyart.downloads import explained, fetch_url
from copyart.errors import DownloadError


@pytest.mark.parametrize(
    ("code", "words"),
    [(403, "the Hub does not allow it"), (429, "the Hub has had too many requests"), (507, "the Hub answered 507")],
)
def test_what_the_hub_s_store_refuses_is_said_as_what_the_hub_does(code: int, words: str) -> None:
    told = f"Data processing error: HTTP status client error ({code} Some reason) for url (https://store/x)"
    with pytest.raises(DownloadError, match=f"^ann/art could not be fetched: {words}"), explained("ann/art", None):
        raise ConnectionError(told)


def test_what_has_been_downloaded_is_not_downloaded_again(tmp_path: Path, hub: LocalHub) -> None:
    (tmp_path / "monet.pth").write_bytes(b"all of it")
    assert fetch_url(f"{hub.address}/store/plain/monet.pth", tmp_path / "monet.pth").read_bytes() == b"all of it"
    assert hub.requests == []
