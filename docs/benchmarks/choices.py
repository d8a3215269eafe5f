"""What each choice in the recipe `bold` does: a run for each, with that alone changed.

    python docs/benchmarks/choices.py photos.txt paintings.txt runs/ 500                  # all of them, for hours
    python docs/benchmarks/choices.py photos.txt paintings.txt runs/ 500 no-palette from-nothing
    python docs/styles/score.py artists/ judged.txt runs/* --artist vangogh               # and then the table

Runs that have ended are passed over; those that were stopped go on from what they saved last, every 250 steps.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import copyart
from copyart.recipes import configure
from copyart.training.run import Run

CHOICES: dict[str, dict[str, Any]] = {
    "bold": {},
    "no-statistics": {"statistics": 0.0},
    "half-statistics": {"statistics": 2.0},
    "twice-statistics": {"statistics": 8.0},
    "no-palette": {"palette": 0.0},
    "no-light-cycle": {"light_cycle": 0.0},
    "no-feature-cycle": {"feature_cycle": 0.0},
    "no-broad": {"broad": 0.0},
    "no-hot-spots": {"hot_spots": 0.0},
    "no-checkerboard": {"checkerboard": 0.0},
    "no-augment": {"augment": []},
    "no-streaks": {"streaks": 0},
    "from-nothing-no-curves": {"start": "", "broad": 0.0, "generator_options": {"color_skip": True}},
    "wider-discriminator": {"discriminator_options": {"wider": True}},
    "crops-of-224": {"image_size": 224},
    "from-nothing": {"start": ""},
    "from-nothing-32": {
        "start": "",
        "generator_options": {"color_skip": True, "color_curves": True, "base_channels": 32},
    },
    "from-vangogh": {"start": "vangogh"},
}


def learn(photos: str, paintings: str, folder: Path, steps: int, changed: dict[str, Any]) -> None:
    """Learns a style, or goes on with it, unless that is done."""
    config = configure(domain_a=photos, domain_b=paintings, steps=steps, out=str(folder), sample_every=steps, **changed)
    resume = folder.exists()
    if resume and last_step(Run(folder)) == steps:
        return
    for progress in copyart.train(config, resume=resume):
        print(f"{folder.name}: step {progress.step}, {progress.seconds:.0f} s", flush=True)


def last_step(run: Run) -> int:
    """The step of the last figures that were written."""
    lines = run.metrics_path.read_text().splitlines()
    return int(json.loads(lines[-1])["step"]) if lines else 0


def main() -> None:
    """Reads the command line, and learns one style after another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("paintings")
    parser.add_argument("runs", type=Path)
    parser.add_argument("steps", type=int)
    parser.add_argument("choices", nargs="*", metavar="CHOICE", help=", ".join(CHOICES))
    args = parser.parse_args()
    for name in args.choices or CHOICES:
        learn(args.photos, args.paintings, args.runs / name, args.steps, CHOICES[name])


if __name__ == "__main__":
    main()
