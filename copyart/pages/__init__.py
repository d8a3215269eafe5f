"""Pages: HTML files that need nothing else, with their pictures and curves inside."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from copyart.errors import EvaluationError
from copyart.files import reason, why_taken, write_whole

COLORS = ("#b3541e", "#1f5f8b", "#4f7a3a", "#7a4d8c", "#333333")

_LOOK = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "path"}


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("copyart.pages", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Fills in a template of this folder; text is escaped, what `embed` and `Drawing.svg` give is not.

    Args:
        template: Its file name, such as `run.html`.
        values: What it names.
    """
    return _templates().get_template(template).render(**values)


def embed(picture: Path | Image.Image, *, quality: int | None = None) -> Markup:
    """A picture as an address for `src="..."`, with all its data in it.

    Args:
        picture: A PNG or JPEG file, taken as it is, or a picture.
        quality: Of the JPEG that becomes of a picture; None for PNG.
    """
    if isinstance(picture, Path):
        data, kind = picture.read_bytes(), "jpeg" if picture.suffix.lower() in (".jpg", ".jpeg") else "png"
    else:
        file = io.BytesIO()
        kind = "png" if quality is None else "jpeg"
        picture.save(file, kind.upper(), **({} if quality is None else {"quality": quality}))
        data = file.getvalue()
    return Markup(f"data:image/{kind};base64,{base64.b64encode(data).decode()}")  # noqa: S704  # base64 and our words


def check_page(path: Path, *, overwrite: bool, make_folder: bool = False) -> None:
    """Makes sure that a page can be written to `path`, before the work that it is about.

    Args:
        path: The page.
        overwrite: A file that is there may be replaced.
        make_folder: Its folder is made if it is missing.

    Raises:
        EvaluationError: If it cannot, or a file is there that may not be replaced.
    """
    if words := why_taken(path, overwrite=overwrite, make_folder=make_folder):
        raise EvaluationError(words)


def write_page(path: Path, page: str) -> Path:
    """Writes a page, whole or not at all.

    Raises:
        EvaluationError: If it cannot be written.
    """
    try:
        write_whole(path, page.encode())
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written: {reason(error)}") from error
    return path


class Drawing:
    """Plots side by side, drawn by `drawing`.

    Attributes:
        axes: One for each plot, row by row.
        svg: The drawing, once the block is left.
    """

    def __init__(self, figure: Figure, axes: list[Axes]) -> None:
        self._figure, self.axes = figure, axes
        self.svg = Markup("")

    def _finish(self) -> None:
        file = io.StringIO()
        self._figure.savefig(file, format="svg", metadata={"Date": None})
        text = file.getvalue()
        self.svg = Markup(text[text.index("<svg") :])  # noqa: S704  # matplotlib escapes what it is given


@contextmanager
def drawing(plots: int, *, columns: int = 2, height: float = 2.6) -> Iterator[Drawing]:
    """Draws plots in the look of all pages, `columns` in a row, `height` inches each; 10 inches wide in all."""
    rows = -(-plots // columns)
    with mpl.rc_context(_LOOK):  # type: ignore[arg-type]  # wants names as literals
        figure = Figure(figsize=(10, height * rows), layout="constrained")
        axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
        drawn = Drawing(figure, axes[:plots])
        for axis in axes[plots:]:
            axis.set_visible(False)
        yield drawn
        drawn._finish()
