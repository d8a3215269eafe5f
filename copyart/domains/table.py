"""Domains that have a name: the package's table `table.toml`, and the user's own `domains.toml`."""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from copyart.domains import hub, kaggle
from copyart.errors import DomainError
from copyart.files import reason


@dataclass(frozen=True)
class NamedDomain:
    """A row of the table.

    Attributes:
        name: What `--domain-a` and `--domain-b` take.
        title: What it is.
        sources: Where it is to be had, the first that will do; `{}` in one stands for what follows `NAME:`.
        pictures: How many there are, without repeats; 0 if that is not known.
        megabytes: What has to be fetched; 0 if that is not known.
        license: Of the pictures.
        citation: Whom to name.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    pictures: int = 0
    megabytes: int = 0
    license: str = "not stated"
    citation: str = ""

    @property
    def takes_word(self) -> bool:
        """Tells whether a word follows its name, as in `wikiart:claude-monet`."""
        return any("{}" in source for source in self.sources)

    @property
    def usage(self) -> str:
        """The name as it is to be typed."""
        return f"{self.name}:..." if self.takes_word else self.name

    def sources_for(self, word: str) -> tuple[str, ...]:
        """The sources, with the word put in."""
        return tuple(source.replace("{}", word) for source in self.sources)


def named_domains() -> dict[str, NamedDomain]:
    """The named domains of both tables, by name; the user's own count where both have one.

    Raises:
        DomainError: If the user's table cannot be read.
    """
    return _read(Path(__file__).with_name("table.toml")) | _read(own_table(), optional=True)


def own_table() -> Path:
    """The file where users name domains of their own, in `COPYART_CONFIG` or else in `copyart` among their settings."""
    folder = os.environ.get("COPYART_CONFIG")
    if folder:
        return Path(folder) / "domains.toml"
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111  # without a home, Path raises
    return Path(base) / "copyart" / "domains.toml"


def _read(path: Path, *, optional: bool = False) -> dict[str, NamedDomain]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        if optional and isinstance(error, FileNotFoundError | NotADirectoryError):
            return {}
        raise DomainError(f"{path} cannot be read: {reason(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DomainError(f"{path} is no TOML: {error}") from error
    return {name: _row(path, name, row) for name, row in rows.items()}


def _row(path: Path, name: str, row: object) -> NamedDomain:
    kinds = {f.name: f.type for f in fields(NamedDomain) if f.name != "name"} | {"source": str}
    where = f"{path}: {name}"
    if ":" in name or not isinstance(row, dict):
        raise DomainError(f"{where} is no domain; write [name] without a colon, and under it source = ...")
    if odd := ", ".join(sorted(set(row) - set(kinds))):
        raise DomainError(f"{where} has {odd}, which means nothing here; there are {', '.join(kinds)}")
    values = dict(row)
    sources = [values.pop("source")] if "source" in row else values.pop("sources", [])
    if not sources or "sources" in values or not all(isinstance(source, str) and source for source in sources):
        raise DomainError(f'{where} needs source or sources, such as source = "hf:owner/dataset:train:image"')
    try:
        for source in sources:
            _check_address(source.replace("{}", "word"))
    except DomainError as error:
        raise DomainError(f"{where}: {error}") from error
    for key, value in values.items():
        if type(value) is not kinds[key]:
            kind = "a number" if kinds[key] is int else "text"
            raise DomainError(f"{where} sets {key} to {value!r}; it has to be {kind}")
    return NamedDomain(name=name, sources=tuple(sources), **{"title": name, **values})


def _check_address(source: str) -> None:
    if source.startswith(hub.PREFIX):
        hub.parse_hub(source)
    elif source.startswith(kaggle.PREFIX):
        kaggle.parse_kaggle(source)
