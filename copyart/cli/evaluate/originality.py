"""`copyart evaluate originality`: are generated pictures new, or copies?"""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import place
from copyart.cli.console import new_table, say, show_table
from copyart.config import DOMAIN_FORMS

if TYPE_CHECKING:
    from copyart.evaluation.originality import Originality, Summary
    from copyart.evaluation.pictures import Pictures

_MOST = 10  # pictures that are named


def originality(
    generated: Annotated[str, typer.Argument(metavar="GENERATED", help=f"The pictures to judge: {DOMAIN_FORMS}.")],
    training: Annotated[
        str, typer.Argument(metavar="TRAINING", help="All pictures that the network has learned from; likewise.")
    ],
    size: Annotated[int, typer.Option(min=16, max=512, metavar="N", help="Compare at N x N pixels.")] = 64,
    limit: options.Limit = None,
    page: options.Page = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
) -> None:
    """See whether generated pictures are new. Each is compared with every training picture, by SSIM."""
    page_file = place(page, "originality.html", overwrite=overwrite) if page else None
    from copyart.domains import check_domain

    for source in (generated, training):
        check_domain(source)

    from copyart.evaluation.originality import check_apart, make_page
    from copyart.evaluation.pictures import find_pictures, read_squares, sizes_of

    sources = (generated, training)
    paths = [find_pictures(source, limit=limit, progress=sys.stderr.isatty()) for source in sources]
    check_apart(*paths)
    ours, theirs = (read_squares(source, some, size) for source, some in zip(sources, paths, strict=True))
    for pictures in (ours, theirs):
        say(sizes_of(pictures), error=True)
    found = _compare(ours, theirs)
    if as_json:
        say(json.dumps(_record(ours, theirs, found)))
    else:
        _show(ours, theirs, found)
    if page_file:
        from copyart.pages import write_page

        say(str(write_page(page_file, make_page(ours, theirs, found))), error=as_json)


def _compare(ours: "Pictures", theirs: "Pictures") -> "Originality":
    """Compares the pictures while a bar is drawn."""
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation.originality import compare

    with pictures_progress("pairs", "Comparing") as bar:
        task = bar.add_task("", total=None)
        return compare(ours, theirs, watch=lambda done, total: bar.update(task, completed=done, total=total))


def _show(ours: "Pictures", theirs: "Pictures", found: "Originality") -> None:
    if found.training:
        _show_summaries(found.generated, found.training)
    _show_nearest(ours, theirs, found)
    for line in found.verdict():
        say(line)


def _show_summaries(generated: "Summary", training: "Summary") -> None:
    from copyart.evaluation.originality import SAME

    table = new_table()
    table.add_column("SSIM with the nearest training picture")
    for name in ("pictures", "median", "one in 20 reaches", "highest", f"{SAME} or more"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("generated pictures", *_figures(generated))
    table.add_row("training pictures, among themselves", *_figures(training))
    show_table(table)
    say("")


def _show_nearest(ours: "Pictures", theirs: "Pictures", found: "Originality") -> None:
    table = new_table()
    for name in ("most alike", "SSIM", "nearest training picture"):
        table.add_column(name, justify="right" if name == "SSIM" else "left", overflow="fold")
    for i in found.order[:_MOST]:
        table.add_row(str(ours.paths[i]), f"{found.ssim[i, 0]:.3f}", str(theirs.paths[int(found.nearest[i, 0])]))
    show_table(table)
    say("")


def _figures(row: "Summary") -> tuple[str, ...]:
    return f"{row.pictures:,}", f"{row.median:.3f}", f"{row.high:.3f}", f"{row.highest:.3f}", f"{row.same:,}"


def _record(ours: "Pictures", theirs: "Pictures", found: "Originality") -> dict[str, object]:
    """The answer to `--json`; of each generated picture its nearest, the most alike first."""
    return {
        "pictures": {"generated": len(ours), "training": len(theirs)},
        "size": ours.pixels.shape[-1],
        "same": found.generated.same,
        "generated": asdict(found.generated) if found.training else None,
        "training": asdict(found.training) if found.training else None,
        "nearer": found.nearer,
        "verdict": found.verdict(),
        "pairs": {"from": -1, "to": 1, "counts": found.pairs.int().tolist()},
        "nearest": [
            {
                "path": str(ours.paths[i]),
                "nearest": [
                    {"path": str(theirs.paths[place]), "ssim": round(ssim, 5)}
                    for place, ssim in zip(found.nearest[i].tolist(), found.ssim[i].tolist(), strict=True)
                ],
            }
            for i in found.order
        ],
    }
