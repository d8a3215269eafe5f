"""Guesses what was meant where no command was typed, or another word for one."""

import difflib
import os
from pathlib import Path
from shlex import quote
from typing import Any

from typer.core import TyperGroup

from copyart.errors import OptionError

PAINT = "translate"

# What people type, and the command that it is here.
_WORDS = {
    **dict.fromkeys(("list", "ls", "models", "artists", "style"), "styles"),
    **dict.fromkeys(("convert", "transform", "stylize", "apply", "run"), f"{PAINT} photo.jpg"),
    **dict.fromkeys(("learn", "fit"), "train"),
    **dict.fromkeys(("folder", "dir", "all"), "batch photos/ paintings/"),
    **dict.fromkeys(("upscale", "resize", "magnify", "zoom"), "enlarge photo.jpg"),
    **dict.fromkeys(("sample", "imagine", "invent"), "generate runs/faces"),
    **dict.fromkeys(("download", "fetch", "pull", "weights"), "download-weights"),
    **dict.fromkeys(("upload", "share", "push"), "publish"),
    **dict.fromkeys(("server", "web", "ui", "app", "gui"), "serve"),
    **dict.fromkeys(("datasets", "data"), "domains"),
    **dict.fromkeys(("score", "eval", "test"), "evaluate"),
    **{"onnx": "export", "version": "--version"},
}


class Commands(TyperGroup):
    """The commands, and what people type in their place: `copyart photo.jpg`, `copyart paint`, `copyart help train`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's own, whose home is private
        """Parses what was typed, or what was meant."""
        own = [name for param in self.get_params(ctx) for name in param.opts]
        mistyped = args and args[0].startswith("-") and near(args[0], own)
        if args and not ctx.resilient_parsing and not mistyped:
            args = _meant(args, list(self.commands))
        return super().parse_args(ctx, args)


def _meant(args: list[str], commands: list[str]) -> list[str]:
    """The typed words as typer takes them: the command that was meant, and the rest.

    Raises:
        OptionError: If it is no command, with the one that was probably meant.
    """
    word, *others = args
    if word in commands:
        return args
    if word == "help":
        return [*(_meant(others, commands) if others else []), "--help"]
    if word == "paint":
        return [PAINT, *others]
    if os.path.isdir(word):  # noqa: PTH112  # says no where Path.is_dir raises: to a name too long
        out = next((other for other in others if not other.startswith("-")), "paintings/")
        raise OptionError(f"{word} is a folder; paint all of it with: copyart batch {quote(word)} {quote(out)}")
    if word.startswith("-") or _is_photo(word):
        return [PAINT, *args]
    raise OptionError(f"there is no command {word!r}; {_hint(word, commands)}")


def _is_photo(word: str) -> bool:
    """True of a word that names a file, one that is there or one that is mistyped."""
    return "/" in word or bool(Path(word).suffix) or os.path.isfile(word)  # noqa: PTH113  # as isdir above


def _hint(word: str, commands: list[str]) -> str:
    from copyart.models import style_meant

    if style := style_meant(word):
        return f"you probably meant: copyart photo.jpg --style {style}"
    if known := near(word.lower(), [*commands, *_WORDS]):
        return f"you probably meant: copyart {_WORDS.get(known, known)}"
    return "`copyart --help` lists those that there are"


def near(word: str, words: list[str]) -> str | None:
    """The one of some words that another was probably meant to be, or None."""
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.7)
    return found[0] if found else None
