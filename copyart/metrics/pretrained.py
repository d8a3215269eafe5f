"""Pretrained networks by which the field judges: fetched at first use, held to their hashes, kept."""

from dataclasses import dataclass
from pathlib import Path

from copyart.downloads import bars, cache_folder, explained, fetch_url, locked
from copyart.errors import DownloadError, EvaluationError
from copyart.files import reason, sha256_of


@dataclass(frozen=True)
class Weights:
    """The weights of a network that others have trained.

    Attributes:
        name: The network's name in messages.
        url: The address at which its authors offer them.
        sha256: The hash that the file must have.
        megabytes: The size of what there is to fetch.
    """

    name: str
    url: str
    sha256: str
    megabytes: int


INCEPTION = Weights(
    "the Inception network of FID",
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    96,
)
ALEXNET = Weights(
    "the AlexNet of LPIPS",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    244,
)


def find_weights(weights: Weights, given: Path | None = None, *, progress: bool = False) -> Path:
    """Finds the file of pretrained weights, and fetches it if it is not here.

    Args:
        weights: The network that is wanted.
        given: The user's own copy; nothing is fetched then.
        progress: Draw a progress bar on stderr while fetching.

    Raises:
        EvaluationError: If the user's copy cannot be read, or is another file.
        DownloadError: If they cannot be fetched, or what arrived is another file.
    """
    if given:
        return _checked(weights, given)
    folder = cache_folder() / "networks" / "checkpoints"  # where libraries look for them
    path = folder / weights.url.rpartition("/")[2]
    what = f"{weights.name} ({weights.megabytes} MB from {weights.url})"
    with explained(what, None), bars(shown=progress), locked(path.stem):
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and sha256_of(path) == weights.sha256:
            return path
        path.unlink(missing_ok=True)
        fetch_url(weights.url, path)
        found = sha256_of(path)
    if found != weights.sha256:
        path.unlink()
        raise DownloadError(
            f"{what}: what arrived has sha256 {found[:12]}..., not {weights.sha256[:12]}...; it was removed. "
            "Try again later"
        )
    return path


def _checked(weights: Weights, path: Path) -> Path:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {reason(error)}") from error
    if found != weights.sha256:
        raise EvaluationError(
            f"{path} is not {weights.name} (sha256 {found[:12]}..., not {weights.sha256[:12]}...), by whose figures "
            f"others go; fetch {weights.url}"
        )
    return path
