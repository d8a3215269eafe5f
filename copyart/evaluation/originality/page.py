"""The page of a comparison: how alike pictures are, and those that are most alike beside each other."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from torch import Tensor

from copyart.errors import CopyartError
from copyart.evaluation.originality.comparing import BINS, SAME, Originality
from copyart.evaluation.pictures import Pictures, sizes_of, square
from copyart.images import open_photo
from copyart.pages import COLORS, Drawing, drawing, embed, render

_SHOWN = 24  # generated pictures
_SIDE = 128  # pixels, of a picture on the page


def make_page(generated: Pictures, training: Pictures, found: Originality) -> str:
    """Draws the page.

    Args:
        generated: The pictures that were compared.
        training: Those that they were compared with.
        found: The result of `compare`.
    """
    return render(
        "originality.html",
        title=f"{generated.name}: new, or copied from {training.name}?",
        counts=[sizes_of(generated), sizes_of(training)],
        verdict=found.verdict(),
        rows=[("generated", found.generated), ("training", found.training)] if found.training else [],
        same=SAME,
        curves=_curves(found, found.among) if found.among is not None else "",
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


def _curves(found: Originality, among: Tensor) -> Markup:
    with drawing(2) as plots:
        _draw_nearest(plots, {"generated": found.ssim[:, 0], "training pictures among themselves": among})
        _draw_pairs(plots, found.pairs.numpy())
        for axis, unit in zip(plots.axes, ("% of pictures", "% of pairs"), strict=True):
            axis.set_ylabel(unit)
            axis.set_xlabel("SSIM")
            axis.grid(alpha=0.25)
    return plots.svg


def _draw_nearest(plots: Drawing, shown: dict[str, Tensor]) -> None:
    axis = plots.axes[0]
    steps = np.linspace(min(0, *(float(ssim.min()) for ssim in shown.values())), 1, 51).tolist()
    for (name, ssim), color in zip(shown.items(), COLORS, strict=False):
        share = np.full(len(ssim), 100 / len(ssim))
        axis.hist(ssim.numpy(), steps, weights=share, histtype="stepfilled", color=color, alpha=0.2)
        axis.hist(ssim.numpy(), steps, weights=share, histtype="step", color=color, label=name)
    axis.axvline(SAME, color=COLORS[4], linestyle=":", linewidth=1, label="nearly the same")
    axis.set_title("SSIM with the nearest training picture", loc="left")
    axis.legend(frameon=False)


def _draw_pairs(plots: Drawing, counts: npt.NDArray[np.float32]) -> None:
    axis, edges = plots.axes[1], np.linspace(-1, 1, BINS + 1)
    axis.stairs(100 * counts / counts.sum(), edges, color=COLORS[0], fill=True, alpha=0.4)
    reach = np.flatnonzero(counts)
    axis.set_xlim(edges[reach[0]] - 0.02, edges[reach[-1] + 1] + 0.02)
    axis.set_title("SSIM of all pairs of a generated and a training picture", loc="left")
