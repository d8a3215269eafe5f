"""`copyart report`: draw what a run did."""

from pathlib import Path
from typing import Annotated

import typer

from copyart.cli.console import say


def report(run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]) -> None:
    """Draw what a run did so far, as a page. It is report.html in the run's folder."""
    from copyart.training.run import Run

    Run(run).config()  # refuses what is no run, for which torch is not needed

    from copyart.training.report import write_report

    say(str(write_report(Run(run))))
