"""`copyart evaluate painter`: who painted it, in the eyes of a judge that no style has learned by."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_translator
from copyart.cli.console import new_table, say, show_table
from copyart.config import TranslatorConfig
from copyart.extras import require

if TYPE_CHECKING:
    from copyart.evaluation.attribution import Findings


def painter(
    artists: Annotated[
        str, typer.Argument(metavar="ARTISTS", help="A folder with a folder of real pictures for each artist.")
    ],
    style: Annotated[
        str,
        typer.Option(
            "--style", "-s", metavar="STYLE", help="The style to judge.", autocompletion=options.complete_style
        ),
    ],
    domain_a: Annotated[
        str, typer.Option(metavar="DOMAIN", help="Photos: half of them teach the judge, the others are painted.")
    ],
    artist: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose folder is the style's own. (default: the style's name)")
    ] = None,
    kin: Annotated[
        str, typer.Option(metavar="NAMES", help="Artists, with commas, for whom its paintings may be taken too.")
    ] = "",
    limit: Annotated[int, typer.Option(min=10, metavar="N", help="Look at no more than so many of each.")] = 400,
    device: options.Device = TranslatorConfig.device,
    as_json: options.Json = False,
) -> None:
    """Ask who painted it. A judge that was taught on real photos and paintings says; controls must not deceive it."""
    require("evaluate", "telling who painted a picture")
    from copyart.domains import check_domain

    check_domain(domain_a)
    found_style = choose(style, device)
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation.attribution import attribute, find_kinds

    name = artist or found_style.name
    others = [one.strip() for one in kin.split(",") if one.strip()]
    kinds = find_kinds(artists, domain_a, name, others, limit=limit, progress=sys.stderr.isatty())
    translator = load_translator(found_style, device=device)
    with pictures_progress(deed="Looking") as bar:
        task = bar.add_task("", total=kinds.count())
        found = attribute(kinds, translator, watch=lambda: bar.advance(task, 1))
    if as_json:
        say(json.dumps(asdict(found)))
    else:
        _show(found)


def _show(found: "Findings") -> None:
    table = new_table()
    table.add_column("")
    for column in ("pictures", "photo", found.artist, "another"):
        table.add_column(column, justify="right")
    for verdict in found.verdicts:
        own = verdict.artist(found.artist, *found.kin)
        shares = (verdict.photo(), own, 1 - verdict.photo() - own)
        table.add_row(verdict.name, str(verdict.count), *(f"{share:.0%}" for share in shares))
    show_table(table)
    for line in found.notes():
        say(line)
