"""A run's folder: what was asked for, what came of it, and all that it takes to go on.

::

    runs/monet/
    ├── config.toml       the resolved configuration
    ├── domain-….txt      the pictures of each domain; held-out-….txt those that are not learned from,
    │                     left-out-….txt those that are of no use, and why
    ├── metrics.jsonl     a line every few steps
    ├── evaluation.json   the best step so far and its figures, where `evaluate_every` asks for them
    ├── samples/          grids of paintings of held-out pictures
    ├── checkpoint/       the last two states of training
    ├── style/            what `--style runs/monet` uses: the best, or what was learned last; of an enlarger, enlarger/
    ├── snapshots/        the same of some steps before, where `snapshot_every` asks for them
    ├── tensorboard/      the same figures and grids, where TensorBoard is installed
    └── report.html
"""

import io
import json
import logging
import pickle
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from copyart.config import RunConfig
from copyart.config.former import by_todays_names
from copyart.domains import short_name
from copyart.errors import RunError
from copyart.files import reason, remove_leftovers, why_no_folder, write_whole
from copyart.recipes import read_values, resolve, to_toml
from copyart.training.names import renamed

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
RUNS = Path("runs")
_KEPT = 2  # checkpoints: the newest may have been cut short
_STANDING = "evaluation.json"

# What may differ between a run and its resumption: nothing of it changes what a step does.
_FREE = {
    *("out", "recipe", "about", "title", "paint_size", "enlarger"),
    *("device", "compile", "memory_share", "workers"),
    *("log_every", "sample_every", "save_every", "snapshot_every", "evaluate_every", "patience"),
}


class Run:
    """The folder of one run.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """The name of its style: that of the folder, as far as a style can have it."""
        return re.sub(r"[^a-z0-9._-]+", "-", self.folder.name.lower()).strip("-._")[:64] or "style"

    @property
    def metrics_path(self) -> Path:
        """Its figures."""
        return self.folder / "metrics.jsonl"

    def snapshot_folder(self, step: int) -> Path:
        """Its style as it was after `step` steps."""
        return self._snapshots / f"{step:07d}"

    def create(self, config: RunConfig) -> None:
        """Makes the folder.

        Raises:
            RunError: If there is a run already, or it cannot be made.
        """
        self.check_free()
        try:
            for part in ("samples", "checkpoint"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self.folder} cannot be made: {reason(error)}") from error
        self.write("config.toml", to_toml(config).encode())

    def check_free(self) -> None:
        """Makes sure that a new run can have the folder: it is not there, or empty.

        Raises:
            RunError: If there is something.
        """
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise RunError(
                f"{self.folder} is there already; give --resume to go on with it, or another folder with --out"
            )
        if problem := why_no_folder(self.folder):
            raise RunError(problem)

    def config(self, **values: object) -> RunConfig:
        """The configuration that it was begun with, and over it `values`; those that are None count as not given.

        Raises:
            RunError: If there is no run.
            OptionError: If it cannot be read, or a value is wrong.
        """
        path = self.folder / "config.toml"
        if not path.is_file():
            raise RunError(f"{self.folder} holds no run: there is no config.toml in it; check the name")
        return resolve(None, read_values(path), values)

    def write(self, name: str, data: bytes) -> Path:
        """Writes one of its files, whole or not at all.

        Raises:
            RunError: If it cannot be written.
        """
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise RunError(f"{path} cannot be written: {reason(error)}; what was saved before is kept") from error
        return path

    def add_metrics(self, record: Mapping[str, Any]) -> None:
        """Adds a line to the figures.

        Raises:
            RunError: If it cannot be written.
        """
        try:
            with self.metrics_path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise RunError(f"{self.metrics_path} cannot be written: {reason(error)}") from error

    def note_standing(self, standing: Mapping[str, Any] | None) -> None:
        """Keeps the standing of the run, by its evaluations; None where it has none.

        Raises:
            RunError: If it cannot be written.
        """
        if standing is None:
            (self.folder / _STANDING).unlink(missing_ok=True)
        else:
            self.write(_STANDING, json.dumps(standing, indent=2).encode() + b"\n")

    def standing(self) -> dict[str, Any] | None:
        """The standing of the run, as `note_standing` was given it; None where it has none."""
        try:
            standing: dict[str, Any] = json.loads((self.folder / _STANDING).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return standing

    def metrics(self) -> list[dict[str, Any]]:
        """All figures; a last line that was cut short is left out."""
        records = []
        with suppress(OSError):
            for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):
                    records.append(json.loads(line))
        return [renamed(record) for record in records if isinstance(record, dict) and "step" in record]

    def add_sample(self, step: int, grid: Image.Image) -> Path:
        """Keeps a sample grid."""
        file = io.BytesIO()
        grid.save(file, "PNG")
        return self.write(f"samples/{step:07d}.png", file.getvalue())

    def samples(self) -> list[Path]:
        """The sample grids, from the first to the last."""
        return sorted((self.folder / "samples").glob("*.png"))

    def save(self, config: RunConfig, pictures: Mapping[str, Any], step: int, state: Mapping[str, Any]) -> None:
        """Keeps all that it takes to go on after `step` steps, and the state before; drops what is older.

        Raises:
            RunError: If it cannot be written; the states before are kept.
        """
        import torch

        record = {
            "format": FORMAT_VERSION,
            "config": asdict(config),
            "pictures": dict(pictures),
            "step": step,
            "state": state,
        }
        file = io.BytesIO()
        torch.save(record, file)
        self.write(f"checkpoint/step-{step:08d}.pt", file.getvalue())
        for old in self._checkpoints()[:-_KEPT]:
            old.unlink(missing_ok=True)

    def restore(self, config: RunConfig, pictures: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Reads the last state that is whole.

        Returns:
            The steps that were taken, and the state.

        Raises:
            RunError: If there is none, or it is of another configuration or other pictures.
        """
        remove_leftovers(self.folder / "checkpoint")
        for path in reversed(self._checkpoints()):
            record = _read(path)
            if record is None:
                continue
            _compare(record, config, pictures, self.folder)
            step: int = record["step"]
            return step, record["state"]
        raise RunError(
            f"{self.folder} cannot be gone on with: there is no whole checkpoint in it; begin again with --out"
        )

    def tidy(self, step: int) -> None:
        """Forgets what was noted after `step`, whose steps will be taken again, and what was left half written."""
        for leftover in (*self.folder.glob(".copyart-*"), *self._snapshots.glob(".copyart-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        for folder in self._snapshots.glob("*"):
            if folder.name.isdecimal() and int(folder.name) > step:
                shutil.rmtree(folder, ignore_errors=True)
        lines = [json.dumps(record) + "\n" for record in self.metrics() if record["step"] <= step]
        self.write("metrics.jsonl", "".join(lines).encode())
        for path in self.samples():
            if path.stem.isdecimal() and int(path.stem) > step:
                path.unlink(missing_ok=True)

    @property
    def _snapshots(self) -> Path:
        return self.folder / "snapshots"

    def _checkpoints(self) -> list[Path]:
        return sorted((self.folder / "checkpoint").glob("step-*.pt"))


def new_run(config: RunConfig) -> Run:
    """A folder for a new run: the one asked for, or a new one in `runs/` with the name of what is learned."""
    if config.out:
        return Run(Path(config.out).expanduser())
    name = short_name([*config.domains.values()][-1]) or "run"
    folder, number = RUNS / name, 2
    while folder.exists():
        folder, number = RUNS / f"{name}-{number}", number + 1
    return Run(folder)


def last_run() -> Run:
    """The run in `runs/` that was saved last.

    Raises:
        RunError: If there is none.
    """
    saved = {path.parent.parent: path.stat().st_mtime for path in sorted(RUNS.glob("*/checkpoint/step-*.pt"))}
    if not saved:
        raise RunError(f"there is no run in {RUNS.resolve()} to go on with; name one with --out")
    return Run(max(saved, key=lambda folder: saved[folder]))


def _read(path: Path) -> dict[str, Any] | None:
    """A checkpoint, or None, with a notice, if it is damaged."""
    import torch

    try:
        record = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
        logger.info("%s is cut short or damaged; trying the checkpoint before", path)
        return None
    if not isinstance(record, dict) or record.get("format") != FORMAT_VERSION:
        raise RunError(f"{path} is of another version of copyart; go on with that one, or begin again with --out")
    return record


def _compare(record: Mapping[str, Any], config: RunConfig, pictures: Mapping[str, Any], folder: Path) -> None:
    """Refuses a checkpoint of another configuration or other pictures."""
    now = asdict(config)
    for name, then in by_todays_names(type(config), record["config"]).items():
        if name not in _FREE and now.get(name) != then:
            raise RunError(
                f"{folder} was trained with {name} {then!r}, not {now.get(name)!r}; "
                "leave that out to go on, or begin another run with --out"
            )
    for name, before in record["pictures"].items():
        if pictures[name] != before:
            raise RunError(
                f"{folder}: the pictures of {name} are not those that it was trained on; "
                "put them back, or begin another run with --out"
            )
