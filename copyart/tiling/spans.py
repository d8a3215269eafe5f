"""Places of the tiles of a picture: geometry that knows no network.

A picture is cut along each of its two axes into spans; a tile is a span of rows by a span of columns.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A stretch of one axis of a picture, in pixels.

    Attributes:
        start: The first pixel that is painted.
        stop: The one after the last.
        before: The first pixel that the network is given: `start` less a border, where the picture has one.
        after: The one after the last that it is given.
    """

    start: int
    stop: int
    before: int
    after: int

    def inner(self, scale: int = 1) -> slice:
        """The place of what is painted in the network's output, `scale` times as large as what it is given."""
        return slice((self.start - self.before) * scale, (self.stop - self.before) * scale)

    def halves(self, border: int, multiple: int) -> tuple["Span", "Span"]:
        """Cuts what is painted in two at a multiple of `multiple`, each with its border within what is given."""
        middle = self.start + -(-(self.stop - self.start) // 2 // multiple) * multiple
        return (
            Span(self.start, middle, self.before, min(middle + border, self.after)),
            Span(middle, self.stop, max(middle - border, self.before), self.after),
        )


def cut(length: int, tile: int, border: int, multiple: int) -> list[Span]:
    """Cuts an axis into spans of about the same length, none longer than `tile`.

    The network is given the same number of pixels for each, so that what it has prepared for one serves for all.

    Args:
        length: Of the axis in pixels, a multiple of `multiple`.
        tile: The most pixels to paint at once, a multiple of `multiple`.
        border: How many pixels beyond these the network is to be given, a multiple of `multiple`.
        multiple: At which positions spans may begin.
    """
    count = -(-length // tile)
    step = -(-length // count // multiple) * multiple
    given = min(step + 2 * border, length)
    spans = []
    for start in range(0, length, step):
        before = min(max(start - border, 0), length - given)
        spans.append(Span(start, min(start + step, length), before, before + given))
    return spans


def spread(length: int, part: int, count: int, multiple: int) -> list[int]:
    """The starts of `count` parts of an axis, each in the middle of its share of it, at multiples."""
    middles = (length * (2 * i + 1) / (2 * count) for i in range(count))
    return [min(max(int(middle - part / 2), 0), length - part) // multiple * multiple for middle in middles]
