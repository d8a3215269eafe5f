"""The words of a command about itself: its help, and what is wrong with how it was called."""

from typing import Any, cast

import typer
from typer.core import TyperCommand

# What typer raises of what it cannot parse; it gives a name only to a kind of it.
UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])


class Command(TyperCommand):
    """A command whose help calls an argument by its name alone, without type and brackets."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  # typer's own, whose home is private
        """The words after the command's name in the line that says how to use it, without braces."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as above
        """Writes the lists of arguments and options."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            params = [param for param in self.get_params(ctx) if param.param_type_name == kind]
            records = [(param, record) for param in params if (record := param.get_help_record(ctx))]
            rows = [
                ((param.metavar or names) if kind == "argument" else names, words) for param, (names, words) in records
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # as above
        """Parses what was typed; an error knows of which command it is."""
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            if getattr(error, "ctx", None) is None:
                error.ctx = ctx  # type: ignore[attr-defined]  # which every such error has
            raise


def explain(error: Any) -> str:  # noqa: ANN401  # as above
    """Says in a line what is wrong with what was typed, and which option was probably meant."""
    words = error.format_message().partition(", unable to parse")[0].rstrip(".")
    if hasattr(error, "possibilities"):
        near = f"; did you mean {error.possibilities[0]}?" if error.possibilities else ""
        words = f"there is no option {error.option_name}{near}"
    command = error.ctx.command_path if error.ctx else "copyart"
    return f"{words}{'' if words.endswith('?') else '.'} Try {command} --help"


def help_instead(error: Any) -> str | None:  # noqa: ANN401  # as above
    """The help, where nothing was typed that could be wrong."""
    return str(error.message) if type(error).__name__ == "NoArgsIsHelpError" else None
