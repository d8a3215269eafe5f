"""`copyart evaluate scores`: how near generated pictures come to paintings."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import choose, load_translator, place
from copyart.cli.console import new_table, say, show_table
from copyart.cli.flags import Without, with_flags
from copyart.config import DOMAIN_FORMS, PaintConfig, TranslatorConfig
from copyart.config.options import declared
from copyart.errors import OptionError
from copyart.extras import require

if TYPE_CHECKING:
    from copyart.evaluation import Kinds, Networks, Score, View
    from copyart.translator import Translator


@with_flags
def scores(
    paintings: Annotated[
        str | None, typer.Argument(metavar="PAINTINGS", help=f"The artist's pictures: {DOMAIN_FORMS}.")
    ] = None,
    generated: Annotated[
        str | None, typer.Argument(metavar="GENERATED", help="The pictures to judge; or else give --style.")
    ] = None,
    *,
    photos: Annotated[
        str | None, typer.Option(metavar="PHOTOS", help="What GENERATED was painted from; pairs have the same names.")
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            "-s",
            metavar="STYLE",
            help="Judge what this style makes of --domain-a; or the folder of a run.",
            autocompletion=options.complete_style,
        ),
    ] = None,
    domain_a: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="Photos for --style; best those that it did not learn from.")
    ] = None,
    domain_b: Annotated[str | None, typer.Option(metavar="DOMAIN", help="The artist's pictures, for --style.")] = None,
    reverse: options.Reverse = TranslatorConfig.reverse,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Compare at N x N pixels. (default: 256, or the smallest picture's)")
    ] = None,
    limit: options.Limit = None,
    paint_size: Annotated[
        str | None,
        typer.Option(
            "--paint-size",
            metavar="N|native",
            help="What --size is to `copyart translate`, for what people see. (default: the style's own)",
        ),
    ] = None,
    paint: Annotated[PaintConfig, Without(("size", "compare"))],
    inception_weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your copy of the Inception network, which is fetched else.")
    ] = None,
    pretrained: Annotated[
        bool, typer.Option("--pretrained/--no-pretrained", help="Judge with pretrained networks, or only without.")
    ] = True,
    device: options.Device = TranslatorConfig.device,
    as_json: options.Json = False,
    page: options.Page = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Score generated pictures against paintings. Beside it stands what doing nothing and the artist would score."""
    paint = _paint_config(paint, paint_size, style)
    sources = _sources(paintings, generated, photos, style, domain_a, domain_b)
    page_file = place(page, "scores.html", overwrite=overwrite) if page else None
    from copyart.domains import check_domain

    for source in filter(None, sources):
        check_domain(source)
    found_style = choose(style, device, reverse=reverse) if style else None
    if inception_weights:
        require("evaluate", "--inception-weights")

    from copyart.evaluation import find_networks, make_page, notes_on, notes_on_views, read_kinds, sizes_of

    progress = sys.stderr.isatty()
    translator = load_translator(found_style, device=device, reverse=reverse) if found_style else None
    kinds = read_kinds(*sources, translator=translator, size=size, limit=limit, progress=progress)
    shown = [kinds.paintings, kinds.generated, *([kinds.photos] if kinds.photos else [])]
    for pictures in shown:
        say(sizes_of(pictures), error=True)
    networks = find_networks(device, inception_weights, pretrained=pretrained, progress=progress)
    found = _evaluate(kinds, networks)
    notes = notes_on(kinds, found)
    seen = _see(kinds, translator, paint)
    seen_notes = notes_on_views([view for view, _ in seen])
    if as_json:
        say(json.dumps({**_record(kinds, found), "notes": [*notes, *seen_notes], "seen": _record_seen(seen)}))
    else:
        _show(found)
        for note in notes:
            say(note)
        _show_seen(seen)
        for note in seen_notes:
            say(note)
    if page_file:
        from copyart.pages import write_page

        title = f"{kinds.generated.name}, judged by {kinds.paintings.name}"
        say(str(write_page(page_file, make_page(title, kinds, found, notes, seen, seen_notes))), error=as_json)


def _paint_config(paint: PaintConfig, size: str | None, style: str | None) -> PaintConfig:
    """The options by which the style paints what people see."""
    if size is not None:
        (option,) = (each for each in declared(PaintConfig) if each.name == "size")
        try:
            paint = replace(paint, size=option.read(size))
        except OptionError as error:
            raise OptionError(f"--paint-{error}") from None
    if style is None and paint != PaintConfig():
        raise OptionError("the options of painting go with --style; GENERATED is painted already")
    return paint


def _sources(
    paintings: str | None,
    generated: str | None,
    photos: str | None,
    style: str | None,
    domain_a: str | None,
    domain_b: str | None,
) -> tuple[str, str | None, str | None]:
    """The sources of the paintings, the generated pictures and the photos."""
    if style is None:
        if domain_a or domain_b:
            raise OptionError("--domain-a and --domain-b go with --style; or give PAINTINGS and GENERATED")
        if not (paintings and generated):
            raise OptionError("give PAINTINGS and GENERATED, or --style with --domain-a and --domain-b")
        return paintings, generated, photos
    if paintings or generated or photos:
        raise OptionError("with --style, give --domain-a and --domain-b instead of PAINTINGS, GENERATED and --photos")
    held_out, learned = Path(style) / "held-out-a.txt", Path(style) / "domain-b.txt"  # of the folder of a run
    if not domain_a and held_out.is_file() and not held_out.stat().st_size:
        raise OptionError(f"{style} held no photos out; say with --domain-a which to judge it by")
    domain_a = domain_a or (str(held_out) if held_out.is_file() else None)
    domain_b = domain_b or (str(learned) if learned.is_file() else None)
    if not (domain_a and domain_b):
        raise OptionError(f"say with {'--domain-b' if domain_a else '--domain-a'} what to judge {style} by")
    return domain_b, None, domain_a


def _evaluate(kinds: "Kinds", networks: "Networks") -> "list[Score]":
    """Scores the pictures while a bar is drawn."""
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation import evaluate

    if isinstance(networks.features, str):
        return evaluate(kinds, networks)
    total = sum(len(each) for each in (kinds.paintings, kinds.generated, kinds.photos) if each)
    with pictures_progress(deed="Looking") as bar:
        task = bar.add_task("", total=total)
        return evaluate(kinds, networks, lambda count: bar.advance(task, count))


def _see(kinds: "Kinds", translator: "Translator | None", paint: PaintConfig) -> "list[tuple[View, list[Score]]]":
    """Scores the pictures at the sizes at which people look, while a bar is drawn of what is painted."""
    from copyart.cli.progress import pictures_progress
    from copyart.evaluation import count_painted, evaluate_view, make_views

    if translator:
        with pictures_progress() as bar:
            task = bar.add_task("", total=count_painted(kinds))
            views = make_views(kinds, translator, paint, lambda count: bar.advance(task, count))
    else:
        views = make_views(kinds)
    return [(view, evaluate_view(view.kinds) if view.kinds else []) for view in views]


def _show(found: "list[Score]") -> None:
    _show_rows("", [("", score) for score in found if not score.missing])


def _show_seen(seen: "Sequence[tuple[View, list[Score]]]") -> None:
    from copyart.evaluation.page import by_measure

    if rows := by_measure(seen):
        say("As people see them, with the long edge shrunk to so many pixels:")
        _show_rows("pixels", [(str(view.size), score) for view, score in rows])


def _show_rows(head: str, rows: "Sequence[tuple[str, Score]]") -> None:
    """Prints scores, each with what stands in a column of its own if that has a head."""
    from copyart.evaluation import show

    table = new_table()
    table.add_column("")
    for title in (*([head] if head else []), "photos as they are", "generated", "among paintings"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("better")
    for word, score in rows:
        digits = score.measure.digits
        cells = (show(figure, digits) for figure in (score.untouched, score.generated, score.floor))
        table.add_row(score.measure.title, *([word] if head else []), *cells, score.measure.better)
    show_table(table)


def _record(kinds: "Kinds", found: "list[Score]") -> dict[str, object]:
    """The part of the answer to `--json` that is about the pictures at one size."""
    return {
        "pictures": _counts(kinds),
        "size": kinds.generated.pixels.shape[-1],
        "pairs": len(kinds.pairs),
        "scores": _rows(found),
    }


def _record_seen(seen: "Sequence[tuple[View, list[Score]]]") -> dict[str, object]:
    """The part that is about the sizes at which people look: by the size, scores or why there are none."""
    return {
        str(view.size): {"pictures": _counts(view.kinds), "pairs": len(view.kinds.pairs), "scores": _rows(found)}
        if view.kinds
        else {"missing": view.missing}
        for view, found in seen
    }


def _counts(kinds: "Kinds") -> dict[str, int]:
    return {name: len(pictures) for name in ("paintings", "generated", "photos") if (pictures := getattr(kinds, name))}


def _rows(found: "list[Score]") -> dict[str, object]:
    rows: dict[str, object] = {}
    for score in found:
        row = {key: value for key, value in asdict(score).items() if key != "measure" and value not in (None, "")}
        rows[score.measure.key] = {**row, "better": score.measure.better}
    return rows
