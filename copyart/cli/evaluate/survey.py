"""`copyart evaluate survey`: ask people which paintings are real, and count what they say."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import place
from copyart.cli.console import new_table, say, show_table
from copyart.cli.helping import Command
from copyart.files import names_folder

if TYPE_CHECKING:
    from copyart.evaluation.survey import Scores, Share

_MOST = 5  # pictures that are named

app = typer.Typer(help="Ask people: real or painted?", no_args_is_help=True)


@app.command("make", cls=Command)
def make(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real paintings: a folder, or any other domain.")],
    painted: Annotated[str, typer.Argument(metavar="PAINTED", help="What the network painted.")],
    out: Annotated[
        str, typer.Argument(metavar="OUT.html", help="The page to make, or a folder; its key, OUT.key.json, beside it.")
    ],
    pictures: Annotated[int, typer.Option(metavar="N", help="How many to show; half of them real.")] = 24,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Sets which pictures are shown, and their order.")] = 0,
    size: Annotated[
        int, typer.Option(min=64, metavar="N", help="Width and height of the pictures at most, in pixels.")
    ] = 256,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What the page is called.")] = "Painter or computer?",
    overwrite: options.Overwrite = False,
) -> None:
    """Make a page that asks what is real. It needs no server: send it to people, or open it."""
    from copyart.domains import check_domain

    file = place(out, "survey.html", overwrite=overwrite)
    for source in (real, painted):
        check_domain(source)

    from copyart.evaluation.pictures import find_pictures
    from copyart.evaluation.survey import check_survey, make_survey, write_survey

    check_survey(file, overwrite=overwrite, make_folder=names_folder(out))
    found = [find_pictures(source, progress=sys.stderr.isatty()) for source in (real, painted)]
    survey = make_survey(*found, pictures=pictures, seed=seed, side=size, title=title)
    key = write_survey(survey, file)
    say(f"{file}: {len(survey)} pictures of {survey.side} x {survey.side}, half of them real; give it to people")
    say(f"{key}: what is what; keep it to yourself, scoring needs it")


@app.command("score", cls=Command)
def score(
    survey: Annotated[
        Path, typer.Argument(metavar="SURVEY.html", help="The page, with its key beside it; or the key.")
    ],
    answers: Annotated[list[Path], typer.Argument(metavar="ANSWERS.csv...", help="What people saved.")],
    page: options.Page = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Count what people said. Who was right, what fooled them, and whether they agree."""
    page_file = place(page, "survey-report.html", overwrite=overwrite) if page else None

    from copyart.evaluation.survey import read_answers, read_survey, score_survey, write_report

    asked = read_survey(survey)
    scores = score_survey(asked, *read_answers(answers, asked))
    if as_json:
        say(json.dumps(asdict(scores)))
    else:
        _show(scores)
    if page_file:
        say(str(write_report(scores, asked, page_file)), error=as_json)


def _show(scores: "Scores") -> None:
    from copyart.evaluation.survey import PAINTED, REAL, share

    table = new_table()
    table.add_column("person")
    for name in ("right", "95% interval", "real: wrong", "painted: wrong", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("real from painted", no_wrap=True)
    for person in scores.people:
        real, painted = person.confusion[REAL], person.confusion[PAINTED]
        wrong = share(real[PAINTED], sum(real.values())), share(painted[REAL], sum(painted.values()))
        seconds = "" if person.seconds is None else f"{person.seconds:.1f}"
        table.add_row(person.name, *_figures(person.right), *map(_wrong, wrong), seconds, person.outcome)
    all_wrong = map(_wrong, (scores.doubted, scores.fooled))
    table.add_row("all", *_figures(scores.right), *all_wrong, "", scores.outcome, style="bold")
    show_table(table)
    say("")
    say(scores.verdict)
    for line in (_fooled_most(scores), *_agreement(scores)):
        say(line)


def _figures(right: "Share") -> tuple[str, str]:
    return f"{right.count} of {right.of}, {right.share:.0%}", f"{right.low:.0%} to {right.high:.0%}"


def _wrong(wrong: "Share | None") -> str:
    return f"{wrong.count} of {wrong.of}" if wrong else "none seen"


def _fooled_most(scores: "Scores") -> str:
    fooled = [
        f"{judged.number} ({judged.truth}, {judged.wrong.count} of {judged.wrong.of} wrong)"
        for judged in scores.pictures[:_MOST]
        if judged.wrong and judged.wrong.count
    ]
    return f"Pictures that fooled most: {', '.join(fooled)}." if fooled else "No picture fooled anybody."


def _agreement(scores: "Scores") -> Iterator[str]:
    fleiss = scores.fleiss
    if fleiss.kappa is None:
        yield f"No Fleiss' kappa: {fleiss.why}."
    else:
        yield f"Fleiss' kappa {fleiss.kappa:.2f}, on the {fleiss.pictures} pictures that everybody answered."
    if scores.mean_cohen is not None:
        some = sum(pair.kappa is not None for pair in scores.cohen)
        yield f"Cohen's kappa {scores.mean_cohen:.2f}, the mean of {some} of {len(scores.cohen)} pairs of people."
    if fleiss.kappa is not None or scores.mean_cohen is not None:
        yield "Kappa is 1 where people always agree, and 0 where they agree as often as by chance."
