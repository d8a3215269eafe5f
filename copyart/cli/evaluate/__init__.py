"""`copyart evaluate`: is it any good, is it new, and what do people say."""

from typing import Any

import typer
from typer.core import TyperGroup

from copyart.cli.evaluate import kaggle, originality, scores, survey

_DEFAULT = "scores"


class _ScoresByDefault(TyperGroup):
    """`copyart evaluate PAINTINGS GENERATED` is `copyart evaluate scores PAINTINGS GENERATED`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's own, whose home is private
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ScoresByDefault,
    help="Judge paintings: by scores, by what they were copied from, and by what people say of them.",
    epilog="`copyart evaluate PAINTINGS GENERATED` is short for `copyart evaluate scores PAINTINGS GENERATED`.",
    no_args_is_help=True,
)
app.command("scores")(scores.scores)
app.command("originality")(originality.originality)
app.add_typer(survey.app, name="survey")
app.command("kaggle")(kaggle.kaggle)
