"""Turn photographs into paintings with CycleGAN.

>>> import copyart
>>> from PIL import Image
>>> painting = copyart.translate(Image.open("photo.jpg"), style="monet")  # doctest: +SKIP

The public names are imported on first use, so that `import copyart` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from copyart.version import __version__

if TYPE_CHECKING:
    from copyart.checkpoints import load_style as load_style
    from copyart.enlarging import Magnifier as Magnifier
    from copyart.enlarging import enlarge as enlarge
    from copyart.errors import CopyartError as CopyartError
    from copyart.generation import Generator as Generator
    from copyart.models import Style as Style
    from copyart.models import list_styles as list_styles
    from copyart.training import train as train
    from copyart.translator import Translator as Translator
    from copyart.translator import translate as translate

_HOMES = {
    "CopyartError": "copyart.errors",
    "Generator": "copyart.generation",
    "Magnifier": "copyart.enlarging",
    "Style": "copyart.models",
    "Translator": "copyart.translator",
    "enlarge": "copyart.enlarging",
    "list_styles": "copyart.models",
    "load_style": "copyart.checkpoints",
    "train": "copyart.training",
    "translate": "copyart.translator",
}

__all__ = [
    "CopyartError",
    "Generator",
    "Magnifier",
    "Style",
    "Translator",
    "__version__",
    "enlarge",
    "list_styles",
    "load_style",
    "train",
    "translate",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'copyart' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
