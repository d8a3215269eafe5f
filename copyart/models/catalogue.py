"""The catalogue of styles that are to be had elsewhere, `catalogue.toml`: weights of others, and our own large ones."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HUB_OWNER = "copyart"  # on the Hugging Face Hub, of the styles that are ours and too large for the package
LICENSE = "not stated"  # the authors' code is under BSD-2-Clause
RECIPE = "CycleGAN as in Zhu et al. (2017), with an identity loss; photo to painting only"
PAINT_SIZE = 640
TRAINED_SIZE = 256


@dataclass(frozen=True)
class CatalogueEntry:
    """A style in the catalogue, and where it is to be had.

    What is named `name@size` is ours: a style folder in the repository `name-size` of `HUB_OWNER`. All else is a
    generator in the layout of the published CycleGAN weights.

    Attributes:
        name: The style's name.
        title: What to call it before people.
        training_data: What it was trained on.
        repo: A Space of the Hugging Face Hub, with `revision` and `file`; empty if it is elsewhere.
        revision: A commit.
        file: Its path in the Space.
        url: Its address, if it is not on the Hub.
        sha256: What the file must have, if that is known.
        license: Of the weights.
    """

    name: str
    title: str
    training_data: str
    repo: str = ""
    revision: str = ""
    file: str = ""
    url: str = ""
    sha256: str = ""
    license: str = LICENSE

    @property
    def hub_id(self) -> str:
        """`owner/name` on the Hub, of a style that is ours; empty for weights of others."""
        return f"{HUB_OWNER}/{self.name.replace('@', '-')}" if "@" in self.name else ""

    @property
    def address(self) -> str:
        """The place that it comes from, for people and for the record."""
        if self.hub_id:
            return f"https://huggingface.co/{self.hub_id}"
        return self.url or f"https://huggingface.co/spaces/{self.repo}/resolve/{self.revision}/{self.file}"

    @property
    def pinned(self) -> str:
        """The hash that the first download is held to: of the `package`, its `record`, the `Hub`, or `nothing yet`."""
        if self.hub_id:
            return "record"
        return "package" if self.sha256 else "Hub" if self.repo else "nothing yet"


@lru_cache(maxsize=1)
def read_catalogue() -> dict[str, CatalogueEntry]:
    """Reads all of the catalogue, by name."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return {name: CatalogueEntry(name=name, **row) for name, row in tomllib.loads(text).items()}
