"""Pictures as people see them: whole paintings, as a user gets them, shrunk to the sizes at which people look."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from copyart.config import PaintConfig
from copyart.evaluation.pictures import Pictures
from copyart.evaluation.scores import Kinds
from copyart.images import Metadata, open_photo
from copyart.metrics import FEWEST
from copyart.translator import Translator

SIZES = (192, 384, 768)  # pixels on the long edge: a small picture of many, one on a page, one by itself
MOST = 100  # pictures of each kind, since painting large ones takes a second each
_READERS = 4


@dataclass(frozen=True)
class View:
    """The pictures as they are compared at one of the sizes at which people look.

    Attributes:
        size: Long edge in pixels to which the pictures were shrunk.
        kinds: Squares out of their middles, half as wide; None if too few are that large.
        missing: The reason why there are none.
    """

    size: int
    kinds: Kinds | None = None
    missing: str = ""


@dataclass(frozen=True)
class _Chosen:
    """Those pictures of a kind that are to be seen.

    Attributes:
        name: Their name in messages.
        paths: Their files.
        sizes: The width and height of each.
        places: Of each, the place among all of its kind.
    """

    name: str
    paths: list[Path]
    sizes: list[tuple[int, int]]
    places: list[int]

    def large_enough(self, size: int) -> list[int]:
        """Those that only have to be shrunk for `size`."""
        return [i for i, each in enumerate(self.sizes) if _scale(each, size) <= 1]

    def seen(self, squares: Sequence[dict[int, Tensor]], size: int) -> Pictures:
        """Those that are large enough, at `size`."""
        places = self.large_enough(size)
        pixels = torch.stack([squares[i][size] for i in places])
        return Pictures(self.name, [self.paths[i] for i in places], pixels, [self.sizes[i] for i in places])


def make_views(
    kinds: Kinds,
    translator: Translator | None = None,
    config: PaintConfig = PaintConfig(),  # noqa: B008  # frozen
    watch: Callable[[int], None] = lambda _: None,
) -> list[View]:
    """Reads pictures as people see them, and if need be paints them: once each, however many sizes there are.

    Each picture is shrunk until its long edge is the size, or its short side half of that where it is more than twice
    as long as wide. None is enlarged: smaller ones are left out, and a size for which fewer than four are left.
    Squares out of the middle, half as wide as the size, are what is compared.

    Args:
        kinds: The pictures as they were read to be compared; up to 100 of each kind are taken, spread evenly over all.
        translator: The style that paints the photos; None if `kinds.generated` are files that were painted before.
        config: How it paints; see `Translator.translate`.
        watch: Told 1 after each picture that was painted.

    Returns:
        A view for each of `SIZES`.

    Raises:
        UnreadablePictureError: If a picture cannot be read any more.
        DeviceError: If the device runs out of memory.
    """
    chosen = _choose(kinds, painted=translator is not None)
    missing = {size: _why_left_out(list(chosen.values()), size) for size in SIZES}
    sizes = [size for size in SIZES if not missing[size]]
    squares = {
        name: _paint(translator, some, config, sizes, watch)
        if name == "generated" and translator
        else _read(some, sizes)
        for name, some in chosen.items()
        if sizes
    }
    views = []
    for size in SIZES:
        if missing[size]:
            views.append(View(size, missing=missing[size]))
            continue
        seen = {name: some.seen(squares[name], size) for name, some in chosen.items()}
        found = Kinds(seen["paintings"], seen["generated"], seen.get("photos"), _pairs(kinds, chosen, size))
        views.append(View(size, found))
    return views


def notes_on_views(views: Sequence[View]) -> list[str]:
    """Sentences on what was seen: how many pictures, and which sizes are missing."""
    counts = []
    for view in views:
        if view.kinds:
            photos = f", {len(view.kinds.photos)} photos" if view.kinds.photos else ""
            generated, paintings = len(view.kinds.generated), len(view.kinds.paintings)
            counts.append(f"at {view.size} pixels {generated} generated pictures, {paintings} paintings{photos}")
    notes = [f"Seen {'; '.join(counts)}: the middle of each."] if counts else []
    missing: dict[str, list[str]] = {}
    for view in views:
        if view.missing:
            missing.setdefault(view.missing, []).append(str(view.size))
    return notes + [
        f"Nothing as seen at {' or '.join(sizes)} pixels: {reason}, and none is enlarged."
        for reason, sizes in missing.items()
    ]


def count_painted(kinds: Kinds) -> int:
    """The number of photos that `make_views` paints with a style."""
    chosen = _choose(kinds, painted=True)
    sizes = [size for size in SIZES if not _why_left_out(list(chosen.values()), size)]
    return len(chosen["generated"].large_enough(min(sizes))) if sizes else 0


def _choose(kinds: Kinds, *, painted: bool) -> dict[str, _Chosen]:
    """Some of each kind; of the photos those from which the generated pictures were painted."""
    generated, photos = kinds.generated, kinds.photos
    ours = _spread(len(generated))
    chosen = {"paintings": _some(kinds.paintings, _spread(len(kinds.paintings)))}
    sizes = photos.sizes if painted and photos else generated.sizes
    chosen["generated"] = _some(replace(generated, sizes=sizes), ours)
    if photos:
        photo_of = dict(kinds.pairs)
        theirs = list(dict.fromkeys(photo_of[i] for i in ours if i in photo_of))
        chosen["photos"] = _some(photos, theirs or _spread(len(photos)))
    return chosen


def _spread(count: int) -> list[int]:
    """Up to `MOST` places of so many, spread evenly."""
    most = min(MOST, count)
    return [i * count // most for i in range(most)]


def _some(pictures: Pictures, places: list[int]) -> _Chosen:
    return _Chosen(pictures.name, [pictures.paths[i] for i in places], [pictures.sizes[i] for i in places], places)


def _why_left_out(chosen: Sequence[_Chosen], size: int) -> str:
    """The reason why nothing can be seen at a size; "" where it can."""
    for some in chosen:
        if (count := len(some.large_enough(size))) < min(FEWEST, len(some.paths)):
            are = "is" if count == 1 else "are"
            return f"{count or 'none'} of {len(some.paths)} pictures of {some.name} {are} that large"
    return ""


def _scale(size: tuple[int, int], long_edge: int) -> float:
    """The factor by which a picture is shrunk; more than 1 if it would have to be enlarged."""
    return max(long_edge / max(size), long_edge / 2 / min(size))


def _squares(image: Image.Image, whole: tuple[int, int], sizes: Sequence[int]) -> dict[int, Tensor]:
    """The middle of a picture at each size for which the whole of it is large enough, 3 s s."""
    found = {}
    for size in sizes:
        if _scale(whole, size) <= 1:
            side, scale = size // 2, _scale(image.size, size)
            width, height = (max(side, round(edge * scale)) for edge in image.size)
            left, top = (width - side) // 2, (height - side) // 2
            shrunk = image.resize((width, height), Image.Resampling.LANCZOS)
            cut = shrunk.crop((left, top, left + side, top + side)).convert("RGB")
            found[size] = torch.from_numpy(np.array(cut)).permute(2, 0, 1)
    return found


def _read(some: _Chosen, sizes: Sequence[int]) -> list[dict[int, Tensor]]:
    def read(path: Path, whole: tuple[int, int]) -> dict[int, Tensor]:
        return _squares(open_photo(path, least=max(sizes) // 2, long_edge=max(sizes)).image, whole, sizes)

    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, some.paths, some.sizes))


def _paint(
    translator: Translator, some: _Chosen, config: PaintConfig, sizes: Sequence[int], watch: Callable[[int], None]
) -> list[dict[int, Tensor]]:
    needed = set(some.large_enough(min(sizes)))
    found: list[dict[int, Tensor]] = []
    for i, (path, whole) in enumerate(zip(some.paths, some.sizes, strict=True)):
        if i not in needed:
            found.append({})
            continue
        photo = replace(translator.open(path, config), metadata=Metadata())  # whose colours are to stay sRGB
        found.append(_squares(translator.paint(photo, config), whole, sizes))
        watch(1)
    return found


def _pairs(kinds: Kinds, chosen: dict[str, _Chosen], size: int) -> list[tuple[int, int]]:
    """The pairs among the pictures of one size."""
    if "photos" not in chosen:
        return []
    ours, theirs = (
        {chosen[name].places[i]: place for place, i in enumerate(chosen[name].large_enough(size))}
        for name in ("generated", "photos")
    )
    return [(ours[i], theirs[j]) for i, j in kinds.pairs if i in ours and j in theirs]
