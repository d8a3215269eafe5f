"""How near styles come to their artists, on photos that they never learned from.

    python docs/styles/score.py snapshots runs/monet                              # what a run kept, step by step
    python docs/styles/score.py artists monet=runs/monet vangogh=runs/vangogh     # each style, and each artist

A run says what it held out (`held-out-a.txt`) and which paintings it has (`domain-b.txt`). Pictures are compared as
squares of the run's `load_size`, without pretrained networks, as `copyart evaluate --no-pretrained` does. The tables
are Markdown.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from copyart import Style, Translator
from copyart.checkpoints import load_style
from copyart.evaluation import Kinds, Networks, Pictures, Score, evaluate, find_pictures, read_squares, show
from copyart.evaluation.painting import paint
from copyart.metrics import sliced_wasserstein
from copyart.training.run import Run

PHOTOS = 200
NONE = Networks("", "")


def read_run(folder: Path) -> tuple[Pictures, Pictures]:
    """The photos that a run held out, `PHOTOS` at most, and all of its paintings."""
    side = Run(folder).config().load_size
    photos = find_pictures(str(folder / "held-out-a.txt"))[:PHOTOS]
    paintings = find_pictures(str(folder / "domain-b.txt"))
    return read_squares("photos", photos, side), read_squares("paintings", paintings, side)


def judge(style: str | Style, photos: Pictures, paintings: Pictures, *, reverse: bool = False) -> dict[str, Score]:
    """What a style scores with these photos, by the key of the measure."""
    painted = paint(Translator(style, reverse=reverse), photos)
    kinds = Kinds(paintings, painted, photos, [(i, i) for i in range(len(photos))])
    return {score.measure.key: score for score in evaluate(kinds, NONE)}


def quality(style: Style, photos: Pictures, paintings: Pictures) -> dict[str, float]:
    """The scores that go into the style's record."""
    scores = judge(style, photos, paintings)
    closed, kept, left = (scores[key] for key in ("distance_closed", "structure_kept", "checkerboard"))
    assert closed.generated
    assert kept.generated
    assert left.generated
    return {
        "distance_closed": round(closed.generated.value, 3),
        "structure_kept": round(kept.generated.value, 3),
        "checkerboard": round(left.generated.value, 2),
    }


COLUMNS = ("sliced_wasserstein", "palette", "structure_kept", "checkerboard")
HEAD = "colours and textures | colours alone | structure kept | checkerboard, dB |\n|---|--:|--:|--:|--:|"


def cells(scores: Mapping[str, Score], column: str) -> str:
    """One column of the scores, as a row of a table."""
    found = (getattr(scores[key], column) for key in COLUMNS)
    shown = (
        show(figure and replace(figure, deviation=None), 2 if key == "structure_kept" else 1)
        for key, figure in zip(COLUMNS, found, strict=True)
    )
    return " | ".join(shown)


def score_snapshots(folder: Path) -> None:
    """Prints a line for each style that a run kept, and one for doing nothing and for the artist."""
    photos, paintings = read_run(folder)
    print(f"{len(photos)} photos that were held out, {len(paintings)} paintings\n\n| steps | {HEAD}")
    scores: dict[str, Score] = {}
    for snapshot in sorted((folder / "snapshots").iterdir()):
        scores = judge(load_style(str(snapshot)), photos, paintings)
        print(f"| {int(snapshot.name):,} | {cells(scores, 'generated')} |", flush=True)
    print(f"| photos as they are | {cells(scores, 'untouched')} |\n| among paintings | {cells(scores, 'floor')} |")


def score_artists(runs: Mapping[str, Path]) -> None:
    """Prints the distances from each style's paintings of its run's photos to every artist, and their scores."""
    known = {name: read_run(folder) for name, folder in runs.items()}
    photos = next(iter(known.values()))[0]
    goals = {name: paintings for name, (_, paintings) in known.items()}
    counts = ", ".join(f"{len(goal)} {name}" for name, goal in goals.items())
    print(f"From {len(photos)} photos that were held out to all paintings ({counts}):\n")
    print(f"| | {' | '.join(goals)} |\n|---|{'--:|' * len(goals)}")
    for name in ("photos as they are", *goals):
        pictures = paint(Translator(name), photos) if name in goals else photos
        distances = (sliced_wasserstein(pictures.pixels, goal.pixels) for goal in goals.values())
        print(f"| {name} | {' | '.join(f'{distance:.0f}' for distance in distances)} |", flush=True)
    for name, (mine, paintings) in known.items():
        scores = judge(name, mine, paintings)
        print(f"\n| {name} | {HEAD}")
        for words, column in (("photos as they are", "untouched"), (name, "generated"), ("among paintings", "floor")):
            print(f"| {words} | {cells(scores, column)} |", flush=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("snapshots").add_argument("run", type=Path)
    commands.add_parser("artists").add_argument("runs", metavar="STYLE=RUN", nargs="+")
    args = parser.parse_args()
    if args.command == "snapshots":
        score_snapshots(args.run)
    else:
        score_artists({name: Path(folder) for name, folder in (word.split("=", 1) for word in args.runs)})


if __name__ == "__main__":
    main()
