"""Pictures that come in strips of pixels, from top to bottom: gathered, regrouped, looked into."""

from collections.abc import Iterable, Iterator

import numpy as np

from copyart.tensors import Pixels
from copyart.tiling.spans import Span


def windows(strips: Iterable[Pixels], rows: list[Span]) -> Iterator[Pixels]:
    """Gathers strips into what each span of rows is to be given."""
    strips = iter(strips)
    first, window = 0, next(strips)
    for row in rows:
        window, first = window[row.before - first :], row.before
        while len(window) < row.after - row.before and (strip := next(strips, None)) is not None:
            window = np.concatenate([window, strip])
        yield window[: row.after - row.before]


def restripped(strips: Iterable[Pixels], rows: int) -> Iterator[Pixels]:
    """The same picture in strips of `rows` rows each, the last of fewer."""
    left: list[Pixels] = []
    for strip in strips:
        left.append(strip)
        if (count := sum(map(len, left))) >= rows:
            joined = np.concatenate(left)
            left = [joined[count // rows * rows :].copy()]
            yield from (joined[top : top + rows] for top in range(0, count - rows + 1, rows))
    if sum(map(len, left)):
        yield np.concatenate(left)


def take(strips: Iterable[Pixels], places: list[tuple[int, int]], size: tuple[int, int]) -> Pixels:
    """Cuts parts of one size, at (top, left), out of a picture that comes in strips."""
    h, w = size
    parts = np.empty((len(places), h, w, 3), np.uint8)
    first = 0
    for strip in strips:
        for part, (top, left) in zip(parts, places, strict=True):
            start, stop = max(top, first), min(top + h, first + len(strip))
            if start < stop:
                part[start - top : stop - top] = strip[start - first : stop - first, left : left + w]
        first += len(strip)
    return parts
