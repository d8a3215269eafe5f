"""Names as people write them: `Van Gogh`, `MONET` and `cézanne` are meant as the names that they stand for."""

import difflib
import re
import unicodedata
from collections.abc import Mapping

# An id on the Hugging Face Hub, and a revision or not.
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?")


def meant(word: str, titles: Mapping[str, str]) -> list[str]:
    """The names that a word may stand for; case, accents, spaces and punctuation other than @ count for nothing.

    Args:
        word: What was typed.
        titles: The title of each style, by its name.

    Returns:
        The name that is the word, if there is one; else those that are spelt like it, or those whose titles are.
    """
    if word in titles:
        return [word]
    letters = "" if "/" in word or "\\" in word else _letters(word)  # a path is no spelling of a name
    spelt = [name for name in titles if letters and _letters(name) == letters]
    return spelt or [name for name, title in titles.items() if letters and _letters(title) == letters]


def nearest(word: str, titles: Mapping[str, str]) -> str | None:
    """The name that a mistyped word is nearest to, by itself or by its title; None if none is near."""
    spelt = {_letters(title): name for name, title in titles.items()} | {_letters(name): name for name in titles}
    near = difflib.get_close_matches(_letters(word), spelt, n=1, cutoff=0.7)
    return spelt[near[0]] if near else None


def _letters(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum() or letter == "@"
    )
