"""How near a style's paintings come to its artist, on pictures that it never learned from.

    python docs/styles/score.py snapshots runs/monet                              # what a run kept, step by step
    python docs/styles/score.py artists monet=runs/monet vangogh=runs/vangogh     # each style, and each artist

A run says what it held out (`held-out-a.txt`, `held-out-b.txt`). Pictures are squares, as large as the run's
`load_size`. The tables are Markdown.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure as ssim

from copyart.checkpoints import load_generator, load_style
from copyart.data import read_scaled
from copyart.devices import pick_dtype
from copyart.measures import sliced_wasserstein, weave
from copyart.styles import Style
from copyart.training.run import Run

PHOTOS = 200


@dataclass(frozen=True)
class HeldOut:
    """What a run knows.

    Attributes:
        photos: Those that it did not learn from, b 3 h w in [-1, 1]; `PHOTOS` at most.
        paintings: Those that it did not learn from.
        learned: The artist's paintings that it learned from.
    """

    photos: Tensor
    paintings: Tensor
    learned: Tensor

    @property
    def artist(self) -> Tensor:
        """All of the artist's paintings."""
        return torch.cat([self.learned, self.paintings])


def read_held_out(folder: Path) -> HeldOut:
    """Reads the pictures of a run."""
    side = Run(folder).config().load_size

    def paths(name: str) -> list[str]:
        return (folder / name).read_text().splitlines()

    def squares(paths: Iterable[str]) -> Tensor:
        return torch.stack([_square(Path(path), side) for path in paths])

    held_out = paths("held-out-b.txt")
    learned = (path for path in paths("domain-b.txt") if path not in held_out)
    return HeldOut(squares(paths("held-out-a.txt")[:PHOTOS]), squares(held_out), squares(learned))


def _square(path: Path, side: int) -> Tensor:
    picture = torch.tensor(read_scaled(path, side)).permute(2, 0, 1) / 127.5 - 1
    top, left = ((size - side) // 2 for size in picture.shape[1:])
    return picture[:, top : top + side, left : left + side]


@torch.inference_mode()
def paint(style: Style, pictures: Tensor, *, reverse: bool = False) -> Tensor:
    """Paints pictures, b 3 h w, in the precision that is usual on this processor."""
    dtype = pick_dtype(torch.device("cpu"))
    generator = load_generator(style, reverse=reverse).to(dtype).to(memory_format=torch.channels_last)
    return torch.cat([generator(some.to(dtype)).float().clamp(-1, 1) for some in torch.split(pictures, 4)])


def structure_kept(pictures: Tensor, paintings: Tensor) -> float:
    """The SSIM of their luminance (Wang et al. 2004): 1 for the same picture."""
    weights = torch.tensor([0.299, 0.587, 0.114])
    light = [torch.einsum("bchw,c->bhw", each, weights)[:, None] for each in (pictures, paintings)]
    similarity = ssim(light[0], light[1], data_range=2.0)
    assert isinstance(similarity, Tensor)
    return float(similarity)


def quality(style: Style, held_out: HeldOut) -> dict[str, float]:
    """The scores that go into the style's record."""
    photos, goal = held_out.photos, held_out.paintings
    paintings = paint(style, photos)
    return {
        "distance_closed": round(1 - sliced_wasserstein(paintings, goal) / sliced_wasserstein(photos, goal), 3),
        "structure_kept": round(structure_kept(photos, paintings), 3),
        "weave": round(weave(paintings), 2),
    }


def score_snapshots(folder: Path) -> None:
    """Prints a line for each style that a run kept, both ways, and one for doing nothing."""
    held_out = read_held_out(folder)
    photos, paintings = held_out.photos, held_out.paintings
    print(f"{len(photos)} photos and {len(paintings)} paintings that were held out\n")
    print("| steps | to the artist | kept | weave | back to photos | kept | weave |\n|--:|--:|--:|--:|--:|--:|--:|")
    ways: list[tuple[bool, Tensor, Tensor]] = [(False, photos, paintings), (True, paintings, photos)]

    def show(name: str, painted: Iterable[Tensor]) -> None:
        cells = [
            f"{sliced_wasserstein(ours, goal):.0f} | {structure_kept(pictures, ours):.2f} | {weave(ours):.1f}"
            for (_, pictures, goal), ours in zip(ways, painted, strict=True)
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)

    show("none", (photos, paintings))
    for snapshot in sorted((folder / "snapshots").iterdir()):
        style = load_style(str(snapshot))
        show(f"{int(snapshot.name):,}", (paint(style, pictures, reverse=reverse) for reverse, pictures, _ in ways))


def score_artists(runs: Mapping[str, Path]) -> None:
    """Prints the distances from each style's paintings of its run's photos to every artist, and their scores."""
    known = {name: read_held_out(folder) for name, folder in runs.items()}
    photos = next(iter(known.values())).photos
    for words, goals in (
        ("all paintings", {name: held_out.artist for name, held_out in known.items()}),
        ("the paintings that were held out", {name: held_out.paintings for name, held_out in known.items()}),
    ):
        counts = ", ".join(f"{len(goal)} {name}" for name, goal in goals.items())
        print(f"\nFrom {len(photos)} photos that were held out to {words} ({counts}):\n")
        print(f"| | {' | '.join(goals)} |\n|---|{'--:|' * len(goals)}")
        _show_distances("photos as they are", photos, goals)
        for name in runs:
            _show_distances(name, paint(load_style(name), photos), goals)
    print("\nFrom each artist's other paintings to those that were held out:\n")
    for name, held_out in known.items():
        print(f"- {name}: {sliced_wasserstein(held_out.learned, held_out.paintings):.0f}")
    print("\n| | nearer | kept | weave |\n|---|--:|--:|--:|")
    print(f"| photos as they are | 0% | 1.00 | {weave(photos):.1f} |")
    for name, held_out in known.items():
        scores = quality(load_style(name), held_out)
        closed, kept, grid = scores["distance_closed"], scores["structure_kept"], scores["weave"]
        print(f"| {name} | {closed:.0%} | {kept:.2f} | {grid:.1f} |", flush=True)


def _show_distances(name: str, pictures: Tensor, goals: Mapping[str, Tensor]) -> None:
    cells = [f"{sliced_wasserstein(pictures, goal):.0f}" for goal in goals.values()]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


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
