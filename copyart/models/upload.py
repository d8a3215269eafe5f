"""Uploads a style or an enlarger to the Hugging Face Hub, where `--style owner/name`, or `--model`, finds it."""

from dataclasses import dataclass
from pathlib import Path

from copyart.downloads import bars, explained
from copyart.errors import PublishError
from copyart.models.enlargers import holds_enlarger
from copyart.models.record import CARD_FILE, CONFIG_FILE, HASHED_FILES, Enlarger, Model, Style

_DEEDS = {"style": "paints", "enlarger": "enlarges"}
_UNSAID = ("", "unknown", "not known", "not stated")


@dataclass(frozen=True)
class Upload:
    """A model that may be shown to others, and where it is to go.

    Attributes:
        model: A style or an enlarger, whole and verified.
        repo: `owner/name` on the Hub.
        files: Bytes of each file, by its path in the model's folder.
    """

    model: Model
    repo: str
    files: dict[str, int]

    @property
    def address(self) -> str:
        """The page that it gets."""
        return f"https://huggingface.co/{self.repo}"


def prepare(folder: Path, repo: str) -> Upload:
    """Makes sure that a model can be shown to others: whole, with a licence and a model card; asks no network.

    Args:
        folder: A model's folder, or a training run's.
        repo: `owner/name` on the Hub.

    Raises:
        BrokenStyleError: If there is no model, or one of its files is missing or changed.
        PublishError: If the licence or the model card is missing, or no repository can have that name.
    """
    from huggingface_hub.utils import validate_repo_id

    with explained(repo, None, deed="published", error_type=PublishError):
        validate_repo_id(repo)
    if "/" not in repo:
        raise PublishError(f"{repo} has no owner; give owner/name, where owner is you or your organisation on the Hub")
    model: Model = Enlarger.read_in(folder) if holds_enlarger(folder) else Style.read_in(folder)
    model.verify()
    if model.license.strip().lower() in _UNSAID:
        raise PublishError(
            f"the licence of {model.folder} is {model.license!r}; "
            f"say in {CONFIG_FILE} and {CARD_FILE} under which others may use it"
        )
    if not (model.folder / CARD_FILE).is_file():
        raise PublishError(
            f"{model.folder} has no {CARD_FILE}; say there what it learned from and how well it {_DEEDS[model.kind]}"
        )
    try:
        (model.folder / CARD_FILE).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PublishError(f"{model.folder / CARD_FILE} is no text in UTF-8; save it as such") from error
    names = (CONFIG_FILE, CARD_FILE, *model.sha256)
    return Upload(model, repo, {name: (model.folder / name).stat().st_size for name in names})


def upload(prepared: Upload, *, private: bool = False, progress: bool = False) -> str:
    """Creates the repository, where it is not there yet, and uploads the model in one commit.

    Args:
        prepared: As `prepare` gave it.
        private: Show a new repository only to its owner.
        progress: Draw progress bars on stderr.

    Returns:
        The address of the commit.

    Raises:
        PublishError: If the Hub cannot be reached, or does not allow it.
    """
    from huggingface_hub import HfApi

    model, api = prepared.model, HfApi(library_name="copyart")
    with explained(prepared.repo, None, deed="published", error_type=PublishError), bars(shown=progress):
        api.create_repo(prepared.repo, private=private or None, exist_ok=True)
        commit = api.upload_folder(
            repo_id=prepared.repo,
            folder_path=model.folder,
            allow_patterns=list(prepared.files),
            delete_patterns=list(HASHED_FILES),  # of a version before, where this one has no such file
            commit_message=f"The {model.kind} {model.name}: {model.title}",
        )
    return commit.commit_url
