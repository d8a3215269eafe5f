"""A survey as it is kept: which pictures are asked about, and what each of them is."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from copyart.errors import EvaluationError
from copyart.files import reason

REAL, PAINTED = "real", "painted"

_FORMAT = 1


@dataclass(frozen=True)
class Asked:
    """A picture that people are asked about.

    Attributes:
        truth: `REAL`, or `PAINTED` by the network.
        file: The file that it came from.
        data: The picture as it is shown, as an address for `src="..."`.
    """

    truth: str
    file: str
    data: str


@dataclass(frozen=True)
class Survey:
    """Questions, and what is right.

    Attributes:
        id: Of this choice of pictures in this order; nothing that a spreadsheet takes for a number, or that tells
            what is right.
        title: The page's headline.
        side: Width and height of the pictures.
        pictures: In the order in which they are shown; they are counted from 1.
    """

    id: str
    title: str
    side: int
    pictures: tuple[Asked, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def truth(self, number: int) -> str:
        """The truth about picture `number`: `REAL` or `PAINTED`."""
        return self.pictures[number - 1].truth

    def to_json(self) -> str:
        """The text of the key file."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n"


def key_of(path: Path) -> Path:
    """The key of a survey, be it given by its page or by the key itself."""
    return path if path.suffix.lower() == ".json" else path.with_suffix(".key.json")


def read_survey(path: Path) -> Survey:
    """Reads a survey from its key.

    Args:
        path: The key, or the page that lies beside it.

    Raises:
        EvaluationError: If there is none, or it is damaged.
    """
    key = key_of(path)
    try:
        found = json.loads(key.read_bytes())
        if found.pop("format") != _FORMAT:
            raise EvaluationError(
                f"{key} was made by another version of copyart; use that one, or make the survey anew"
            )
        return Survey(**found | {"pictures": tuple(Asked(**picture) for picture in found["pictures"])})
    except OSError as error:
        raise EvaluationError(
            f"{key} cannot be read: {reason(error)}; name the survey's page with its key beside it, or the key"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EvaluationError(f"{key} is not the key of a survey, or is damaged; `survey make` writes one") from error
