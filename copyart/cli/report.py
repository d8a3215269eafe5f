"""`copyart report`: draw what a run did."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli.console import say


def report(run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]) -> None:
    """Draw what a run did so far, as a page. It is report.html in the run's folder."""
    from copyart.training.report import write_report
    from copyart.training.run import Run

    say(str(write_report(Run(run))))
