"""The command line: options in, one call, one message out."""

import io
import logging
import os
import sys
import warnings
from typing import Annotated

import typer

from copyart.cli import (
    batch,
    domains,
    download_weights,
    enlarge,
    evaluate,
    export,
    generate,
    inspect,
    publish,
    report,
    serve,
    styles,
    train,
    translate,
)
from copyart.cli.console import say
from copyart.cli.guessing import Commands
from copyart.cli.helping import Command, UsageError, explain, help_instead
from copyart.errors import CopyartError, OptionError, first_line
from copyart.files import reason
from copyart.version import __version__

app = typer.Typer(
    cls=Commands,
    help="Turn photographs into paintings with CycleGAN.",
    epilog="Begin with: copyart photo.jpg --style monet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # whose tables break words, and give a switch a type
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("translate", cls=Command)(translate.translate)
app.command("batch", cls=Command)(batch.batch)
app.command("enlarge", cls=enlarge.Enlarge)(enlarge.enlarge)
app.command("generate", cls=Command)(generate.generate)
app.command("train", cls=Command, epilog=train.RECIPES)(train.train)
app.command("report", cls=Command)(report.report)
app.command("domains", cls=Command)(domains.domains)
app.command("styles", cls=Command)(styles.styles)
app.command("download-weights", cls=Command)(download_weights.download_weights)
app.command("publish", cls=Command)(publish.publish)
app.command("export", cls=Command)(export.export)
app.add_typer(evaluate.app, name="evaluate")
app.command("inspect", cls=Command)(inspect.inspect)
app.command("serve", cls=Command)(serve.serve)


def main() -> None:
    """Runs copyart: 0 when all went well, 1 with a line on stderr when not, 2 for wrong usage."""
    warnings.filterwarnings("ignore", module="PIL")  # about large or odd pictures, which open or fail with words
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be no text
    logging.getLogger("copyart").addHandler(_Notices())
    logging.getLogger("copyart").setLevel(logging.INFO)
    try:
        sys.exit(app(prog_name="copyart", standalone_mode=False))
    except UsageError as error:
        if shown := help_instead(error):
            typer.echo(shown)
        else:
            say(f"Error: {explain(error)}", error=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    except Exception as error:
        words = _words(error)
        if words is None or os.environ.get("COPYART_DEBUG") == "1":
            raise
        say(f"Error: {words}", error=True)
        sys.exit(2 if isinstance(error, OptionError) else 1)


def _words(error: Exception) -> str | None:
    """The line that tells the user of an error; None for an error that should not happen."""
    if isinstance(error, CopyartError):
        return str(error)
    if isinstance(error, MemoryError):
        return "the memory is used up; give a smaller --size"
    if isinstance(error, ImportError):
        return f"a package that copyart needs cannot be loaded: {first_line(error)}; install it again"
    if isinstance(error, BrokenPipeError):
        return "the program that was to read the output has stopped reading"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {reason(error)}"
    return None


class _Notices(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage(), error=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"copyart {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    pass
