"""The page of a comparison: how alike pictures are, and those that are most alike beside each other."""

from pathlib import Path

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from copyart.errors import CopyartError
from copyart.evaluation.originality.comparing import BINS, SAME, Originality
from copyart.evaluation.pictures import Pictures, sizes_of, square
from copyart.images import open_photo
from copyart.pages import COLORS, drawing, embed, render

_SHOWN = 24  # generated pictures
_SIDE = 128  # pixels, of a picture on the page


def make_page(generated: Pictures, training: Pictures, found: Originality) -> str:
    """Draws the page.

    Args:
        generated: What was compared.
        training: With what.
        found: What `compare` made of them.
    """
    return render(
        "originality.html",
        title=f"{generated.name}: new, or copied from {training.name}?",
        counts=[sizes_of(generated), sizes_of(training)],
        verdict=found.verdict(),
        rows=[row for row in (("generated", found.generated), ("training", found.training)) if row[1]],
        same=SAME,
        curves=_curves(found),
        side=_SIDE,
        alike=[_alike(generated, training, found, i) for i in found.order[:_SHOWN]],
        total=len(generated),
    )


def _alike(generated: Pictures, training: Pictures, found: Originality, index: int) -> dict[str, object]:
    """A generated picture, and those that it is most like."""
    nearest = [
        {"picture": _picture(training, place), "name": training.paths[place].name, "ssim": ssim, "same": ssim >= SAME}
        for place, ssim in zip(found.nearest[index].tolist(), found.ssim[index].tolist(), strict=True)
    ]
    return {"picture": _picture(generated, index), "name": generated.paths[index].name, "nearest": nearest}


def _picture(pictures: Pictures, index: int) -> Markup:
    """A picture as people want to see it: finer than it was compared, if its file is still there."""
    path: Path = pictures.paths[index]
    try:
        image = square(open_photo(path, least=2 * _SIDE).image, _SIDE)
    except CopyartError:
        image = pictures.image(index).resize((_SIDE, _SIDE))
    return embed(image, quality=85)


def _curves(found: Originality) -> Markup:
    with drawing(2) as plots:
        nearest, pairs = plots.axes
        shown = {"generated": (found.ssim[:, 0], COLORS[0])}
        if found.among is not None:
            shown["training pictures among themselves"] = (found.among, COLORS[1])
        steps = np.linspace(min(0, *(float(ssim.min()) for ssim, _ in shown.values())), 1, 51).tolist()
        for name, (ssim, color) in shown.items():
            share = np.full(len(ssim), 100 / len(ssim))
            nearest.hist(ssim.numpy(), steps, weights=share, histtype="stepfilled", color=color, alpha=0.2)
            nearest.hist(ssim.numpy(), steps, weights=share, histtype="step", color=color, label=name)
        nearest.axvline(SAME, color=COLORS[4], linestyle=":", linewidth=1, label="nearly the same")
        _name(nearest, "SSIM with the nearest training picture", "% of pictures")
        nearest.legend(frameon=False)
        counts = found.pairs.numpy()
        pairs.stairs(100 * counts / counts.sum(), np.linspace(-1, 1, BINS + 1), color=COLORS[0], fill=True, alpha=0.4)
        reach = np.flatnonzero(counts)
        pairs.set_xlim(2 * reach[0] / BINS - 1.02, 2 * reach[-1] / BINS - 0.98)
        _name(pairs, "SSIM of all pairs of a generated and a training picture", "% of pairs")
    return plots.svg


def _name(axis: Axes, title: str, unit: str) -> None:
    axis.set_title(title, loc="left")
    axis.set_ylabel(unit)
    axis.set_xlabel("SSIM")
    axis.grid(alpha=0.25)
