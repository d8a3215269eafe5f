"""`copyart evaluate`: is it any good, is it new, and what do people say."""

import os
from typing import Any

import typer
from typer.core import TyperGroup

from copyart.cli.evaluate import kaggle, originality, painter, scores, survey
from copyart.cli.guessing import near
from copyart.cli.helping import Command

_DEFAULT = "scores"


class _ScoresByDefault(TyperGroup):
    """`copyart evaluate PAINTINGS GENERATED` is `copyart evaluate scores PAINTINGS GENERATED`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's own, whose home is private
        word = args[0] if args else ""
        if word == "help":
            args = [*args[1:], "--help"]
        elif word and word not in (*self.commands, *ctx.help_option_names) and not self._is_mistyped(word):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def _is_mistyped(self, word: str) -> bool:
        """Says whether a word is rather one of the commands than the name of a domain."""
        return near(word, list(self.commands)) is not None and not (":" in word or os.path.exists(word))  # noqa: PTH110  # says no where Path.exists raises


app = typer.Typer(
    cls=_ScoresByDefault,
    help="Judge how good paintings are. By scores, by what they were copied from, and by what people say.",
    epilog="`copyart evaluate PAINTINGS GENERATED` is short for `copyart evaluate scores PAINTINGS GENERATED`.",
    no_args_is_help=True,
)
app.command("scores", cls=Command)(scores.scores)
app.command("originality", cls=Command)(originality.originality)
app.command("painter", cls=Command)(painter.painter)
app.add_typer(survey.app, name="survey")
app.command("kaggle", cls=Command)(kaggle.kaggle)
