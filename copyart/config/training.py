"""The options of every training run, whatever it is that learns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from copyart.config.options import MANY, check, option, option_of
from copyart.config.painting import TranslatorConfig
from copyart.errors import OptionError

DOMAIN_FORMS = (
    "a name from `copyart domains`, a folder, a zip or tar file, TFRecords, a text file of paths (# begins a comment), "
    "- for paths on stdin, hf:owner/dataset or kaggle:owner/dataset"
)

DEFAULT_RECIPE = "bold"

_RATES = 1e-9, 1.0


@dataclass(frozen=True)
class RunConfig:
    """The options of every run, whatever is learned; each task adds its own.

    Attributes:
        DOMAINS: The pictures that the task learns from: a letter for each domain, and a word for what they are.
        ENLARGES: Pictures with a short side of less than `load_size` are enlarged to it.

    Raises:
        OptionError: If a value is out of its range.
    """

    DOMAINS: ClassVar[Mapping[str, str]]
    ENLARGES: ClassVar[bool] = True

    domain_a: str = option(
        "",
        f"Photos, or all pictures where a recipe needs one domain only: {DOMAIN_FORMS}.",
        flag="--domain-a",
        metavar="DOMAIN",
    )
    domain_b: str = option("", "Paintings: the same.", flag="--domain-b", metavar="DOMAIN")
    out: str = option("", "The run's folder.", unset="runs/ and the name of domain b", flag="--out", metavar="DIR")
    recipe: str = option("", "What to begin with; see below.", unset=DEFAULT_RECIPE, flag="--recipe")
    task: str = option("", "What is learned: a name from `TASKS`.")
    about: str = option("", "What it is good for, in a line.")
    title: str = option("", "What to call what is learned before people.", unset="the run's name")

    epochs: int = option(200, "How often to go through the larger domain.", least=1, flag="--epochs")
    steps: int | None = option(None, "How many steps to take instead.", least=1, flag="--steps")
    limit: int | None = option(
        None, "Use no more than so many pictures of each domain.", least=2, unset="all", flag="--limit"
    )
    holdout: float | None = option(
        None,
        "Share of each domain that is not learned from, but shown in the sample grids and judged by.",
        least=0,
        most=0.5,
        unset="a twentieth; of few photos, up to a fifth",
        flag="--holdout",
    )

    image_size: int = option(
        256, "Width and height in pixels of the crops to learn from.", least=32, most=8192, flag="--image-size"
    )
    load_size: int = option(
        286,
        "Short side in pixels to which pictures are scaled before they are cropped; "
        "it sets how broad the strokes are that can be learned.",
        least=32,
        most=8192,
    )
    zoom: float = option(
        1.0,
        "The most by which crops are taken larger and shrunk, by chance: strokes come in several sizes.",
        least=1,
        most=8,
    )
    flip: bool = option(True, "Mirror every other picture.")
    batch_size: int = option(1, "Pictures of each domain a step and device.", least=1, most=65_536, flag="--batch-size")
    learning_rate: float = option(
        2e-4,
        "How fast to learn; 2e-4 is usual.",
        least=_RATES[0],
        most=_RATES[1],
        flag="--learning-rate",
        metavar="RATE",
    )
    schedule: str = option(
        "linear",
        "constant, linear (down to 0 in the second half), or rate:epochs as in 2e-4:400,1e-4:300.",
        flag="--schedule",
        metavar="STAGES",
    )
    beta1: float = option(0.5, "How much of a gradient's direction Adam keeps from step to step.", least=0, most=0.999)
    ema: float = option(
        0.0,
        "Decay of the weights' exponential moving average, which is what is saved; 0 saves those that learn.",
        least=0,
        most=0.99999,
        was="average",
    )

    evaluate_every: int = option(
        0,
        "Score it on held-out pictures every so many steps; the best is what is kept. 0 for never.",
        least=0,
        flag="--evaluate-every",
        metavar="STEPS",
    )
    patience: int = option(0, "Stop after N evaluations that were no better; 0 for never.", least=0, flag="--patience")

    start: str = option(
        "", "What is learned on from: a style with a way back, an enlarger or a generator.", unset="new weights"
    )

    precision: str = option(
        "auto",
        "The numbers to compute in.",
        choices=("auto", "fp32", "bf16", "fp16"),
        flag="--precision",
    )
    device: str = option_of(TranslatorConfig, "device")
    compile: bool = option(
        False, "Compile the networks before the first step: minutes of waiting, then faster on a GPU."
    )
    seed: int = option(0, "All random draws follow from it.", least=0, most=2**32, flag="--seed")
    samples: int = option(4, "Held-out pictures of each domain that are shown in the sample grids.", least=1, most=64)
    log_every: int = option(10, "Steps from one line of metrics to the next.", least=1)
    sample_every: int = option(
        0, "Steps from one sample grid to the next; 0 for once an epoch. There is also one at the end.", least=0
    )
    save_every: int = option(500, "Steps from one checkpoint to the next.", least=1)
    snapshot_every: int = option(
        0, "Steps from one result that is kept in `snapshots/` to the next; 0 for none.", least=0
    )
    memory_share: float = option(
        0.25,
        "Share of the free memory that decoded pictures may take; what does not fit is read again each time.",
        least=0,
        most=1,
    )
    workers: int = option(2, "Processes that read pictures where they do not fit the memory.", least=0, most=256)

    def __post_init__(self) -> None:
        check(self)
        if self.load_size < self.image_size:
            raise OptionError(
                f"load_size is {self.load_size}, less than image_size {self.image_size}; "
                "give at least as much in a --config file"
            )
        if self.domain_b and "b" not in self.DOMAINS:
            raise OptionError(f"domain_b is {self.domain_b}, and this learns from domain a alone; leave domain_b out")
        if self.patience and not self.evaluate_every:
            raise OptionError(
                f"patience is {self.patience} without evaluations; give --evaluate-every too, or patience 0"
            )
        self.stages()

    @property
    def domains(self) -> dict[str, str]:
        """The names of the domains that the task learns from, by their letter."""
        return {which: getattr(self, f"domain_{which}") for which in self.DOMAINS}

    @property
    def least_side(self) -> int:
        """The short side in pixels below which a picture is left out."""
        return self.load_size // 2 if self.ENLARGES else self.image_size

    def share_held_out(self, domain: str, count: int) -> float:
        """The share that is held out of so many pictures of domain `a` or `b`; see `holdout`."""
        if self.holdout is not None:
            return self.holdout
        # Paintings that were learned from are judged by too, so that few need not be spared.
        return max(0.05, min(50 / max(count, 1), 0.2)) if domain == "a" else 0.05

    def stages(self) -> list[tuple[float, float]]:
        """The schedule's stages, as pairs of a learning rate and a number of epochs; none where it has no stages.

        Raises:
            OptionError: If the schedule cannot be read.
        """
        if self.schedule in ("linear", "constant"):
            return []
        least, most = _RATES
        number = r"\d*\.?\d+(?:[eE][-+]?\d+)?"
        parts = [re.fullmatch(rf"\s*({number})\s*:\s*({number})\s*", part) for part in self.schedule.split(",")]
        stages = [(float(part[1]), float(part[2])) for part in parts if part]
        if len(stages) < len(parts) or not all(least <= rate <= most and 0 < epochs <= MANY for rate, epochs in stages):
            raise OptionError(
                f"schedule is {self.schedule!r}; give linear, constant, or stages of rate:epochs as 2e-4:100,1e-4:100"
            )
        return stages
