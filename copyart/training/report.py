"""`report.html`: what a run did, on one page that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from copyart.pages import COLORS, drawing, embed, render
from copyart.training.evaluation import Standing
from copyart.training.run import Run

_GROUPS = {
    "Critics (lower: they tell real from painted)": ("critic_a", "critic_b"),
    "Generators: fooling the critics": ("fool_a", "fool_b"),
    "Generators: the way back": ("cycle_a", "cycle_b"),
    "Generators: leaving alone": ("identity_a", "identity_b"),
    "Generators: leaving no grid": ("lattice_a", "lattice_b"),
    "Learning rate": ("learning_rate",),
    "Pictures a second": ("pictures_per_second",),
    "Grid left in pictures, dB": ("weave_a", "weave_b"),
}
_COLORS = {"a": COLORS[0], "b": COLORS[1]}
_GRIDS = 8  # of the page; those between are left out


def write_report(run: Run) -> Path:
    """Draws the report of a run, finished or not.

    Raises:
        RunError: If there is no run, or the report cannot be written.
    """
    config = run.config()
    metrics = run.metrics()
    standing = Standing(**found) if (found := run.standing()) else None
    page = render(
        "run.html",
        title=run.folder.name,
        summary=_summary(metrics),
        standing=standing,
        rows=_rows(standing) if standing else [],
        distances=_distances(metrics, standing) if standing else "",
        grids=[
            {"picture": embed(path), "caption": f"after {int(path.stem):,} steps"}
            for path in _chosen(run.samples())[::-1]
        ],
        curves=_curves(metrics) if metrics else "",
        settings=[(name, value) for name, value in asdict(config).items() if value not in ("", None)],
    )
    return run.write("report.html", page.encode())


def _summary(metrics: Sequence[dict[str, Any]]) -> str:
    lines = [record for record in metrics if "seconds" in record]
    if not lines:
        return "No step was taken yet."
    last = lines[-1]
    speed = float(np.median([line["pictures_per_second"] for line in lines]))
    return (
        f"{last['step']:,} steps ({last['epoch']:.1f} epochs) in {last['seconds'] / 3600:.2f} hours, "
        f"{speed:.1f} pictures a second."
    )


def _rows(standing: Standing) -> list[tuple[str, Mapping[str, float]]]:
    """What is compared, with its figures."""
    newest = [(f"step {standing.step:,}, the newest", standing.figures)] if standing.since else []
    return [
        ("photos as they are", standing.photos),
        (f"step {standing.best_step:,}, the best", standing.best),
        *newest,
        ("one half of the artist's paintings against the other", standing.artist),
    ]


def _distances(metrics: Sequence[dict[str, Any]], standing: Standing) -> Markup:
    """The curve of the distance, between that of photos as they are and that among the artist's own."""
    points = [(line["step"], line["distance"]) for line in metrics if "distance" in line]
    with drawing(1, columns=1) as curve:
        (axis,) = curve.axes
        axis.plot(*np.array(points).T, color=COLORS[0], marker="o", markersize=4, linewidth=1.6)
        axis.plot([standing.best_step], [standing.best["distance"]], "o", color=COLORS[0], markersize=9)
        for value, words in ((standing.photos, "photos as they are"), (standing.artist, "among the artist's own")):
            axis.axhline(value["distance"], color=COLORS[-1], linewidth=0.8, linestyle="--")
            axis.annotate(
                words, (0, value["distance"]), (2, 3), xycoords=("axes fraction", "data"), textcoords="offset points"
            )
        axis.set_ylim(bottom=0)
        axis.set_title("Distance to the artist (lower: nearer)", loc="left")
        axis.set_xlabel("step")
        axis.grid(alpha=0.25)
    return curve.svg


def _curves(metrics: Sequence[dict[str, Any]]) -> Markup:
    shown = {
        title: [name for name in names if any(isfinite(record.get(name, nan)) for record in metrics)]
        for title, names in _GROUPS.items()
    }
    shown = {title: names for title, names in shown.items() if names}
    with drawing(len(shown)) as curves:
        for axis, (title, names) in zip(curves.axes, shown.items(), strict=True):
            highest = 0.0
            for name in names:
                points = [(record["step"], record[name]) for record in metrics if isfinite(record.get(name, nan))]
                steps, values = np.array(points, dtype=float).T
                color = _COLORS.get(name[-1], COLORS[-1])
                axis.plot(steps, values, color=color, alpha=0.2 if len(points) > 20 else 1, linewidth=0.8)
                axis.plot(steps, _smooth(values), color=color, linewidth=1.6, label=name)
                highest = max(highest, float(np.quantile(values, 0.98)))
            if highest < 0.5 * axis.get_ylim()[1]:
                axis.set_ylim(0, 1.3 * highest)  # what the first steps lose would hide all that follows
            axis.set_title(title, loc="left")
            axis.set_xlabel("step")
            axis.grid(alpha=0.25)
            axis.legend(frameon=False)
    return curves.svg


def _smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean of what lies around, over a twentieth of the whole."""
    width = max(1, len(values) // 20)
    around = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(around, np.ones(width) / width, mode="valid")


def _chosen(samples: list[Path]) -> list[Path]:
    """Some of the grids, evenly: the first and the last among them."""
    if len(samples) <= _GRIDS:
        return samples
    return [samples[round(i * (len(samples) - 1) / (_GRIDS - 1))] for i in range(_GRIDS)]
