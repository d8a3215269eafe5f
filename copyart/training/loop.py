"""A run, from its configuration to its style: steps, samples, checkpoints, and what to do when it goes wrong."""

import logging
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate.utils import broadcast_object_list, send_to_device
from torch import Tensor

from copyart.config import RunConfig, task_named
from copyart.data import Crops, batches, read_domain
from copyart.devices import is_out_of_memory
from copyart.domains import STDIN, absolute
from copyart.errors import DeviceError, OptionError, TrainingError
from copyart.training.accelerator import make_accelerator
from copyart.training.health import Health, is_sound
from copyart.training.learner import Made, find_learner
from copyart.training.memory import check_memory, used_memory
from copyart.training.names import renamed
from copyart.training.pace import EVALUATE, ONCE, SAMPLE, SAVE, Pace
from copyart.training.pictures import find_pictures, lists
from copyart.training.progress import Progress
from copyart.training.run import Run, new_run
from copyart.training.schedule import learning_rate, steps_of
from copyart.training.standing import Standing, load_standing
from copyart.training.tensorboard import Board

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PATIENCE = 20  # steps in fp16 whose losses may be no numbers: the scaler is finding its scale
_EARLY = 2  # steps, from the beginning or a resumption, that are told of at once: nobody waits long for a sign


def train(
    config: RunConfig,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    progress: bool = False,
) -> Generator[Progress, None, None]:
    """Trains, step by step, while the result is iterated over.

    When the iterator is closed, or `stop` says so, the state is saved first; so are the style and the report
    at the end. Where it is evaluated, the style is the best so far. Under `accelerate launch` every process
    calls this, and the first writes.

    Args:
        config: What to train; `copyart.recipes.configure` makes one.
        resume: Go on with the run in `config.out`.
        stop: Asked after every step.
        progress: Draw progress bars on stderr while pictures are fetched.

    Raises:
        OptionError: If values do not fit each other, or the batch does not fit the memory.
        DomainError: If a domain is unknown, damaged, or has too little to learn from, or to judge by.
        DownloadError: If a domain cannot be fetched.
        RunError: If the run's folder cannot be written, read or gone on with.
        DeviceError: If the device is not there or out of memory.
        TrainingError: If the losses are no numbers, twice.
    """
    training = _Training(config, resume=resume, progress=progress)
    try:
        yield from training.go(stop)
        training.keep()
        training.report()
    except GeneratorExit:
        training.keep()
        raise
    finally:
        training.close()


@dataclass
class _Tally:
    """The losses since the last line of metrics."""

    began: float
    losses: list[dict[str, Tensor]] = field(default_factory=list)


class _Training:
    """A run under way: what it learns from, what learns, where it is kept and how far it is."""

    def __init__(self, config: RunConfig, *, resume: bool, progress: bool) -> None:
        places: dict[str, Any] = {f"domain_{which}": absolute(name) for which, name in config.domains.items()}
        config = replace(config, **places)
        if resume and config.holdout is None:  # as the run was begun, whatever the default was then
            config = replace(config, holdout=new_run(config).config().holdout)
        self.config = config
        self.accelerator, self.precision = make_accelerator(config)
        self.device: torch.device = self.accelerator.device
        self.main: bool = self.accelerator.is_main_process
        self.alone: bool = self.accelerator.num_processes == 1
        self.run = Run(self._agree(new_run(config).folder))
        self.result = self.run.folder / task_named(config.task).result
        if not self.main:
            logging.getLogger("copyart").setLevel(logging.WARNING)

        if not self.alone and STDIN in config.domains.values():
            raise OptionError("stdin reaches only one of several processes; put the paths into a text file")
        learner = find_learner(config.task)
        progress = progress and self.main
        start = learner.load_start(config.start, progress=progress) if config.start and not resume else None
        found = find_pictures(config, kept=self.run.folder if resume else None, progress=progress)
        learner.check_pictures(found, config)
        self.origins = tuple(pictures.origin for pictures in found)
        domains = [read_domain(one.name, one.learned, one.held_out, config) for one in found]
        self.pictures = {
            f"domain_{which}": pictures.fingerprint() for which, pictures in zip(config.domains, found, strict=True)
        }
        self.images = Crops(domains, size=config.image_size, flip=config.flip, seed=config.seed, zoom=config.zoom)
        self.workers = config.workers if not all(domain.pixels for domain in domains) else 0
        self.batch = config.batch_size * self.accelerator.num_processes
        self.epoch = -(-len(self.images) // self.batch)
        self.steps = steps_of(config, self.epoch)

        self.learner = learner(config, self.accelerator, domains)
        if start:
            self.learner.start_from(start)
        check_memory(self.learner, config, self.device)
        self.standing: Standing | None = None
        self.health, self.pace, self.tally = Health(), Pace(config, self.epoch), _Tally(time.perf_counter())
        self.step, self.attempt, self.seconds = 0, 0, 0.0
        self.saved_at, self.unsound, self.stopped = -1, 0, False
        self.grid: Path | None = None
        if resume:
            self._restore()
            if self.main:
                self.run.tidy(self.step)
        elif self.main:
            self.run.create(config)
            for name, text in lists(dict(zip(config.domains, found, strict=True))).items():
                self.run.write(name, text.encode(errors="surrogateescape"))
        self.board = Board(self.run.folder, self.step) if self.main else None
        self.accelerator.wait_for_everyone()
        if not resume:
            self._save()

    def go(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Steps until the end."""
        if self._is_patience_out() and self.step < self.steps:
            logger.info("It was stopped since it grew no better; give a higher --patience, or 0, to go on")
        while not self._is_done() and not self.stopped:
            try:
                yield from self._go(stop)
            except _UnsoundError as error:
                self._start_again(error)

    def keep(self) -> None:
        """Saves what is not saved yet."""
        if self.step != self.saved_at:
            self._save()

    def report(self) -> None:
        """Draws the report of a run that has come to its end."""
        if self.main and self._is_done():
            from copyart.training.report import write_report

            write_report(self.run)

    def close(self) -> None:
        """Puts everything away."""
        if self.board:
            self.board.close()
        if not self.alone:
            torch.distributed.destroy_process_group()

    def _go(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        config = self.config
        self.tally, early = _Tally(time.perf_counter()), self.step + _EARLY
        feed = batches(
            self.images,
            range(self.step, self.steps),
            config.batch_size,
            rank=self.accelerator.process_index,
            processes=self.accelerator.num_processes,
            workers=self.workers,
        )
        for batch in feed:
            rate = learning_rate(config, self.step, self.steps)
            self.tally.losses.append(self._take(batch, rate))
            self.step += 1
            self.stopped = self._is_stopped(stop)
            last, judged = self.step == self.steps, self._is_judged()
            if self.step % config.log_every == 0 or self.step <= early or last or judged or self.stopped:
                yield self._tell(rate)
                self.tally = _Tally(time.perf_counter())
            if self._is_sampled() or self._is_done():
                with self._pause(SAMPLE):
                    self._sample()
            if self.step % config.save_every == 0 or last or judged:
                with self._pause(SAVE):
                    self._save()
            if config.snapshot_every and self.step % config.snapshot_every == 0:
                self._save_style(snapshot=True)
            if self._is_done() or self.stopped:
                return

    def _take(self, batch: Sequence[Tensor], rate: float) -> dict[str, Tensor]:
        try:
            losses = self.learner.step(batch, self.step, rate, self.attempt)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            half = self.config.batch_size // 2
            advice = f"begin again with --batch-size {half}" if half else "begin again with a smaller --image-size"
            raise DeviceError(
                f"{self.device} ran out of memory in step {self.step + 1} with batch_size "
                f"{self.config.batch_size} at {self.config.image_size} pixels; {advice}"
            ) from error
        # To look at a loss costs nothing on a processor; elsewhere it would make the device wait, or other processes.
        if self.device.type == "cpu" and self.alone and not all(map(torch.isfinite, losses.values())):
            self._object(self._mean(losses))
        return losses

    def _mean(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """The losses as numbers, the mean over all processes."""
        values = self.accelerator.reduce(torch.stack([value.float() for value in losses.values()]), "mean")
        return dict(zip(losses, values.cpu().tolist(), strict=True))

    @contextmanager
    def _pause(self, kind: str) -> Iterator[None]:
        """Leaves what is done in the block out of the time of the steps."""
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.tally.began += took
        self.pace.add_pause(kind, took)

    def _tell(self, rate: float) -> Progress:
        """Ends a line of metrics, and evaluates where it is time to."""
        lost, steps = self.tally.losses, len(self.tally.losses)
        names = dict.fromkeys(name for loss in lost for name in loss)  # some count only now and then
        losses = self._mean({name: torch.stack([loss[name] for loss in lost if name in loss]).mean() for name in names})
        if not is_sound(losses):
            self._object(losses)
        took = time.perf_counter() - self.tally.began
        self.seconds += took
        self.pace.add_steps(steps, took)
        for line in self.health.watch(losses, steps):
            logger.warning("%s", line)
        epoch, speed = self.step / self.epoch, len(self.origins) * self.batch * steps / took
        terms = {name: round(loss, 6) for name, loss in losses.items()}
        rounded = {"pictures_per_second": round(speed, 3), "seconds": round(self.seconds, 3)}
        self._note({"epoch": round(epoch, 4), "learning_rate": rate, **terms, **rounded})
        if self._is_judged():
            with self._pause(ONCE):
                if self.main:
                    self.learner.prepare_evaluation(self.standing)
            with self._pause(EVALUATE):
                self._evaluate()
        return Progress(
            step=self.step,
            steps=self.steps,
            epoch=epoch,
            losses=losses,
            smoothed=dict(self.health.smoothed),
            learning_rate=rate,
            pictures_per_second=speed,
            seconds=self.seconds,
            seconds_left=0.0 if self._is_done() else self.pace.seconds_left(self.step, self.steps),
            memory=used_memory(self.device),
            device=f"{self.device}, {self.precision}",
            folder=self.run.folder,
            terms=self.learner.losses,
            domains=self.config.DOMAINS,
            grid=self.grid,
            standing=self.standing,
            done=self._is_done(),
        )

    def _note(self, figures: Mapping[str, float]) -> None:
        """Adds a line to the run's figures; the first process does."""
        if self.main and self.board:
            record = {"step": self.step, **figures}
            self.run.add_metrics(record)
            self.board.add(record)

    def _object(self, losses: Mapping[str, float]) -> None:
        """Stops at losses that are no numbers; in fp16 only at many, since the scaler leaves such steps out."""
        self.unsound += 1
        if self.precision != "fp16" or self.unsound > _PATIENCE:
            raise _UnsoundError(", ".join(f"{name} {loss}" for name, loss in losses.items() if not math.isfinite(loss)))

    def _start_again(self, error: "_UnsoundError") -> None:
        """Goes back to the last good state, once, and on from there with other random draws."""
        at = self.step + 1
        if self.attempt:
            raise TrainingError(
                f"the losses are no numbers again, in step {at} ({error}); the last good state is in {self.run.folder}"
                "; try --precision fp32, a lower --learning-rate, or clip_discriminators = 1.0 in --config"
            ) from error
        self._restore()
        self.attempt, self.unsound = 1, 0
        logger.warning("In step %d the losses were no numbers (%s): back to step %d", at, error, self.step)
        if self.main:
            self.run.tidy(self.step)

    def _is_stopped(self, stop: Callable[[], bool]) -> bool:
        """True where any process was asked to stop: all have to stop after the same step."""
        if self.alone:
            return stop()
        if self.step % self.config.log_every:
            return False
        return bool(self.accelerator.reduce(torch.tensor([float(stop())], device=self.device)).item() > 0)

    def _agree(self, choice: T) -> T:
        """The choice of the first process."""
        choices = [choice]
        if not self.alone:
            broadcast_object_list(choices)
        return choices[0]

    def _is_done(self) -> bool:
        return self.step == self.steps or self._is_patience_out()

    def _is_patience_out(self) -> bool:
        return self.standing is not None and self.standing.since >= self.config.patience > 0

    def _is_judged(self) -> bool:
        return (every := self.config.evaluate_every) > 0 and (self.step % every == 0 or self.step == self.steps)

    def _evaluate(self) -> None:
        """Scores what was learned; the first process does, and all know how the run stands."""
        if self.main:
            self.standing = self.learner.evaluate(self.step, self.standing)
            self._note(self.standing.figures)
        self.standing = self._agree(self.standing)

    def _is_sampled(self) -> bool:
        return self.step % (self.config.sample_every or self.epoch) == 0

    def _sample(self) -> None:
        if not self.main or not self.board:
            return
        grid, measured = self.learner.sample()
        self.grid = self.run.add_sample(self.step, grid)
        for line in self.health.look(measured):
            logger.warning("%s", line)
        self._note(measured)
        self.board.show(self.step, grid)

    def _save(self) -> None:
        """Keeps the state, and the style where it is not to be the best or is; every process has a part in it."""
        state = send_to_device(self.learner.state(), "cpu")
        if self.main:
            progress: dict[str, Any] = {
                "attempt": self.attempt,
                "seconds": self.seconds,
                **self.health.state(),
                "standing": asdict(self.standing) if self.standing else None,
            }
            self.run.save(self.config, self.pictures, self.step, {**state, "progress": progress})
            self.run.note_standing(progress["standing"])
        if self.standing is None or self._is_best():
            self._save_style()
        self.saved_at = self.step
        self.accelerator.wait_for_everyone()

    def _restore(self) -> None:
        self.step, state = self.run.restore(self.config, self.pictures)
        progress: dict[str, Any] = renamed(state["progress"])
        self.attempt, self.seconds = progress.get("attempt", 0), progress["seconds"]
        self.health.load_state(progress)
        self.learner.load_state(state)
        self.saved_at = self.step
        self._restore_standing(progress.get("standing"))

    def _restore_standing(self, saved: dict[str, Any] | None) -> None:
        """Takes up how the run stood, and writes its style anew where that was killed before it was whole."""
        self.standing = load_standing(saved) if saved and self.config.evaluate_every else None
        lost = self._agree(not self.result.exists())
        if lost and not self._is_best():
            self.standing = None
        if self.main:
            self.run.note_standing(asdict(self.standing) if self.standing else None)
        if lost or self._is_best():
            self._save_style()

    def _is_best(self) -> bool:
        return self.standing is not None and self.standing.best_step == self.step

    def _save_style(self, *, snapshot: bool = False) -> None:
        if self.main:
            standing = self.standing if self.standing and self.standing.step == self.step else None
            folder = self.run.snapshot_folder(self.step) if snapshot else self.result
            made = Made(self.run.name, self.origins, self.step, self.seconds, standing, snapshot)
            self.learner.save(folder, made)


class _UnsoundError(Exception):
    """Losses that are no numbers."""
