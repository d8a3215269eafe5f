"""Draws the pictures that the bundled enlarger `drawings` learned from: faces with outlines, flat colours and hatching.

    python docs/enlargers/draw.py FOLDER [COUNT]

All is drawn by chance, that of the picture's own number: no picture of anyone's is needed, and anyone may use them.
"""

import colorsys
import itertools
import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE, FINER = 256, 3  # drawn at so many times the size, for smooth edges
LEAST = 112  # and then made as small as this, by chance
COUNT = 600

Point = tuple[float, float]
Color = tuple[int, int, int]


class Sheet:
    """A picture under way, in coordinates from -1 to 1 that are turned, moved and enlarged."""

    def __init__(self, chance: np.random.Generator) -> None:
        self.chance = chance
        side = SIZE * FINER
        self.picture = Image.new("RGB", (side, side), self.color(0.6))
        self.draw = ImageDraw.Draw(self.picture)
        self.zoom = side / 2 * chance.uniform(0.7, 1.5)
        self.angle = chance.normal(0, 0.15)
        self.middle = side / 2 * (1 + chance.normal(0, 0.15, 2))
        self.width = side / 2 * chance.uniform(0.004, 0.022)  # of lines
        self.ink = self.color(0.18, 0.5)

    def color(self, value: float, saturation: float | None = None) -> Color:
        """A colour of about that value."""
        found = self.chance.uniform(0.05, 0.9) if saturation is None else saturation * self.chance.random()
        value = float(np.clip(value + self.chance.normal(0, 0.15), 0.03, 1))
        red, green, blue = colorsys.hsv_to_rgb(self.chance.random(), found, value)
        return round(255 * red), round(255 * green), round(255 * blue)

    def place(self, points: list[Point]) -> list[Point]:
        """Points of the drawing as pixels."""
        cos, sin = math.cos(self.angle) * self.zoom, math.sin(self.angle) * self.zoom
        return [(self.middle[0] + x * cos - y * sin, self.middle[1] + x * sin + y * cos) for x, y in points]

    def shape(self, points: list[Point], fill: Color | None, width: float = 1.0) -> None:
        """A closed shape, filled and outlined."""
        placed = self.place(points)
        if fill is not None:
            self.draw.polygon(placed, fill=fill)
        self.line([*points, points[0]], width)

    def line(self, points: list[Point], width: float = 1.0, color: Color | None = None) -> None:
        """A line with round joints."""
        thick = max(1, round(self.width * width))
        if width > 0:
            self.draw.line(self.place(points), fill=color or self.ink, width=thick, joint="curve")


def oval(x: float, y: float, wide: float, high: float, power: float = 2.0) -> list[Point]:
    """An ellipse, or with another power one that is more of a square or of a diamond."""
    angles = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    points = []
    for angle in angles:
        cos, sin = math.cos(angle), math.sin(angle)
        points.append(
            (
                x + wide * math.copysign(abs(cos) ** (2 / power), cos),
                y + high * math.copysign(abs(sin) ** (2 / power), sin),
            )
        )
    return points


def bend(points: list[Point], count: int = 24) -> list[Point]:
    """A smooth line through a few points' neighbourhood: a Bezier curve."""
    curve = []
    for t in np.linspace(0, 1, count):
        now = [np.array(point) for point in points]
        while len(now) > 1:
            now = [(1 - t) * one + t * other for one, other in itertools.pairwise(now)]
        curve.append((float(now[0][0]), float(now[0][1])))
    return curve


def tinted(color: Color, by: float) -> Color:
    """A lighter or darker shade."""
    red, green, blue = (round(min(255.0, max(0.0, part * by))) for part in color)
    return red, green, blue


def draw_ground(sheet: Sheet) -> None:
    """Something behind: a flat colour, a run of colours, dots, stripes or a horizon."""
    kind, chance = sheet.chance.integers(5), sheet.chance
    one, other, side = sheet.color(0.7), sheet.color(0.7), SIZE * FINER
    if kind == 1:
        share = np.linspace(0, 1, side)[:, None, None]
        run = (np.array(one) * (1 - share) + np.array(other) * share).astype(np.uint8)
        sheet.picture.paste(Image.fromarray(np.broadcast_to(run, (side, side, 3)).copy()))
    elif kind == 2:
        step = side * chance.uniform(0.04, 0.15)
        for x in np.arange(0, side, step):
            for y in np.arange(0, side, step):
                sheet.draw.ellipse((x, y, x + step / 2, y + step / 2), fill=other)
    elif kind == 3:
        step = side * chance.uniform(0.03, 0.12)
        for x in np.arange(-side, side, step):
            sheet.draw.line((x, 0, x + side * chance.uniform(0.9, 1), side), fill=other, width=round(step / 3))
    elif kind == 4:
        sheet.draw.rectangle((0, side * chance.uniform(0.4, 0.8), side, side), fill=other)


def draw_hair(sheet: Sheet, color: Color, top: float, *, front: bool) -> None:
    """Locks that end in points, behind the face or over the forehead."""
    chance = sheet.chance
    low = chance.uniform(-0.25, 0.0) if front else chance.uniform(0.1, 1.1)
    count, half = int(chance.integers(4, 11)), 0.62 if front else 0.78
    points = bend([(-half, low * 0.5), (-half, top - 0.5), (half, top - 0.5), (half, low * 0.5)], 40)
    ends = np.linspace(half, -half, count)
    for one, other in itertools.pairwise(ends):
        points += bend(
            [
                (one, low * 0.4),
                ((one + other) / 2 + chance.normal(0, 0.06), low + chance.normal(0, 0.1)),
                (other, low * 0.4 - 0.1 * front),
            ],
            12,
        )
    sheet.shape(points, color)
    for _ in range(int(chance.integers(0, 14))):
        x = chance.uniform(-half, half) * 0.8
        strand = bend([(x, top - 0.2), (x * 1.1 + chance.normal(0, 0.05), low * 0.5), (x * 1.2, low * 0.7)], 12)
        sheet.line(strand, chance.uniform(0.3, 0.9), tinted(color, chance.choice([0.6, 0.75, 1.3])))


def draw_eye(sheet: Sheet, x: float, y: float, wide: float, high: float, iris: Color) -> None:
    """An eye with lashes, a run of colour and highlights."""
    chance = sheet.chance
    sheet.shape(oval(x, y, wide, high, 2.4), (250, 250, 250), 0.5)
    steps = 10
    for step in range(steps):
        share = 1 - step / steps
        sheet.shape(
            oval(x, y + high * 0.06, wide * 0.62 * share, high * 0.88 * share),
            tinted(iris, 0.5 + 0.9 * step / steps),
            0.5 if step == 0 else 0,
        )
    sheet.shape(oval(x, y, wide * 0.25, high * 0.42), tinted(iris, 0.2), 0)
    for _ in range(int(chance.integers(1, 4))):
        at = x + wide * chance.uniform(-0.4, 0.3), y - high * chance.uniform(0.1, 0.6)
        sheet.shape(oval(*at, wide * 0.16, high * 0.16), (255, 255, 255), 0)
    sheet.line(bend([(x - wide * 1.15, y - high * 0.5), (x, y - high * 1.5), (x + wide * 1.15, y - high * 0.5)]), 2.2)
    sheet.line(bend([(x - wide, y - high * 1.7), (x, y - high * 2.1), (x + wide, y - high * 1.7)]), 1.2)


def draw_face(sheet: Sheet) -> None:
    """A face, its hair, and shoulders."""
    chance = sheet.chance
    skin, hair, cloth = sheet.color(0.92, 0.4), sheet.color(0.6), sheet.color(0.6)
    long = chance.uniform(0.6, 0.75)
    draw_hair(sheet, hair, -0.55, front=False)
    sheet.shape([(-0.16, 0.4), (0.16, 0.4), (0.2, 0.95), (-0.2, 0.95)], tinted(skin, 0.85))
    sheet.shape(bend([(-1.1, 1.6), (-0.9, 0.8), (0, 0.75), (0.9, 0.8), (1.1, 1.6)]), cloth)
    sheet.line([(-0.25, 0.8), (0, 1.15), (0.25, 0.8)], 1.5)
    jaw = bend([(-0.52, -0.1), (-0.5, 0.45), (0, long + 0.12), (0.5, 0.45), (0.52, -0.1)], 40)
    sheet.shape([*jaw, *oval(0, -0.1, 0.52, 0.5)[36:]], skin)
    wide, high, apart = chance.uniform(0.1, 0.16), chance.uniform(0.09, 0.2), chance.uniform(0.2, 0.27)
    iris, y = sheet.color(0.6, 0.9), chance.uniform(0.05, 0.18)
    for side in (-1, 1):
        draw_eye(sheet, side * apart, y, wide, high, iris)
        if chance.random() < 0.4:
            sheet.shape(oval(side * 0.3, y + 0.22, 0.09, 0.045), tinted(skin, 0.9), 0)
    sheet.line(bend([(0.0, y + 0.14), (0.03, y + 0.2), (-0.01, y + 0.21)], 8), 0.8)
    mouth = chance.uniform(0.04, 0.12), y + chance.uniform(0.3, 0.36), chance.normal(0, 0.06)
    sheet.line(bend([(-mouth[0], mouth[1]), (0, mouth[1] + mouth[2]), (mouth[0], mouth[1])], 12), 1.0)
    draw_hair(sheet, hair, -0.6, front=True)


def draw_things(sheet: Sheet) -> None:
    """Anything: shapes with outlines, hatching and bent lines."""
    chance = sheet.chance
    for _ in range(int(chance.integers(3, 12))):
        x, y, wide, high = *chance.uniform(-0.9, 0.9, 2), *chance.uniform(0.08, 0.6, 2)
        fill, points = sheet.color(0.7), oval(x, y, wide, high, chance.choice([1.2, 2.0, 4.0, 12.0]))
        sheet.shape(points, fill, chance.choice([0.0, 1.0, 2.0]))
        if chance.random() < 0.4:
            for step in np.linspace(-1, 1, int(chance.integers(5, 16))):
                sheet.line([(x + step * wide * 0.7, y - high * 0.6), (x + step * wide * 0.5, y + high * 0.6)], 0.6)
    for _ in range(int(chance.integers(1, 8))):
        points = [(float(x), float(y)) for x, y in chance.uniform(-1, 1, (4, 2))]
        sheet.line(bend(points, 40), chance.uniform(0.5, 3))


def draw(number: int) -> Image.Image:
    """The picture of that number, 112 to 256 pixels wide and high, RGB."""
    sheet = Sheet(np.random.default_rng(number))
    draw_ground(sheet)
    (draw_things if number % 4 == 0 else draw_face)(sheet)
    picture = sheet.picture
    if number % 3 == 0:  # some are softly shaded, as with an airbrush
        soft = picture.filter(ImageFilter.GaussianBlur(SIZE * FINER * 0.03))
        picture = Image.blend(picture, soft, 0.3)
    side = int(sheet.chance.integers(LEAST, SIZE + 1))
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    """Draws as many pictures as were asked for."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw(number).save(folder / f"{number:04d}.png")


if __name__ == "__main__":
    main()
