"""The page of an evaluation: scores, plots, and the pictures themselves."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from markupsafe import Markup
from PIL import Image
from torch import Tensor

from copyart.evaluation.pictures import Pictures, sizes_of
from copyart.evaluation.scores import Figure, Kinds, Score
from copyart.evaluation.viewing import View
from copyart.metrics import structure_kept, to_lab
from copyart.pages import COLORS, Drawing, drawing, embed, render
from copyart.tensors import from_bytes

_SHOWN = 24  # pictures on a sheet
_COLUMNS = 8
_PAIRS = 6  # of photos and paintings
_SIDE = 112  # pixels, of a picture on the page
_WIDTH = 1152  # pixels, of the pictures as they are seen
_PIXELS = 200_000  # of each kind, from which its colours are drawn
_KINDS = ("paintings", "generated", "photos")


def make_page(
    title: str,
    kinds: Kinds,
    scores: Sequence[Score],
    notes: Sequence[str],
    seen: Sequence[tuple[View, Sequence[Score]]] = (),
    seen_notes: Sequence[str] = (),
) -> str:
    """Draws the page.

    Args:
        title: The headline: who was judged by whom.
        kinds: The pictures.
        scores: Their scores.
        notes: Sentences to be read beside them.
        seen: The pictures at the sizes at which people look, and their scores.
        seen_notes: Sentences to be read beside those.
    """
    shown = {name: pictures for name in _KINDS if (pictures := getattr(kinds, name))}
    return render(
        "scores.html",
        title=title,
        counts=[sizes_of(pictures) for pictures in shown.values()],
        notes=notes,
        rows=[{"score": score, **_row(score)} for score in scores if not score.missing],
        seen=[{"size": view.size, "score": score, **_row(score)} for view, score in by_measure(seen)],
        seen_notes=seen_notes,
        views=[
            {"size": view.size, "picture": embed(_as_seen(view.kinds), quality=90)} for view, _ in seen if view.kinds
        ],
        bars=_bars(scores),
        curves=_curves(shown),
        pairs=_pairs(kinds),
        sheets=[{"name": name, "picture": embed(_sheet(pictures), quality=88)} for name, pictures in shown.items()],
    )


def show(figure: Figure | None, digits: int) -> str:
    """A figure, as people read it: as many digits as mean something, its interval or else its deviation; "" of none."""
    if figure is None:
        return ""
    if figure.low is not None:
        return f"{figure.value:,.{digits}f} ({figure.low:,.{digits}f} to {figure.high:,.{digits}f})"
    deviation = "" if figure.deviation is None else f" ± {figure.deviation:.{digits}f}"
    return f"{figure.value:,.{digits}f}{deviation}"


def by_measure(seen: Sequence[tuple[View, Sequence[Score]]]) -> list[tuple[View, Score]]:
    """The scores at the sizes at which people look, each measure at one size after the other."""
    columns = [[(view, score) for score in scores] for view, scores in seen if scores]
    return [each for row in zip(*columns, strict=True) for each in row if not each[1].missing]


def _row(score: Score) -> dict[str, str]:
    digits = score.measure.digits
    return {name: show(getattr(score, name), digits) for name in ("untouched", "generated", "floor")}


def _bars(scores: Sequence[Score]) -> Markup | str:
    """Each measure in which less or more is better: what doing nothing, the pictures and the artist score."""
    shown = [score for score in scores if score.generated and score.measure.better and (score.untouched or score.floor)]
    if not shown:
        return ""
    names = {"photos as they are": "untouched", "generated": "generated", "among paintings": "floor"}
    colors = (COLORS[4], COLORS[0], COLORS[1])
    with drawing(len(shown), columns=4, height=1.9) as plots:
        for axis, score in zip(plots.axes, shown, strict=True):
            figures = [getattr(score, name) for name in names.values()]
            values = [figure.value if figure else 0.0 for figure in figures]
            bars = axis.barh(range(3), values, color=colors)
            axis.bar_label(bars, [show(figure, score.measure.digits) for figure in figures], padding=3)
            axis.set_yticks(range(3), names)
            axis.invert_yaxis()
            axis.margins(x=0.35)
            title = f"{score.measure.short_title} ({score.measure.better} is better)"
            axis.set_title(title, loc="left", fontsize=8)
    return plots.svg


def _curves(shown: dict[str, Pictures]) -> Markup:
    colors = {"paintings": COLORS[1], "generated": COLORS[0], "photos": COLORS[4]}
    with drawing(4) as plots:
        titles = ("Light (L of CIELAB)", "From green to red (a)", "From blue to yellow (b)")
        for axis, channel, title in zip(plots.axes, range(3), titles, strict=False):
            reach = (0, 100) if channel == 0 else (-50, 50)
            for name, pictures in shown.items():
                values = _some_pixels(pictures)[:, channel].numpy()
                axis.hist(values, bins=64, range=reach, density=True, histtype="step", color=colors[name], label=name)
            axis.set_title(title, loc="left")
            axis.set_yticks([])
            axis.legend(frameon=False)
        _draw_fineness(plots, shown, colors)
    return plots.svg


def _draw_fineness(plots: Drawing, shown: dict[str, Pictures], colors: dict[str, str]) -> None:
    axis = plots.axes[3]
    for name, pictures in shown.items():
        power = _spectrum(pictures)
        period = pictures.pixels.shape[-1] / np.arange(1, len(power) + 1)
        axis.loglog(period, power, color=colors[name], label=name)
    axis.invert_xaxis()
    axis.set_title("From broad to fine (power by size of detail)", loc="left")
    axis.set_xlabel("pixels")
    axis.legend(frameon=False)


def _some_pixels(pictures: Pictures) -> Tensor:
    """Colours from anywhere in the pictures, in CIELAB: n 3."""
    pixels = pictures.pixels.movedim(1, -1).reshape(-1, 3)
    chance = torch.Generator().manual_seed(0)
    return to_lab(from_bytes(pixels[torch.randint(len(pixels), (_PIXELS,), generator=chance)]))


def _spectrum(pictures: Pictures) -> npt.NDArray[np.float64]:
    """The power of the light by frequency, the mean over directions and some of the pictures."""
    light = from_bytes(pictures.pixels[:: max(1, len(pictures) // 100)]).mean(dim=1)
    side = light.shape[-1]
    window = torch.hann_window(side)
    power = torch.fft.fft2((light - light.mean(dim=(1, 2), keepdim=True)) * window * window[:, None]).abs().square()
    frequency = torch.fft.fftfreq(side, 1 / side)
    radius = (frequency.square() + frequency[:, None].square()).sqrt().round().long()
    sums = torch.bincount(radius.flatten(), power.mean(dim=0).flatten())
    return np.asarray((sums / torch.bincount(radius.flatten()).clamp_min(1))[1 : side // 2].double())


def _pairs(kinds: Kinds) -> list[dict[str, str]]:
    """The pairs whose structure was kept least and most."""
    if not kinds.photos or not kinds.pairs:
        return []
    ours, theirs = (torch.tensor(places) for places in zip(*kinds.pairs, strict=True))
    kept = structure_kept(kinds.photos.pixels[theirs], kinds.generated.pixels[ours])
    order = kept.argsort().tolist()
    count = min(_PAIRS, -(-len(order) // 2))
    found = []
    for words, places in (("Least of the photo kept", order[:count]), ("Most of the photo kept", order[-count:][::-1])):
        sheet = Image.new("RGB", (count * (_SIDE + 6) - 6, 2 * _SIDE), "white")
        for column, place in enumerate(places):
            generated, photo = kinds.pairs[place]
            for row, image in enumerate((kinds.photos.image(photo), kinds.generated.image(generated))):
                sheet.paste(image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), (column * (_SIDE + 6), row * _SIDE))
        spread = f"SSIM {float(kept[places].min()):.2f} to {float(kept[places].max()):.2f}"
        found.append({"caption": f"{words}: {spread}", "picture": embed(sheet, quality=90)})
    return found


def _as_seen(kinds: Kinds) -> Image.Image:
    """Some photos, under each its painting, and under those some of the artist's pictures, pixel by pixel."""
    side = kinds.generated.pixels.shape[-1]
    most = _WIDTH // side
    pairs = kinds.pairs[:: -(-len(kinds.pairs) // most)][:most] if kinds.pairs else ()
    artists = kinds.paintings
    rows = [
        [kinds.photos.image(photo) for _, photo in pairs] if kinds.photos else [],
        [kinds.generated.image(i) for i in ([i for i, _ in pairs] or range(min(most, len(kinds.generated))))],
        [artists.image(i) for i in range(0, len(artists), -(-len(artists) // most))],
    ]
    rows = [row for row in rows if row]
    sheet = Image.new("RGB", (max(map(len, rows)) * side, len(rows) * side), "white")
    for top, row in enumerate(rows):
        for left, image in enumerate(row):
            sheet.paste(image, (left * side, top * side))
    return sheet


def _sheet(pictures: Pictures) -> Image.Image:
    """Some of the pictures, spread over all, in rows of eight."""
    count = min(len(pictures), _SHOWN)
    sheet = Image.new("RGB", (_COLUMNS * _SIDE, -(-count // _COLUMNS) * _SIDE), "white")
    for place in range(count):
        image = pictures.image(place * len(pictures) // count).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        sheet.paste(image, (place % _COLUMNS * _SIDE, place // _COLUMNS * _SIDE))
    return sheet
