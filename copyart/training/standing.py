"""The standing of a run, by its evaluations so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from copyart.training.names import renamed


@dataclass(frozen=True)
class Standing:
    """The standing of a run, by its evaluations so far.

    Attributes:
        step: That of the newest evaluation.
        figures: What it found.
        best_step: That of the best evaluation.
        best: What that found.
        since: Evaluations after the best.
        beside: The same figures of what they are to be compared with, by its name.
        uncertain: By how much the judged figure may be wrong with so few pictures, with 95 % confidence; 0 where there
            are enough.
        judged: The figure by which it is judged; less is better.
    """

    step: int
    figures: Mapping[str, float]
    best_step: int
    best: Mapping[str, float]
    since: int
    beside: Mapping[str, Mapping[str, float]]
    uncertain: float = 0.0
    judged: str = "distance"

    def after(self, step: int, figures: Mapping[str, float]) -> "Standing":
        """The standing after one more evaluation."""
        if figures[self.judged] < self.best[self.judged]:
            return replace(self, step=step, figures=figures, best_step=step, best=figures, since=0)
        return replace(self, step=step, figures=figures, since=self.since + 1)

    def words(self) -> str:
        """The best step and what it is to be compared with."""
        beside = " and ".join(f"{rounded(found[self.judged])} for {name}" for name, found in self.beside.items())
        return (
            f"step {self.best_step:,}: {self.judged} {rounded(self.best[self.judged])}"
            + (f", against {beside}" if beside else "")
            + (f", all uncertain by {rounded(self.uncertain)} with so few pictures" if self.uncertain else "")
        )


def load_standing(saved: Mapping[str, Any]) -> Standing:
    """The standing that a run saved, also one of before version 0.2."""
    known = {name: value for name, value in saved.items() if name not in _BEFORE}
    if "beside" not in saved:
        known["beside"] = {name: saved[key] for key, name in _BEFORE.items()}
    for name in ("figures", "best"):
        known[name] = renamed(known[name])
    known["beside"] = {name: renamed(figures) for name, figures in known["beside"].items()}
    return Standing(**known)


def rounded(value: float) -> str:
    """A number as people read it: whole, or with two digits where it is small."""
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


_BEFORE = {"photos": "photos as they are", "artist": "the artist's paintings among themselves"}
