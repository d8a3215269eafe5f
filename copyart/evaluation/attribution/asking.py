"""Asks who painted it: real pictures teach a judge, and photos, controls and paintings are put before it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from PIL import Image

from copyart.errors import CopyartError, EvaluationError
from copyart.evaluation.attribution.controls import make_controls
from copyart.evaluation.attribution.describing import SIDE, Describer
from copyart.evaluation.attribution.judge import FEWEST, PHOTO, Description, Judge, Verdict, check_enough, teach
from copyart.evaluation.pictures import find_pictures
from copyart.images import open_photo
from copyart.models import list_styles
from copyart.translator import Translator

_SURE = 0.9  # of real pictures told apart, from which on a judge is one
_PAINTED = 200  # photos at most
_PALETTES = 20  # paintings whose colours photos are given
_FEW = 5  # paintings of each artist, whose colours the photos are given that teach


@dataclass(frozen=True)
class Kinds:
    """The pictures that are looked at.

    Attributes:
        real: Those that teach the judge, by their kind: photos, and the paintings of each artist.
        photos: Other photos, to be painted.
        artist: Whose paintings are to be recognised.
        kin: For whom they may be taken too.
    """

    real: Mapping[str, list[Path]]
    photos: list[Path]
    artist: str
    kin: Sequence[str]

    def count(self) -> int:
        """The number of pictures that are looked at in all."""
        return sum(map(len, self.real.values())) + len(self.photos)


@dataclass(frozen=True)
class Findings:
    """The findings.

    Attributes:
        artist: Whose paintings were to be recognised.
        kin: For whom they might be taken too.
        told_apart: The share of real pictures of each kind that the judge named when they were held out.
        verdicts: What the paintings, and then the controls, were taken for.
    """

    artist: str
    kin: Sequence[str]
    told_apart: Mapping[str, float]
    verdicts: Sequence[Verdict]

    def notes(self) -> list[str]:
        """Sentences on how far the judge can be believed."""
        certainty = float(np.mean(list(self.told_apart.values())))
        each = ", ".join(f"{name} {share:.0%}" for name, share in self.told_apart.items())
        notes = [f"Of real pictures held out, the judge names {certainty:.0%}: {each}."]
        if certainty < _SURE:
            notes.append("That is little to go by: more pictures of each artist would help.")
        return notes


def find_kinds(
    artists: str, photos: str, artist: str, kin: Sequence[str] = (), *, limit: int = 400, progress: bool = False
) -> Kinds:
    """Finds the pictures to look at.

    Args:
        artists: A folder with a folder of real pictures for each artist.
        photos: Any domain; every other photo teaches the judge, the others are to be painted.
        artist: The name of one of those folders.
        kin: Names of others.
        limit: Take no more than so many of each kind.
        progress: Draw progress bars on stderr while fetching.

    Raises:
        EvaluationError: If there is no such folder, no folder of one of these names in it, or too few pictures.
        DomainError: If there are no photos, or no pictures of an artist.
        DownloadError: If the photos cannot be fetched.
    """
    folder = Path(artists)
    names = sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    if not names:
        raise EvaluationError(
            f"{artists}: there is no folder in it; give one with a folder of pictures for each artist"
        )
    for name in (artist, *kin):
        if name not in names:
            raise EvaluationError(f"{artists} has no folder {name}; it has {', '.join(names)}")
    real = {name: find_pictures(str(folder / name), limit=limit, progress=progress) for name in names}
    for name, pictures in real.items():
        check_enough(name, len(pictures))
    both = find_pictures(photos, limit=2 * limit, progress=progress)
    if len(both) < 2 * FEWEST:
        raise EvaluationError(f"{photos}: {len(both)} photos are too few; {2 * FEWEST} will do")
    return Kinds({PHOTO: both[::2], **real}, both[1::2][:_PAINTED], artist, kin)


def learn(real: Mapping[str, Sequence[Path]], watch: Callable[[], None] = lambda: None) -> Judge:
    """Teaches a judge on real pictures, and on the photos in paintings' colours and sharpened: they are photos still.

    Args:
        real: The pictures, by their kind; `photo` is one of them. Those that cannot be read are passed over.
        watch: Is called after each picture.

    Raises:
        EvaluationError: If there are too few pictures of an artist.
    """
    describer = Describer()
    some = {name: list(islice(_opened(paths), _FEW)) for name, paths in real.items() if name != PHOTO}
    for name, few in some.items():
        if not few:
            check_enough(name, 0)
    _, *changes = make_controls(list(chain(*zip(*some.values(), strict=False))))
    described: dict[str, list[Description]] = {name: [] for name in real}
    changed: list[list[Description]] = []
    for name, paths in real.items():
        for number, picture in enumerate(_opened(paths, watch)):
            described[name].append(describer.describe(picture))
            if name == PHOTO:
                made = (change.make(_small(picture), number) for change in changes)
                changed.append([describer.describe(each) for each in made])
    return teach(described, changed)


def attribute(
    kinds: Kinds, translator: Translator, judge: Judge | None = None, watch: Callable[[], None] = lambda: None
) -> Findings:
    """Asks a judge about a style's paintings and about controls beside them.

    Each photo is painted as `copyart translate` would; the controls are the photo, that photo in the artist's colours,
    sharpened with noise, and painted by another style.

    Args:
        kinds: The pictures.
        translator: The style.
        judge: Asks this one; without it, teaches one on the real pictures.
        watch: Is called after each picture.

    Raises:
        EvaluationError: If there are too few pictures of an artist.
        DeviceError: If the device runs out of memory.
    """
    judge = judge or learn(kinds.real, watch)
    describer = Describer()
    controls = make_controls([_open(path) for path in kinds.real[kinds.artist][:_PALETTES]])
    other = next(style for style in list_styles() if style.folder and style.name not in (kinds.artist, *kinds.kin))
    another = Translator(other.name, device=str(translator.device))
    asked: dict[str, list[Description]] = {}
    for number, path in enumerate(kinds.photos):
        photo = open_photo(path).image.convert("RGB")
        made = {f"painted by {translator.style.name}": translator.translate(photo)}
        made |= {control.name: control.make(_small(photo), number) for control in controls}
        made[f"painted by {other.name}"] = another.translate(photo)
        for name, picture in made.items():
            asked.setdefault(name, []).append(describer.describe(picture.convert("RGB")))
        watch()
    verdicts = [judge.judge(name, descriptions) for name, descriptions in asked.items()]
    return Findings(kinds.artist, kinds.kin, judge.told_apart, verdicts)


def _opened(paths: Iterable[Path], watch: Callable[[], None] = lambda: None) -> Iterator[Image.Image]:
    """Opens those pictures that can be read."""
    for path in paths:
        try:
            picture = _open(path)
        except CopyartError:
            continue
        finally:
            watch()
        yield picture


def _open(path: Path) -> Image.Image:
    return open_photo(path, least=SIDE).image.convert("RGB")


def _small(photo: Image.Image) -> Image.Image:
    """A photo as large as a judge looks at it, so that sharpening and noise are seen."""
    scale = SIDE / min(photo.size)
    return photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)
