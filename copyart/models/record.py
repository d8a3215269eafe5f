"""The records of models: what a style, an enlarger or a generator is, beside its weights, which are what it says."""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from copyart.errors import BrokenStyleError
from copyart.extras import upgrade_line
from copyart.files import reason, sha256_of

FORMAT_VERSION = 1
CONFIG_FILE = "config.json"
MODEL_FILE = "model.safetensors"
REVERSE_FILE = "reverse.safetensors"
GOLDEN_FILES = ("golden/photo.png", "golden/painting.png")
CARD_FILE = "README.md"
GOLDEN_PICTURE = "golden/seed-0.png"
HASHED_FILES = (MODEL_FILE, REVERSE_FILE, *GOLDEN_FILES, GOLDEN_PICTURE)

_MOST_STREAKS = 25  # per cent: beyond it little is left of the photo
_MOST = 1e9  # of a score: beyond it, or no number at all, it cannot be shown
_FORMER = {"weave": "checkerboard"}  # scores, by their names in older records
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Model:
    """The record of a model of any kind, and the place of its files.

    Attributes:
        name: Lower-case letters, digits, dots, dashes.
        title: What to call it before people.
        parameters: The arguments that build its network.
        license: An SPDX identifier, or what is known instead.
        training_data: What it was trained on.
        recipe: How it was trained.
        quality: Scores, by the name of the measure.
        source: Where the weights came from, when they were converted: `url` and `sha256`.
        sha256: The hash of every file but the record and the model card, by its path in the folder.
        folder: Where the files are.
    """

    kind: ClassVar[str]
    name: str
    title: str
    parameters: Mapping[str, Any]
    license: str
    training_data: str
    recipe: str
    quality: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    source: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    sha256: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    folder: Path = field(default=Path(), kw_only=True)

    @property
    def is_whole(self) -> bool:
        """Tells whether all of its files are there; `verified` says whether they are the right ones."""
        return all((self.folder / file).is_file() for file in self.sha256)

    @property
    def size(self) -> int:
        """Bytes on the disk of all its files that are there."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def verified(self, file: str) -> Path:
        """The path of one of its files, after its hash was found right.

        Raises:
            BrokenStyleError: If the file is missing, or is not the one that it was saved with.
        """
        path = self.folder / file
        if file not in self.sha256:
            raise BrokenStyleError(f"{self.kind} {self.name} in {self.folder} has no {file}")
        try:
            found = sha256_of(path)
        except OSError as error:
            raise BrokenStyleError(f"{path} cannot be read: {reason(error)}; fetch the {self.kind} again") from error
        if found != self.sha256[file]:
            raise BrokenStyleError(
                f"{path} is not the file this {self.kind} was saved with (sha256 {found[:12]}..., "
                f"expected {self.sha256[file][:12]}...); fetch the {self.kind} again"
            )
        return path

    def verify(self) -> None:
        """Checks the hash of every file.

        Raises:
            BrokenStyleError: If one is missing, or is not the one that it was saved with.
        """
        for file in self.sha256:
            self.verified(file)

    def to_json(self) -> str:
        """The text of its `config.json`."""
        record = {key: value for key, value in asdict(self).items() if key != "folder"}
        return json.dumps({"format": FORMAT_VERSION, "kind": self.kind, **record}, indent=2, ensure_ascii=False) + "\n"

    def check(self) -> None:
        """Refuses values that copyart itself would trip over, or that would spoil a terminal.

        Raises:
            BrokenStyleError: If there are such values.
        """
        if not _NAME.fullmatch(self.name):
            raise self.damaged(f"{self.name!r} cannot be the name of {_AN[self.kind]}")
        for line in (self.title, self.license):
            if not line.isprintable():
                raise self.damaged(f"{line!r} cannot be printed")
        if set(self.sha256) - set(HASHED_FILES) or MODEL_FILE not in self.sha256:
            raise self.damaged(f"sha256 must name {MODEL_FILE}, and no file but {', '.join(HASHED_FILES)}")
        for name, score in self.quality.items():
            if type(score) not in (int, float) or not -_MOST <= score <= _MOST:
                raise self.damaged(f"quality {name} is {score!r}")
        for text in (*self.sha256.values(), *self.source.values()):
            if not isinstance(text, str):
                raise self.damaged(f"{text!r} is neither a hash nor a source")

    def damaged(self, words: str) -> BrokenStyleError:
        """An error that says what is wrong with its record."""
        return _damaged(self.folder, words, self.kind)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads the record of the model in `folder`.

        Raises:
            BrokenStyleError: If there is none, or it is not what a record has to be.
        """
        path = folder / CONFIG_FILE
        try:
            return cls.parse(path.read_text(encoding="utf-8"), folder)
        except FileNotFoundError as error:
            raise BrokenStyleError(f"{folder} is no {cls.kind}: there is no {CONFIG_FILE} in it") from error
        except OSError as error:
            raise BrokenStyleError(f"{path} cannot be read: {reason(error)}") from error
        except UnicodeDecodeError as error:
            raise _damaged(folder, "it is no text", cls.kind) from error

    @classmethod
    def read_in(cls, folder: Path) -> Self:
        """Reads the record of the model in `folder`, which may also be that of a training run that made it.

        Raises:
            BrokenStyleError: If there is none, or it is not what a record has to be.
        """
        if not (folder / CONFIG_FILE).exists():
            for kind in (cls.kind, *_AN):
                if (folder / kind / CONFIG_FILE).is_file():
                    return cls.read(folder / kind)
        return cls.read(folder)

    @classmethod
    def parse(cls, text: str, folder: Path) -> Self:
        """Reads the text of a record, of the model in `folder`.

        Raises:
            BrokenStyleError: If it is not what a record has to be.
        """
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _damaged(folder, str(error), cls.kind) from error
        if not isinstance(record, dict):
            raise _damaged(folder, "it holds no record", cls.kind)
        version = record.pop("format", None)
        if type(version) is not int or version < 1:
            raise _damaged(folder, f"format is {version!r}", cls.kind)
        if version > FORMAT_VERSION:
            raise BrokenStyleError(f"{folder} was made by a newer copyart; {upgrade_line()}")
        kind = record.pop("kind", Style.kind)  # records of before enlargers do not say it
        if kind != cls.kind:
            found, advice = _AN.get(kind, repr(kind)), _USE.get(kind, upgrade_line())
            raise BrokenStyleError(f"{folder} holds {found}, not {_AN[cls.kind]}; {advice}")
        model = cls._of_record(record, folder)
        model.check()
        return model

    @classmethod
    def _of_record(cls, record: dict[str, Any], folder: Path) -> Self:
        known = {f.name: f for f in fields(cls) if f.name != "folder"}
        values = {name: value for name, value in record.items() if name in known}
        for name, value in values.items():
            kind = known[name].type
            if type(value) is not (kind if kind in (str, int) else dict):
                raise _damaged(folder, f"{name} is {value!r}", cls.kind)
        if "quality" in values:
            values["quality"] = {_FORMER.get(name, name): score for name, score in values["quality"].items()}
        needed = [name for name, f in known.items() if f.default is f.default_factory is MISSING]
        if missing := [name for name in needed if name not in values]:
            raise _damaged(folder, f"{', '.join(missing)} is missing", cls.kind)
        return cls(**values, folder=folder)


@dataclass(frozen=True)
class Style(Model):
    """The record of a style: what it is beside what `Model` says of every model.

    Attributes:
        generator: The kind of generator, a key of `copyart.networks.GENERATORS`.
        size_multiple: Height and width that the network takes are multiples of it.
        trained_size: Width in pixels of the crops it was trained on.
        paint_size: Long edge in pixels at which a photo of 3 : 2 looks best painted; others have the same short edge.
        enlarger: The bundled enlarger that brings its paintings to the photo's size; none for plain interpolation.
        streaks: By how many per cent of the way from black to white streaks along the forms lighten and darken a photo
            before it is painted; none in the way back.
        quality: Of photos that it did not learn from: `distance_closed`, the share of the sliced Wasserstein distance
            to its artist that their paintings close, `structure_kept`, the SSIM of photo and painting, and
            `checkerboard`, `copyart.metrics.checkerboard` of the paintings.
    """

    kind: ClassVar[str] = "style"
    generator: str
    size_multiple: int
    trained_size: int
    paint_size: int
    enlarger: str = ""
    streaks: int = 0

    @property
    def has_reverse(self) -> bool:
        """Tells whether it can also turn paintings into photos."""
        return REVERSE_FILE in self.sha256

    def check_direction(self, *, reverse: bool) -> None:
        """Refuses the way back where there is none.

        Raises:
            BrokenStyleError: If there is none and `reverse` asks for it.
        """
        if reverse and not self.has_reverse:
            raise BrokenStyleError(
                f"style {self.name} has no way back: there is no {REVERSE_FILE} in {self.folder}; leave --reverse out"
            )

    def check(self) -> None:
        """Refuses values that copyart itself would trip over; see `Model.check`."""
        super().check()
        if self.paint_size < 8 or self.size_multiple < 1 or self.trained_size < 1:
            raise self.damaged("sizes must be positive")
        if not 0 <= self.streaks <= _MOST_STREAKS:
            raise self.damaged(f"streaks is {self.streaks}, not 0 to {_MOST_STREAKS}")


@dataclass(frozen=True)
class Enlarger(Model):
    """The record of an enlarger: what it is beside what `Model` says of every model.

    Attributes:
        scale: It makes pictures so many times as high and as wide: 2 or 4.
        quality: Of held-out pictures that were shrunk and enlarged again: `psnr` in dB, and `psnr_gain`, how much that
            is above an enlargement by Lanczos.
    """

    kind: ClassVar[str] = "enlarger"
    scale: int

    def check(self) -> None:
        """Refuses values that copyart itself would trip over; see `Model.check`."""
        super().check()
        if self.scale not in (2, 4):
            raise self.damaged(f"scale is {self.scale}, not 2 or 4")


@dataclass(frozen=True)
class NoiseGenerator(Model):
    """The record of a generator, which makes pictures out of noise: what it is beside what `Model` says of every model.

    Attributes:
        network: The kind of network, a key of `copyart.networks.NOISE_NETWORKS`.
        trained_size: Width and height of its pictures in pixels.
        quality: Of its pictures beside held-out ones: `distance` and `palette`, of textures and colours, and `variety`,
            by how much they differ among themselves, of how much the others do.
    """

    kind: ClassVar[str] = "generator"
    network: str
    trained_size: int

    def check(self) -> None:
        """Refuses values that copyart itself would trip over; see `Model.check`."""
        super().check()
        if self.trained_size < 1:
            raise self.damaged("sizes must be positive")


_AN = {"style": "a style", "enlarger": "an enlarger", "generator": "a generator"}
_USE = {
    "style": "`copyart translate --style` takes styles",
    "enlarger": "`copyart enlarge --model` takes enlargers",
    "generator": "`copyart generate` takes generators",
}


def _damaged(folder: Path, words: str, kind: str) -> BrokenStyleError:
    return BrokenStyleError(f"{folder / CONFIG_FILE} is damaged: {words}; fetch the {kind} again")
