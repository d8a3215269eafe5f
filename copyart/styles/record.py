"""A style: a folder with a record of what it is, and weights that are what the record says."""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from copyart.errors import BrokenStyleError
from copyart.extras import upgrade_line
from copyart.files import reason, sha256_of

FORMAT_VERSION = 1
CONFIG_FILE = "config.json"
MODEL_FILE = "model.safetensors"
REVERSE_FILE = "reverse.safetensors"
GOLDEN_FILES = ("golden/photo.png", "golden/painting.png")
CARD_FILE = "README.md"
HASHED_FILES = (MODEL_FILE, REVERSE_FILE, *GOLDEN_FILES)

_MOST = 1e9  # of a score: beyond it, or no number at all, it cannot be shown
_FORMER = {"weave": "checkerboard"}  # scores, by their names in older records
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
        quality: Scores, by the name of the measure; of photos that it did not learn from `distance_closed`, the share
            of the sliced Wasserstein distance to its artist that their paintings close, `structure_kept`, the
            SSIM of photo and painting, and `checkerboard`, `copyart.metrics.checkerboard` of the paintings.
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
    def is_whole(self) -> bool:
        """Whether all of its files are there; `verified` says whether they are the right ones."""
        return all((self.folder / file).is_file() for file in self.sha256)

    @property
    def size(self) -> int:
        """Bytes on the disk of all its files that are there."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def check_direction(self, *, reverse: bool) -> None:
        """Refuses the way back where there is none.

        Raises:
            BrokenStyleError: If there is none and `reverse` asks for it.
        """
        if reverse and not self.has_reverse:
            raise BrokenStyleError(
                f"style {self.name} has no way back: there is no {REVERSE_FILE} in {self.folder}; leave --reverse out"
            )

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

    def verify(self) -> None:
        """Checks the hash of every file.

        Raises:
            BrokenStyleError: If one is missing, or is not the one that the style was saved with.
        """
        for file in self.sha256:
            self.verified(file)

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
        return parse_style(path.read_text(encoding="utf-8"), folder)
    except FileNotFoundError as error:
        raise BrokenStyleError(f"{folder} is no style: there is no {CONFIG_FILE} in it") from error
    except OSError as error:
        raise BrokenStyleError(f"{path} cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise _damaged(folder, "it is no text") from error


def parse_style(text: str, folder: Path) -> Style:
    """Reads the text of a record, of the style in `folder`.

    Raises:
        BrokenStyleError: If it is not what a record has to be.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, str(error)) from error
    if not isinstance(record, dict):
        raise _damaged(folder, "it holds no record")
    version = record.pop("format", None)
    if type(version) is not int or version < 1:
        raise _damaged(folder, f"format is {version!r}")
    if version > FORMAT_VERSION:
        raise BrokenStyleError(f"{folder} was made by a newer copyart; {upgrade_line()}")
    style = _to_style(record, folder)
    _check(style)
    return style


def _to_style(record: dict[str, Any], folder: Path) -> Style:
    known = {f.name: f for f in fields(Style) if f.name != "folder"}
    values = {name: value for name, value in record.items() if name in known}
    for name, value in values.items():
        kind = known[name].type
        if type(value) is not (kind if kind in (str, int) else dict):
            raise _damaged(folder, f"{name} is {value!r}")
    if "quality" in values:
        values["quality"] = {_FORMER.get(name, name): score for name, score in values["quality"].items()}
    try:
        return Style(**values, folder=folder)
    except TypeError as error:
        missing = [name for name, f in known.items() if name not in record and f.default_factory is MISSING]
        raise _damaged(folder, f"{', '.join(missing)} is missing") from error


def _check(style: Style) -> None:
    """Refuses values that copyart itself would trip over, or that would spoil a terminal."""
    if not _NAME.fullmatch(style.name):
        raise _damaged(style.folder, f"{style.name!r} cannot be the name of a style")
    for line in (style.title, style.license):
        if not line.isprintable():
            raise _damaged(style.folder, f"{line!r} cannot be printed")
    if style.paint_size < 8 or style.size_multiple < 1 or style.trained_size < 1:
        raise _damaged(style.folder, "sizes must be positive")
    if set(style.sha256) - set(HASHED_FILES) or MODEL_FILE not in style.sha256:
        raise _damaged(style.folder, f"sha256 must name {MODEL_FILE}, and no file but {', '.join(HASHED_FILES)}")
    for name, score in style.quality.items():
        if type(score) not in (int, float) or not -_MOST <= score <= _MOST:
            raise _damaged(style.folder, f"quality {name} is {score!r}")
    for text in (*style.sha256.values(), *style.source.values()):
        if not isinstance(text, str):
            raise _damaged(style.folder, f"{text!r} is neither a hash nor a source")


def _damaged(folder: Path, words: str) -> BrokenStyleError:
    return BrokenStyleError(f"{folder / CONFIG_FILE} is damaged: {words}; fetch the style again")
