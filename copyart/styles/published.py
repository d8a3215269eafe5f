"""The table of weights that others published, `registry.toml`."""

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LICENSE = "not stated"  # the authors' code is under BSD-2-Clause
RECIPE = "CycleGAN as in Zhu et al. (2017), with an identity loss; photo to painting only"
PAINT_SIZE = 640
TRAINED_SIZE = 256


@dataclass(frozen=True)
class Published:
    """Where a published CycleGAN generator is to be had.

    Attributes:
        name: The style's name.
        title: What to call it before people.
        training_data: What it was trained on.
        repo: A Space of the Hugging Face Hub, with `revision` and `file`; empty if it is elsewhere.
        revision: A commit.
        file: Its path in the Space.
        url: Its address, if it is not on the Hub.
        sha256: What the file must have, if that is known.
    """

    name: str
    title: str
    training_data: str
    repo: str = ""
    revision: str = ""
    file: str = ""
    url: str = ""
    sha256: str = ""

    @property
    def address(self) -> str:
        """Where it comes from, for people and for the record."""
        return self.url or f"https://huggingface.co/spaces/{self.repo}/resolve/{self.revision}/{self.file}"

    @property
    def pinned(self) -> str:
        """What the first download is held to: a hash in the `package`, in the `Hub`'s ETag, or `nothing yet`."""
        return "package" if self.sha256 else "Hub" if self.repo else "nothing yet"


@lru_cache(maxsize=1)
def published_styles() -> dict[str, Published]:
    """All of the table, by name."""
    text = Path(__file__).with_name("registry.toml").read_text(encoding="utf-8")
    return {name: Published(name=name, **row) for name, row in tomllib.loads(text).items()}
