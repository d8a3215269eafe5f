"""For whom the bundled styles' paintings are taken, and how near they come, on photos that no style learned from.

    python docs/styles/score.py artists/ photos.txt                  # every style of the package
    python docs/styles/score.py artists/ photos.txt monet vangogh    # some
    python docs/styles/score.py artists/ photos.txt runs/* --artist vangogh   # several that learned the same artist

`artists/` has a folder of real paintings for each style, `photos.txt` names photos, of which every other teaches the
judge, as in `copyart evaluate painter`; without pretrained networks, as `copyart evaluate --no-pretrained` does.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from copyart import Style, Translator
from copyart.evaluation import (
    Kinds,
    Networks,
    Pictures,
    Score,
    evaluate,
    evaluate_view,
    find_pictures,
    make_views,
    read_squares,
)
from copyart.evaluation.attribution import Judge, attribute, find_kinds, learn
from copyart.evaluation.attribution import Kinds as Asked
from copyart.evaluation.painting import paint
from copyart.models import bundled_styles
from copyart.training.run import Run

PHOTOS = 200
SIDE = 256
NONE = Networks("", "")
HEAD = (
    "| style | for a photo | for its artist | for another | the photo in its colours | sharpened, with noise "
    "| by another style | closed at 192 | at 384 | at 768 | grid, dB | hot spots | in real ones |"
)


def read_run(folder: Path) -> tuple[Pictures, Pictures]:
    """The photos that a run held out, `PHOTOS` at most, and all of its paintings."""
    side = Run(folder).config().load_size
    photos = find_pictures(str(folder / "held-out-a.txt"))[:PHOTOS]
    paintings = find_pictures(str(folder / "domain-b.txt"))
    return read_squares("photos", photos, side), read_squares("paintings", paintings, side)


def measure(translator: Translator, photos: Pictures, paintings: Pictures) -> tuple[Kinds, dict[str, Score]]:
    """What a style scores with these photos, by the key of the measure."""
    kinds = Kinds(paintings, paint(translator, photos), photos, [(i, i) for i in range(len(photos))])
    return kinds, {score.measure.key: score for score in evaluate(kinds, NONE)}


def value(score: Score | None, column: str = "generated") -> float:
    """A figure of a score; not a number where there is none."""
    figure = getattr(score, column) if score else None
    return figure.value if figure else float("nan")


def quality(style: Style, photos: Pictures, paintings: Pictures) -> dict[str, float]:
    """The scores that go into the style's record."""
    scores = measure(Translator(style), photos, paintings)[1]
    digits = {"distance_closed": 3, "structure_kept": 3, "checkerboard": 2}
    return {key: round(value(scores[key]), places) for key, places in digits.items()}


def row(style: str, asked: Asked, judge: Judge) -> str:
    """A line of the table for a style."""
    translator = Translator(style)
    verdicts = attribute(asked, translator, judge).verdicts
    photos, paintings = (read_squares("", paths, SIDE) for paths in (asked.photos, asked.real[asked.artist]))
    kinds, scores = measure(translator, photos, paintings)
    seen = {
        view.size: {score.measure.key: score for score in evaluate_view(view.kinds)} if view.kinds else {}
        for view in make_views(kinds, translator)
    }
    closed = [seen[size].get("distance_closed") for size in (192, 384, 768)]
    hot = [value(seen[384].get("hot_spots"), column) for column in ("generated", "floor")]
    shares = [verdicts[0].photo(), verdicts[0].artist(asked.artist), verdicts[0].other(asked.artist)]
    shares += [verdict.artist(asked.artist) for verdict in verdicts[2:]]
    cells = [f"{share:.0%}" for share in shares]
    cells += [f"{value(score):.2f} ({value(score, 'floor'):.2f})" if score else "" for score in closed]
    cells += [f"{value(scores['checkerboard']):.1f}", *(f"{each:.2f}" for each in hot)]
    return f"| `{Path(style).name}` | {' | '.join(cells)} |"


def main() -> None:
    """Reads the command line, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("artists")
    parser.add_argument("photos")
    parser.add_argument("styles", nargs="*")
    parser.add_argument("--artist", help="whose these styles are, where their names do not say so")
    args = parser.parse_args()
    styles = args.styles or bundled_styles()
    asked = find_kinds(args.artists, args.photos, args.artist or styles[0])
    judge = learn(asked.real)
    print(f"{len(asked.photos)} photos; of real pictures held out the judge names {judge.certainty:.0%}: ")
    print(", ".join(f"{name} {share:.0%}" for name, share in judge.told_apart.items()))
    print(f"\n{HEAD}\n|---|{'--:|' * 12}")
    for name in styles:
        print(row(name, replace(asked, artist=args.artist or name), judge), flush=True)


if __name__ == "__main__":
    main()
