"""An inspection as files: two pictures, and a page that holds all of it."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from copyart.config import SaveConfig
from copyart.destinations import LAYERS, PAGE, STAGES, check_inspection
from copyart.images import save_painting, to_photo
from copyart.inspection.looking import GAIN, Inspection, scaled_size
from copyart.pages import embed, render, write_page

_SMALL, _LARGE, _GAP, _TEXT = 160, 320, 8, 13  # pixels
_COLUMNS = 4  # of stages


def save_inspection(inspection: Inspection, folder: Path, name: str, *, overwrite: bool = False) -> None:
    """Writes an inspection as two pictures and a page that holds all of it; the folder is made if it is missing.

    Args:
        inspection: What to write.
        folder: Where.
        name: What to call the photo.
        overwrite: Replace files that are there.

    Raises:
        UnwritablePictureError: If the folder or one of the files cannot be written.
    """
    check_inspection(folder, overwrite=overwrite)
    page = render("inspection.html", title=_title(inspection, name), gain=GAIN, embed=embed, **vars(inspection))
    for file, sheet in ((LAYERS, draw_layers(inspection)), (STAGES, draw_stages(inspection))):
        save_painting(sheet, to_photo(sheet), folder / file, SaveConfig(overwrite=overwrite, make_folder=True))
    write_page(folder / PAGE, page)


def draw_layers(inspection: Inspection) -> Image.Image:
    """Draws a row for each layer: its strongest channels."""
    rows = [
        (
            f"{layer.name}: {layer.channels} channels of {layer.size[0]} x {layer.size[1]}",
            [(f"{channel.number}", _to_fit(channel.picture, _SMALL)) for channel in layer.strongest],
        )
        for layer in inspection.layers
    ]
    return _sheet(rows)


def draw_stages(inspection: Inspection) -> Image.Image:
    """Draws the photo and its painting, and then every stage, each over what it has changed."""
    given, made = ("painting", "photo") if inspection.reverse else ("photo", "painting")
    first, *others = inspection.stages
    ends = [(given, inspection.photo), (made, inspection.stages[-1].painting), (first.name, first.painting)]
    cells = [
        (f"+ {stage.name}: changes {stage.levels:.1f} of 255", _stacked(stage.painting, stage.change))
        for stage in others
        if stage.change
    ]
    rows = [cells[i : i + _COLUMNS] for i in range(0, len(cells), _COLUMNS)]
    return _sheet([("", row) for row in [[(name, _to_fit(picture, _LARGE)) for name, picture in ends], *rows]])


def _title(inspection: Inspection, name: str) -> str:
    return f"What style {inspection.style.name}{', reversed,' * inspection.reverse} does to {name}"


def _to_fit(picture: Image.Image, side: int) -> Image.Image:
    """A picture whose long edge is `side`; one that is much enlarged shows its pixels."""
    method = Image.Resampling.NEAREST if 2 * max(picture.size) <= side else Image.Resampling.LANCZOS
    return picture.resize(scaled_size(picture.size, side), method)


def _stacked(picture: Image.Image, below: Image.Image) -> Image.Image:
    upper, lower = _to_fit(picture, _LARGE), _to_fit(below, _LARGE)
    both = Image.new("RGB", (upper.width, 2 * upper.height + _GAP), "white")
    both.paste(upper, (0, 0))
    both.paste(lower, (0, upper.height + _GAP))
    return both


def _sheet(rows: list[tuple[str, list[tuple[str, Image.Image]]]]) -> Image.Image:
    """Draws rows of pictures with a heading over each row, if it has one, and a caption over each picture."""
    font, line = ImageFont.load_default(_TEXT), _TEXT + _GAP
    cell = _GAP + max(
        max(picture.width, int(font.getlength(caption))) for _, cells in rows for caption, picture in cells
    )
    width = max(cell * len(cells) for _, cells in rows)
    width = max(width, *(int(font.getlength(title)) + _GAP for title, _ in rows))
    heights = [line * bool(title) + line + max(picture.height for _, picture in cells) + _GAP for title, cells in rows]
    sheet = Image.new("RGB", (_GAP + width, _GAP + sum(heights)), "white")
    draw, top = ImageDraw.Draw(sheet), _GAP
    for (title, cells), height in zip(rows, heights, strict=True):
        draw.text((_GAP, top), title, "black", font)
        for column, (caption, picture) in enumerate(cells):
            corner = _GAP + column * cell, top + line * bool(title)
            draw.text(corner, caption, "#555555", font)
            sheet.paste(picture, (corner[0], corner[1] + line))
        top += height
    return sheet
