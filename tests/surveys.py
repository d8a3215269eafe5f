"""A survey to answer, and answers to it as files."""

from pathlib import Path

from PIL import Image

from copyart.evaluation.survey import (
    PAINTED,
    REAL,
    Asked,
    Survey,
)
from copyart.pages import embed

WORDS = {"r": REAL, "p": PAINTED, ".": ""}
TRUTH = "rprprprprprp"
ID = "s123456789ab"
HEAD = "survey,person,number,answer,seconds"


def ask(truth: str) -> Survey:
    """A survey of grey pictures; `r` is a real one."""
    pictures = (
        Asked(WORDS[t], f"{i}.png", embed(Image.new("RGB", (64, 64), (9 * i,) * 3))) for i, t in enumerate(truth)
    )
    return Survey(ID, "Painter or computer?", 64, tuple(pictures))


def rows(said: str, person: str = "Anna") -> str:
    """What the page saves."""
    lines = (f"{ID},{person},{i},{WORDS[letter]},{i}.5" for i, letter in enumerate(said, 1))
    return "\r\n".join([HEAD, *lines, ""])


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path
