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
from copyart.training.learner import Figure, find_learner
from copyart.training.run import Run
from copyart.training.standing import Standing, load_standing

_OF_ALL = (Figure("learning_rate", "learning rate"), Figure("pictures_per_second", "pictures a second"))
_GRIDS = 8  # of the page; those between are left out


def write_report(run: Run) -> Path:
    """Draws the report of a run, finished or not.

    Raises:
        RunError: If there is no run, or the report cannot be written.
    """
    config = run.config()
    metrics = run.metrics()
    learner = find_learner(config.task)
    standing = load_standing(found) if (found := run.standing()) else None
    page = render(
        "run.html",
        title=run.folder.name,
        summary=_summary(metrics),
        standing=standing,
        scores=learner.scores,
        rows=_rows(standing) if standing else [],
        judged=_judged(metrics, standing, learner.scores[0].label) if standing else "",
        shown=learner.grid,
        grids=[
            {"picture": embed(path), "caption": f"after {int(path.stem):,} steps"}
            for path in _chosen(run.samples())[::-1]
        ],
        curves=_curves(metrics, [*learner.losses, *_OF_ALL, *learner.measures]) if metrics else "",
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
    """The rows of what is compared, with their figures."""
    newest = [(f"step {standing.step:,}, the newest", standing.figures)] if standing.since else []
    return [*standing.beside.items(), (f"step {standing.best_step:,}, the best", standing.best), *newest]


def _judged(metrics: Sequence[dict[str, Any]], standing: Standing, label: str) -> Markup:
    """The curve of the figure that is judged by, among those that it is to be compared with."""
    name = standing.judged
    points = [(line["step"], line[name]) for line in metrics if name in line]
    with drawing(1, columns=1) as curve:
        (axis,) = curve.axes
        axis.plot(*np.array(points).T, color=COLORS[0], marker="o", markersize=4, linewidth=1.6)
        axis.plot([standing.best_step], [standing.best[name]], "o", color=COLORS[0], markersize=9)
        for words, found in standing.beside.items():
            axis.axhline(found[name], color=COLORS[-1], linewidth=0.8, linestyle="--")
            axis.annotate(
                words, (0, found[name]), (2, 3), xycoords=("axes fraction", "data"), textcoords="offset points"
            )
        axis.set_ylim(bottom=0)
        axis.set_title(f"{_capital(label)} (less is better)", loc="left")
        axis.set_xlabel("step")
        axis.grid(alpha=0.25)
    return curve.svg


def _curves(metrics: Sequence[dict[str, Any]], figures: Sequence[Figure]) -> Markup:
    shown = {
        _capital(figure.label): [
            key for key in figure.names() if any(isfinite(record.get(key, nan)) for record in metrics)
        ]
        for figure in figures
    }
    shown = {title: keys for title, keys in shown.items() if keys}
    with drawing(len(shown)) as curves:
        for axis, (title, names) in zip(curves.axes, shown.items(), strict=True):
            highest = 0.0
            for name, color in zip(names, COLORS if len(names) > 1 else COLORS[-1:], strict=False):
                points = [(record["step"], record[name]) for record in metrics if isfinite(record.get(name, nan))]
                steps, values = np.array(points, dtype=float).T
                axis.plot(steps, values, color=color, alpha=0.2 if len(points) > 20 else 1, linewidth=0.8)
                axis.plot(steps, _smooth(values), color=color, linewidth=1.6, label=name)
                highest = max(highest, float(np.quantile(values, 0.98)))
            if 0 < highest < 0.5 * axis.get_ylim()[1]:
                axis.set_ylim(0, 1.3 * highest)  # what the first steps lose would hide all that follows
            axis.set_title(title, loc="left")
            axis.set_xlabel("step")
            axis.grid(alpha=0.25)
            axis.legend(frameon=False)
    return curves.svg


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]


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
