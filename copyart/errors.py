"""Everything that copyart raises on purpose.

::

    CopyartError
    ├── OptionError                an option has a value it cannot have, or two exclude each other
    ├── PictureError
    │   ├── UnreadablePictureError   a photo is missing or damaged
    │   │   ├── NoPictureError         it is no picture, or of a kind that cannot be read here
    │   │   └── LargePictureError      it has more pixels than are allowed
    │   └── UnwritablePictureError   a painting cannot be put where it was asked for
    ├── StyleError
    │   ├── UnknownStyleError        no style of that name is known here
    │   └── BrokenStyleError         a style's files are damaged, tampered with or of another architecture
    ├── DownloadError              a style or a domain could not be fetched
    ├── PublishError               a style cannot be published
    ├── TrainingError              a training run broke down
    │   ├── DomainError              a domain is unknown, damaged or has no pictures to learn from
    │   └── RunError                 a run's folder cannot be written, read or gone on with
    ├── EvaluationError            pictures or answers do not suffice for a figure that means something
    ├── DeviceError                the device is unknown, absent or out of memory
    └── MissingExtraError          it takes a package that is not installed

Every message is one line: what was asked for, what is wrong with it, what to do next.
"""


class CopyartError(Exception):
    """The root of all errors that copyart raises on purpose."""


class OptionError(CopyartError, ValueError):
    """An option has a value it cannot have, or two options exclude each other."""


class PictureError(CopyartError):
    """A picture cannot be read or written."""


class UnreadablePictureError(PictureError):
    """A photo is missing or damaged."""


class NoPictureError(UnreadablePictureError):
    """A file is no picture, or of a kind that cannot be read here."""


class LargePictureError(UnreadablePictureError):
    """A picture has more pixels than are allowed."""


class UnwritablePictureError(PictureError):
    """A painting cannot be put where it was asked for."""


class StyleError(CopyartError):
    """A style cannot be found, fetched or used."""


class UnknownStyleError(StyleError):
    """No style of that name is known here."""


class BrokenStyleError(StyleError):
    """A style's files are damaged, tampered with or of another architecture."""


class DownloadError(CopyartError):
    """A style or a domain could not be fetched."""


class PublishError(CopyartError):
    """A style is not ready to be published, or could not be."""


class TrainingError(CopyartError):
    """A training run broke down."""


class DomainError(TrainingError):
    """A domain is unknown, damaged or has no pictures to learn from."""


class RunError(TrainingError):
    """A run's folder cannot be written, read or gone on with."""


class EvaluationError(CopyartError):
    """Pictures or answers do not suffice for a figure that means something."""


class DeviceError(CopyartError):
    """The device is unknown, absent or out of memory."""


class MissingExtraError(CopyartError):
    """A package that is needed is not installed; the message has the line that installs it, by `copyart.extras`."""


def problem_of(path: object, error: Exception) -> str:
    """The words of one of our errors about a file, without the path that they begin with."""
    return str(error).removeprefix(f"{path}").removeprefix(":").strip()


def first_line(error: Exception) -> str:
    """The first line of another library's error, else the name of its type, as part of a message of ours."""
    return (str(error) or type(error).__name__).splitlines()[0]
