"""Choosing pictures to ask about, and the page that asks."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median

import numpy as np

from copyart.errors import EvaluationError, OptionError
from copyart.evaluation.pictures import Pictures, read_squares
from copyart.evaluation.survey.record import PAINTED, REAL, Asked, Survey, key_of
from copyart.files import reason, whole_file
from copyart.pages import check_page, embed, render

logger = logging.getLogger(__name__)

LEAST_SIDE = 64  # pixels: nobody can judge less
_QUALITY = 90  # of the JPEG that each picture becomes, whatever it was
_UNLIKE = 1.5  # times as large: what is scaled down so much more looks sharper
_SECONDS = 7  # that a person takes for a picture, as the page says


def make_survey(
    real: Sequence[Path], painted: Sequence[Path], *, pictures: int, seed: int, side: int, title: str
) -> Survey:
    """Chooses pictures, half of them real, and makes them alike in all but what they show.

    Each is scaled and cut to the same square and compressed in the same way; names and metadata are left behind.
    None is enlarged: the squares are as large as the smallest picture allows. The order is that of a hash, so
    that neither the seed nor another survey's key tells what is what.

    Args:
        real: Files of real paintings.
        painted: Files that the network painted.
        pictures: Their number in all, an even one.
        seed: Sets which are chosen, and their order.
        side: Width and height of the squares at most, in pixels.
        title: The page's headline.

    Raises:
        OptionError: If `pictures` is not even.
        EvaluationError: If there are too few pictures, or some are damaged, too small or of both kinds.
    """
    if pictures < 2 or pictures % 2:
        raise OptionError(f"--pictures {pictures}: half of them are to be real; give an even number")
    chance = np.random.default_rng(seed)
    chosen = {
        truth: _choose(truth, paths, pictures // 2, chance) for truth, paths in ((REAL, real), (PAINTED, painted))
    }
    squares = _read_alike(chosen, side)
    asked = [
        Asked(truth, _printable(path), embed(kind.image(i), quality=_QUALITY))
        for truth, kind in squares.items()
        for i, path in enumerate(kind.paths)
    ]
    asked.sort(key=lambda picture: sha256(f"{seed} {picture.data}".encode()).digest())
    _check_apart(asked)
    name = "s" + sha256("".join(picture.data for picture in asked).encode()).hexdigest()[:11]
    return Survey(name, title, squares[REAL].pixels.shape[-1], tuple(asked))


def _choose(truth: str, paths: Sequence[Path], count: int, chance: np.random.Generator) -> list[Path]:
    if len(paths) < count:
        raise EvaluationError(
            f"there are {len(paths)} {truth} pictures, but {count} are needed; "
            f"name a folder of more, or give --pictures {2 * len(paths)} or fewer"
        )
    return [paths[i] for i in chance.permutation(len(paths))[:count]]


def _read_alike(chosen: dict[str, list[Path]], side: int) -> dict[str, Pictures]:
    """Reads both kinds as squares of one size, which no picture has to be enlarged for."""
    squares = {truth: _read(truth, paths, side) for truth, paths in chosen.items()}
    short = {truth: [min(size) for size in kind.sizes] for truth, kind in squares.items()}
    smallest = min(min(sides) for sides in short.values())
    if smallest < LEAST_SIDE:
        kind = min(squares.values(), key=lambda kind: min(map(min, kind.sizes)))
        path = min(zip(kind.sizes, kind.paths, strict=True), key=lambda pair: min(pair[0]))[1]
        raise EvaluationError(f"{path}: its short side has {smallest} pixels, too few to judge it by; leave it out")
    halves = sorted((median(sides), truth) for truth, sides in short.items())
    if halves[1][0] > _UNLIKE * halves[0][0]:
        logger.info(
            "Note: most %s pictures have %d pixels, most %s ones %d; their sharpness, once scaled, may tell them apart",
            *(halves[0][1], halves[0][0], halves[1][1], halves[1][0]),
        )
    if smallest >= side:
        return squares
    logger.info("The pictures are %d pixels wide, not %d: the smallest of them has no more", smallest, side)
    return {truth: _read(truth, paths, smallest) for truth, paths in chosen.items()}


def _read(truth: str, paths: list[Path], side: int) -> Pictures:
    pictures = read_squares(f"the {truth} pictures", paths, side)
    if len(pictures) < len(paths):
        raise EvaluationError(
            f"{len(paths) - len(pictures)} of the {len(paths)} {truth} pictures that were chosen cannot be read; "
            "remove those that are named above, or give another --seed"
        )
    return pictures


def _check_apart(asked: Sequence[Asked]) -> None:
    """Refuses a picture that is real and painted: no answer to it would be right."""
    real = {picture.data: picture.file for picture in asked if picture.truth == REAL}
    for picture in asked:
        if picture.truth == PAINTED and picture.data in real:
            raise EvaluationError(
                f"{real[picture.data]} and {picture.file} are the same picture; "
                "name real paintings first, and then what the network painted"
            )


def _printable(path: Path) -> str:
    return str(path).encode(errors="surrogateescape").decode(errors="replace")


def check_survey(page: Path, *, overwrite: bool, make_folder: bool = False) -> None:
    """Makes sure that a survey can be written to `page` and its key beside it, before the work.

    Raises:
        OptionError: If it is not called .html, which a browser must see.
        EvaluationError: If something is there that may not be replaced, or nothing can be written.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"{page}: the survey is a page for a browser; give a name that ends in .html")
    for path in (page, key_of(page)):
        check_page(path, overwrite=overwrite, make_folder=make_folder)


def write_survey(survey: Survey, page: Path) -> Path:
    """Writes the page that asks, and beside it the key with the answers; both or neither.

    Returns:
        Where the key is.

    Raises:
        EvaluationError: If they cannot be written.
    """
    html = render(
        "survey.html",
        title=survey.title,
        id=survey.id,
        pictures=[picture.data for picture in survey.pictures],
        minutes=-(-len(survey) * _SECONDS // 60),
        words={"real": REAL, "painted": PAINTED},
    )
    key = key_of(page)
    try:
        with whole_file(key) as key_part, whole_file(page) as page_part:
            key_part.write_text(survey.to_json(), encoding="utf-8")
            page_part.write_text(html, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{page} cannot be written: {reason(error)}") from error
    return key
