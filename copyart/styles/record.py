"""A style: a folder with a record of what it is, and weights that are what the record says."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from copyart.errors import BrokenStyleError
from copyart.files import reason, sha256_of

FORMAT_VERSION = 1
CONFIG_FILE = "config.json"
MODEL_FILE = "model.safetensors"
REVERSE_FILE = "reverse.safetensors"
GOLDEN_FILES = ("golden/photo.png", "golden/painting.png")
CARD_FILE = "README.md"
HASHED_FILES = (MODEL_FILE, REVERSE_FILE, *GOLDEN_FILES)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Style:
    """What is known of a style, and where its files are.

    Attributes:
        name: Lower-case letters, digits, dots, dashes.
        title: What to call it before people.
        generator: The kind of generator, a key of `copyart.networks.GENERATORS`.
        parameters: The arguments that build it.
        size_multiple: Height and width that the network takes are multiples of it.
        trained_size: Width in pixels of the crops it was trained on.
        paint_size: Long edge in pixels at which its paintings look best.
        license: An SPDX identifier, or what is known instead.
        training_data: What it was trained on.
        recipe: How it was trained.
        quality: Scores, by the name of the measure.
        source: Where the weights came from, when they were converted: `url` and `sha256`.
        sha256: The hash of every file but the record and the model card, by its path in the folder.
        folder: Where the files are.
    """

    name: str
    title: str
    generator: str
    parameters: Mapping[str, Any]
    size_multiple: int
    trained_size: int
    paint_size: int
    license: str
    training_data: str
    recipe: str
    quality: Mapping[str, float] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def has_reverse(self) -> bool:
        """Whether it can also turn paintings into photos."""
        return REVERSE_FILE in self.sha256

    @property
    def size(self) -> int:
        """Bytes on the disk of all its files that are there."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def verified(self, file: str) -> Path:
        """The path of one of its files, after its hash was found right.

        Raises:
            BrokenStyleError: If the file is missing, or is not the one that the style was saved with.
        """
        path = self.folder / file
        if file not in self.sha256:
            raise BrokenStyleError(f"style {self.name} in {self.folder} has no {file}")
        try:
            found = sha256_of(path)
        except OSError as error:
            raise BrokenStyleError(f"{path} cannot be read: {reason(error)}; fetch the style again") from error
        if found != self.sha256[file]:
            raise BrokenStyleError(
                f"{path} is not the file this style was saved with (sha256 {found[:12]}..., "
                f"expected {self.sha256[file][:12]}...); fetch the style again"
            )
        return path

    def to_json(self) -> str:
        """The text of its `config.json`."""
        record = {key: value for key, value in asdict(self).items() if key != "folder"}
        return json.dumps({"format": FORMAT_VERSION, **record}, indent=2, ensure_ascii=False) + "\n"


def read_style(folder: Path) -> Style:
    """Reads the record of the style in `folder`.

    Raises:
        BrokenStyleError: If there is none, or it is not what a record has to be.
    """
    path = folder / CONFIG_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BrokenStyleError(f"{folder} is no style: there is no {CONFIG_FILE} in it") from error
    except OSError as error:
        raise BrokenStyleError(f"{path} cannot be read: {reason(error)}") from error
    except ValueError as error:
        raise BrokenStyleError(f"{path} is damaged: {error}") from error
    if not isinstance(record, dict):
        raise BrokenStyleError(f"{path} is damaged: it holds no record")
    version = record.pop("format", None)
    if not isinstance(version, int):
        raise BrokenStyleError(f"{path} is damaged: format is {version!r}")
    if version > FORMAT_VERSION:
        raise BrokenStyleError(f"{folder} was made by a newer copyart; pip install --upgrade copyart")
    return _to_style(record, folder, path)


def _to_style(record: dict[str, Any], folder: Path, path: Path) -> Style:
    kinds: dict[str, type | tuple[type, ...]] = {"str": str, "int": int}
    known = {f.name: f for f in fields(Style) if f.name != "folder"}
    for name, value in record.items():
        if name not in known:
            continue
        wanted = kinds.get(str(getattr(known[name].type, "__name__", known[name].type)), dict)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise BrokenStyleError(f"{path} is damaged: {name} is {value!r}")
    try:
        style = Style(**{name: value for name, value in record.items() if name in known}, folder=folder)
    except TypeError as error:
        missing = [name for name in known if name not in record]
        raise BrokenStyleError(f"{path} is damaged: {', '.join(missing)} is missing") from error
    if not _NAME.fullmatch(style.name):
        raise BrokenStyleError(f"{path} is damaged: {style.name!r} cannot be the name of a style")
    if style.paint_size < 8 or style.size_multiple < 1:
        raise BrokenStyleError(f"{path} is damaged: sizes must be positive")
    foreign = [name for name in style.sha256 if name not in HASHED_FILES]
    if foreign or MODEL_FILE not in style.sha256:
        raise BrokenStyleError(
            f"{path} is damaged: sha256 must name {MODEL_FILE}, and no file but {', '.join(HASHED_FILES)}"
        )
    return style
