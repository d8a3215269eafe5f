"""What can be set, what it is when nobody sets it, and what it may be: the only home of defaults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from copyart.errors import OptionError


@dataclass(frozen=True)
class TranslatorConfig:
    """Which style paints, and where."""

    style: str = "monet"
    device: str = "auto"
    reverse: bool = False


@dataclass(frozen=True)
class PaintConfig:
    """How one photo becomes one painting.

    Attributes:
        size: Long edge in pixels at which the network paints, `"native"` for the photo's own, None for
            the style's `paint_size`. It sets how broad the strokes are, whatever the photo's size. At least 8.
        detail: How much of the finer strokes of a second painting, at up to four times the size, is laid over
            the first where the photo is larger than that: from 0, none, to 1, all.
        strength: 0 leaves the photo as it is, 1 is the painting.
        keep_color: Keep the photo's colours and take only light and brushwork from the painting.
        compare: Put the photo to the left of the painting.

    Raises:
        OptionError: If a value is out of its range.
    """

    size: int | str | None = None
    detail: float = 0.5
    strength: float = 1.0
    keep_color: bool = False
    compare: bool = False

    def __post_init__(self) -> None:
        if not (self.size is None or self.size == "native" or isinstance(self.size, int)):
            raise OptionError(f"size is {self.size!r}; give a number of pixels, or 'native' for the photo's own size")
        if isinstance(self.size, int) and self.size < 8:
            raise OptionError(f"size is {self.size}; give at least 8 pixels, 512 to 768 look best")
        if not 0 <= self.detail <= 1:
            raise OptionError(f"detail is {self.detail}; give a number from 0 (broad strokes only) to 1 (all the fine)")
        if not 0 <= self.strength <= 1:
            raise OptionError(f"strength is {self.strength}; give a number from 0 (the photo) to 1 (the painting)")


@dataclass(frozen=True)
class TilingConfig:
    """How much of a picture is painted at once; it changes neither colours nor strokes.

    Attributes:
        tile: Width and height in pixels of a tile; None for what fits `memory`.
        memory: Megabytes that the network may take; None for what is fastest.

    Raises:
        OptionError: If a value is not positive.
    """

    tile: int | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        for name in ("tile", "memory"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name} is {value}; give at least 1")


@dataclass(frozen=True)
class SaveConfig:
    """How a painting is written.

    Attributes:
        format: jpeg, png, webp, tiff, bmp, gif, avif or heic, of a video mp4, mov, mkv or webm; None for the one
            that the file's name says.
        quality: 1 to 100, for the formats that lose something.
        overwrite: Replace a file that is there already.
        make_folder: Make the folder that it goes to, where that is missing.

    Raises:
        OptionError: If the quality is out of its range.
    """

    format: str | None = None
    quality: int = 92
    overwrite: bool = False
    make_folder: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality}; give a number from 1 to 100")


@dataclass(frozen=True)
class BatchConfig:
    """How a folder is painted.

    Attributes:
        recursive: Also paint what lies in folders of the folder.
        workers: Pictures that are read and written at the same time; one of them is painted at a time.
            At least 1.

    Raises:
        OptionError: If there are no workers.
    """

    recursive: bool = False
    workers: int = 4

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise OptionError(f"workers is {self.workers}; give at least 1")


@dataclass(frozen=True)
class InspectConfig:
    """How much of a style is shown at work.

    Attributes:
        size: Long edge in pixels at which to paint: 8 to 2048.
        channels: How many of each layer to show. At least 1.

    Raises:
        OptionError: If a value is out of its range.
    """

    size: int = 384
    channels: int = 8

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 2048:
            raise OptionError(f"size is {self.size}; give 8 to 2048")
        if self.channels < 1:
            raise OptionError(f"channels is {self.channels}; give at least 1")


@dataclass(frozen=True)
class ServeConfig:
    """How strangers' photos are painted over HTTP.

    Attributes:
        host: The address to listen at: 127.0.0.1 for this machine alone, 0.0.0.0 for all.
        port: 0 for any that is free.
        styles: What there is to paint with, as `find_style` takes it; none for those that come with copyart.
        max_megapixels: Of a photo, and of what is painted of it.
        max_megabytes: Of a photo's file.
        queue: Photos that may wait while others are painted.
        workers: Photos that are painted at a time.
        time_limit: Seconds in which a request is answered, and in which the server ends when it is to stop.
        device: Where to compute.

    Raises:
        OptionError: If a value is out of its range.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    styles: tuple[str, ...] = ()
    max_megapixels: float = 50
    max_megabytes: float = 25
    queue: int = 32
    workers: int = 1
    time_limit: int = 120
    device: str = TranslatorConfig.device

    def __post_init__(self) -> None:
        for name, (least, most) in _SERVE_RANGES.items():
            if not least <= (value := getattr(self, name)) <= most:
                raise OptionError(f"{name} is {value}; give {least} to {most}")

    @property
    def max_pixels(self) -> int:
        """Pixels of a photo, and of what is painted of it."""
        return int(self.max_megapixels * 1_000_000)

    @property
    def max_bytes(self) -> int:
        """Bytes of a photo's file."""
        return int(self.max_megabytes * 1_000_000)


_SERVE_RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "max_megapixels": (0.01, 150),  # Pillow opens no more than 178
    "max_megabytes": (0.01, 1000),
    "queue": (0, 10_000),
    "workers": (1, 256),
    "time_limit": (1, 86_400),
}

DOMAIN_FORMS = (
    "a name from `copyart domains`, a folder, a zip or tar file, TFRecords, a text file of paths (# begins a comment), "
    "- for paths on stdin, hf:owner/dataset or kaggle:owner/dataset"
)


@dataclass(frozen=True)
class Task:
    """Something that can be learned.

    Attributes:
        learner: The class that does, by its dotted name; see `copyart.training.learner`.
        domains: The pictures that it learns from: a letter for each domain, and a word for what they are.
    """

    learner: str
    domains: Mapping[str, str]


TASKS: dict[str, Task] = {
    "cyclegan": Task("copyart.training.cyclegan.learner.CycleGAN", {"a": "photos", "b": "paintings"}),
}


@dataclass(frozen=True)
class TrainConfig:
    """How two domains of pictures become a style. What is not said is as in Zhu et al. (2017).

    Attributes:
        domain_a: Pictures, such as photos: whatever `copyart.domains.find_domain` takes, in short `DOMAIN_FORMS`.
        domain_b: Others, such as paintings.
        out: The run's folder; "" for `runs/` and the name of `domain_b`.
        recipe: The name of the recipe that the other values began with.
        task: What is learned, one of `TASKS`.
        about: What they are good for, in a line.
        title: What to call the style before people; "" for the run's name.
        limit: Use no more than so many pictures of each domain; None for all.
        holdout: Share of each domain's pictures that is never learned from: for the sample grids, and to judge by. None
            for a twentieth; of domain a at least 50, which judge well, as far as that is no more than a fifth.
        image_size: Width and height in pixels of the crops that are learned from.
        load_size: Short side in pixels to which pictures are scaled before they are cropped; it sets how
            broad the strokes are that can be learned.
        flip: Mirror every other picture.
        start: A style with a way back, whose generators are learned on from; "" for new ones.
        generator: `resnet`, `compact` or `unet`.
        generator_options: What else builds the generators; see `copyart.networks`.
        critic: `patch` or `projected`: what judges the pictures (the paper's discriminators).
        critic_options: What else builds the critics; see `copyart.networks`.
        adversarial: `least-squares`, `hinge`, `bce` or `two-objective`.
        cycle: Weight of the way there and back.
        identity: Weight of leaving alone what is already of the kind; 0 leaves it out.
        lattice: Weight of leaving no grid of the networks' strides in what is painted; 0 leaves it out.
        pool: Earlier paintings that the critics are shown beside new ones; 0 for none.
        augment: What is changed in pictures before a critic sees them: `color`, `translation`, `cutout`.
        epochs: How often the larger domain is gone through.
        steps: How many steps to take instead.
        batch_size: Pairs of pictures a step and device.
        learning_rate: Of Adam.
        schedule: `linear` (constant, then down to 0 in the second half), `constant`, or stages as
            `2e-4:400,1e-4:300`, a rate and how many epochs it lasts.
        beta1: Of Adam: how much of the gradient's direction is kept from step to step.
        clip_critics: Longest gradient of a critic; 0 for any length.
        average: How slowly the averaged generators, which are what is saved, follow those that learn; 0 for at once.
        precision: `fp32`, `bf16`, `fp16`, or `auto` for the fastest that does not show.
        device: Where to compute.
        compile: Compile the networks before the first step: minutes of waiting, then faster on a GPU.
        seed: All chance follows from it.
        samples: Held-out pictures of each domain that are painted for the sample grids.
        log_every: Steps from one line of metrics to the next.
        sample_every: Steps from one sample grid to the next; 0 for once an epoch. There is also one at the end.
        save_every: Steps from one checkpoint to the next.
        snapshot_every: Steps from one style that is kept in `snapshots/` to the next; 0 for none.
        evaluate_every: Steps from one evaluation on held-out photos to the next, the best of which becomes the style;
            0 for none, and the last is.
        patience: Evaluations without a better one after which training stops; 0 for never.
        memory_share: Share of the free memory that decoded pictures may take; what does not fit is read again
            each time.
        workers: Processes that read pictures where they do not fit the memory.
        paint_size: Long edge in pixels at which the style paints when nobody says otherwise.

    Raises:
        OptionError: If a value is out of its range.
    """

    domain_a: str = ""
    domain_b: str = ""
    out: str = ""
    recipe: str = ""
    task: str = "cyclegan"
    about: str = ""
    title: str = ""

    limit: int | None = None
    holdout: float | None = None

    image_size: int = 256
    load_size: int = 286
    flip: bool = True
    start: str = ""
    generator: str = "resnet"
    generator_options: Mapping[str, Any] = field(default_factory=dict)
    critic: str = "patch"
    critic_options: Mapping[str, Any] = field(default_factory=dict)
    adversarial: str = "least-squares"
    cycle: float = 10.0
    identity: float = 5.0
    lattice: float = 0.0
    pool: int = 50
    augment: tuple[str, ...] = ()
    epochs: int = 200
    steps: int | None = None
    batch_size: int = 1
    learning_rate: float = 2e-4
    schedule: str = "linear"
    beta1: float = 0.5
    clip_critics: float = 0.0
    average: float = 0.0
    precision: str = "auto"
    device: str = "auto"
    compile: bool = False
    seed: int = 0
    samples: int = 4
    log_every: int = 10
    sample_every: int = 0
    save_every: int = 500
    snapshot_every: int = 0
    evaluate_every: int = 0
    patience: int = 0
    memory_share: float = 0.25
    workers: int = 2
    paint_size: int = 640

    def __post_init__(self) -> None:
        for name, choices in {"task": TASKS, **_CHOICES}.items():
            value = getattr(self, name)
            for word in value if isinstance(value, tuple) else (value,):
                if word not in choices:
                    raise OptionError(f"{name} is {word!r}; choose {' or '.join(choices)}")
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if value is None and getattr(TrainConfig, name) is None:
                continue
            kind = TrainConfig.__annotations__[name]
            whole = float not in (kind, *get_args(kind))
            if not isinstance(value, int if whole else int | float):
                raise OptionError(f"{name} is {value!r}; give a {'whole number' if whole else 'number'}")
            if not least <= value <= most:
                raise OptionError(f"{name} is {value}; give {least} to {most}")
        if self.load_size < self.image_size:
            raise OptionError(
                f"load_size is {self.load_size}, less than image_size {self.image_size}; "
                "give at least as much in a --config file"
            )
        if self.patience and not self.evaluate_every:
            raise OptionError(
                f"patience is {self.patience} without evaluations; give --evaluate-every too, or patience 0"
            )
        self.stages()

    @property
    def domains(self) -> dict[str, str]:
        """The names of the domains that the task learns from, by their letter."""
        return {which: getattr(self, f"domain_{which}") for which in TASKS[self.task].domains}

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
        least, most = _RANGES["learning_rate"]
        number = r"\d*\.?\d+(?:[eE][-+]?\d+)?"
        parts = [re.fullmatch(rf"\s*({number})\s*:\s*({number})\s*", part) for part in self.schedule.split(",")]
        stages = [(float(part[1]), float(part[2])) for part in parts if part]
        if len(stages) < len(parts) or not all(
            least <= rate <= most and 0 < epochs <= _MANY for rate, epochs in stages
        ):
            raise OptionError(
                f"schedule is {self.schedule!r}; give linear, constant, or stages of rate:epochs as 2e-4:100,1e-4:100"
            )
        return stages


_MANY = 10**9
_CHOICES = {
    "generator": ("resnet", "compact", "unet"),
    "critic": ("patch", "projected"),
    "adversarial": ("least-squares", "hinge", "bce", "two-objective"),
    "augment": ("color", "translation", "cutout"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "limit": (2, _MANY),
    "holdout": (0, 0.5),
    "image_size": (32, 8192),
    "load_size": (32, 8192),
    "cycle": (0, _MANY),
    "identity": (0, _MANY),
    "lattice": (0, _MANY),
    "pool": (0, 10_000),
    "epochs": (1, _MANY),
    "steps": (1, _MANY),
    "batch_size": (1, 65_536),
    "learning_rate": (1e-9, 1),
    "beta1": (0, 0.999),
    "clip_critics": (0, _MANY),
    "average": (0, 0.99999),
    "seed": (0, 2**32),
    "samples": (1, 64),
    "log_every": (1, _MANY),
    "sample_every": (0, _MANY),
    "save_every": (1, _MANY),
    "snapshot_every": (0, _MANY),
    "evaluate_every": (0, _MANY),
    "patience": (0, _MANY),
    "memory_share": (0, 1),
    "workers": (0, 256),
    "paint_size": (8, 65_536),
}
