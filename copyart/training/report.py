"""`report.html`: what a run did, on one page that needs nothing else."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

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
_COLORS = {"a": "#b3541e", "b": "#1f5f8b"}
_GRIDS = 8  # of the page; those between are left out

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{name}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }}
body {{ color: #222; background: #fff; }}
h1, h2 {{ font-weight: 600; line-height: 1.2; }}  h2 {{ margin-top: 2.5rem; }}
img, svg {{ max-width: 100%; height: auto; }}  figure {{ margin: 1.5rem 0; }}  figcaption {{ color: #555; }}
table {{ border-collapse: collapse; }}  td {{ padding: .15rem 1rem .15rem 0; vertical-align: top; }}
td:first-child {{ color: #555; }}
</style></head><body>
<h1>{name}</h1>
<p>{summary}</p>
<h2>Paintings of pictures that were held out</h2>
<p>Left: photo, painting, photo again. Right: painting, photo, painting again. The newest first.</p>
{grids}
<h2>Curves</h2>
{curves}
<h2>Configuration</h2>
<table>{rows}</table>
</body></html>
"""


def write_report(run: Run) -> Path:
    """Draws the report of a run, finished or not.

    Raises:
        RunError: If there is no run, or the report cannot be written.
    """
    config = run.config()
    metrics = run.metrics()
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"
        for name, value in asdict(config).items()
        if value not in ("", None)
    )
    page = _PAGE.format(
        name=html.escape(run.folder.name),
        summary=_summary(metrics),
        grids="\n".join(_grid(path) for path in _chosen(run.samples())[::-1]) or "<p>There are none yet.</p>",
        curves=_curves(metrics) if metrics else "<p>There are no figures yet.</p>",
        rows=rows,
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


def _curves(metrics: Sequence[dict[str, Any]]) -> str:
    shown = {
        title: [name for name in names if any(name in record for record in metrics)] for title, names in _GROUPS.items()
    }
    shown = {title: names for title, names in shown.items() if names}
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "path"}):
        figure = Figure(figsize=(10, 2.6 * -(-len(shown) // 2)), layout="constrained")
        axes = figure.subplots(-(-len(shown) // 2), 2, squeeze=False).ravel()
        for axis, (title, names) in zip(axes, shown.items(), strict=False):
            highest = 0.0
            for name in names:
                points = [(record["step"], record[name]) for record in metrics if name in record]
                steps, values = np.array(points, dtype=float).T
                color = _COLORS.get(name[-1], "#333333")
                axis.plot(steps, values, color=color, alpha=0.2 if len(points) > 20 else 1, linewidth=0.8)
                axis.plot(steps, _smooth(values), color=color, linewidth=1.6, label=name)
                highest = max(highest, float(np.quantile(values, 0.98)))
            if highest < 0.5 * axis.get_ylim()[1]:
                axis.set_ylim(0, 1.3 * highest)  # what the first steps lose would hide all that follows
            axis.set_title(title, loc="left")
            axis.set_xlabel("step")
            axis.grid(alpha=0.25)
            axis.legend(frameon=False)
        for axis in axes[len(shown) :]:
            axis.set_visible(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    return f"<figure>{svg[svg.index('<svg') :]}</figure>"


def _smooth(values: "np.ndarray[Any, np.dtype[np.float64]]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """The mean of what lies around, over a twentieth of the whole."""
    width = max(1, len(values) // 20)
    around = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(around, np.ones(width) / width, mode="valid")


def _chosen(samples: list[Path]) -> list[Path]:
    """Some of the grids, evenly: the first and the last among them."""
    if len(samples) <= _GRIDS:
        return samples
    return [samples[round(i * (len(samples) - 1) / (_GRIDS - 1))] for i in range(_GRIDS)]


def _grid(path: Path) -> str:
    picture = base64.b64encode(path.read_bytes()).decode()
    caption = f"after {int(path.stem):,} steps"
    image = f'<img alt="Samples {caption}" src="data:image/png;base64,{picture}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
