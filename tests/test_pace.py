"""The time left: there from the first steps on, by the pace of the last ones, and in a view that breaks no word."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from runs import small_run

from copyart.cli import training_view
from copyart.cli.training_view import view
from copyart.config import TrainConfig
from copyart.training import Progress, train
from copyart.training.cyclegan.evaluation import ARTIST, PHOTOS
from copyart.training.cyclegan.learner import CycleGAN
from copyart.training.pace import EVALUATE, SAVE, Pace
from copyart.training.standing import Standing


def pace(*stretches: tuple[int, float], **values: int) -> Pace:
    """One that has seen these stretches of steps, and their seconds."""
    seen = Pace(TrainConfig(**values), epoch=10**6)  # type: ignore[arg-type]  # whole numbers all
    for steps, seconds in stretches:
        seen.add_steps(steps, seconds)
    return seen


def test_the_first_step_counts_only_as_long_as_there_is_no_other() -> None:
    assert pace((1, 60.0)).seconds_left(1, 101) == 6000
    assert pace((1, 60.0), (1, 2.0)).seconds_left(2, 102) == 200
    assert pace((1, 60.0), (1, 2.0), (8, 16.0)).seconds_left(10, 110) == 200
    assert pace((1, 60.0)).seconds_left(1, 1) == 0


@pytest.mark.parametrize("lines", [1, 3, 40])
@pytest.mark.parametrize("log_every", [1, 7, 10, 500])
def test_it_is_right_however_many_steps_a_line_has(log_every: int, lines: int) -> None:
    seen = pace((1, 9.0), *[(log_every, 0.5 * log_every)] * lines)
    assert seen.seconds_left(1000, 3000) == pytest.approx(1000)


def test_a_machine_that_slept_once_does_not_count_and_one_that_is_slower_now_does() -> None:
    steady = [(10, 5.0)] * 20
    assert pace((1, 9.0), *steady, (10, 7200.0)).seconds_left(0, 100) == 50
    assert pace((1, 9.0), *steady, *[(10, 20.0)] * 20).seconds_left(0, 100) == 200


def test_steps_that_wait_for_pictures_now_and_then_count_as_they_are_on_the_mean() -> None:
    assert pace((1, 9.0), *[(1, 0.1), (1, 0.1), (1, 0.1), (1, 0.1), (1, 4.6)] * 40).seconds_left(
        0, 100
    ) == pytest.approx(100)


def test_evaluations_count_as_often_as_they_are_still_to_come() -> None:
    seen = pace((1, 9.0), *[(10, 5.0)] * 99, evaluate_every=1000, save_every=400)
    before = seen.seconds_left(999, 11_500)
    seen.add_pause(EVALUATE, 20.0)
    assert seen.seconds_left(1000, 11_500) == pytest.approx(before - 0.5 + 11 * 20)  # 2,000 to 11,000, and the last
    seen.add_pause(SAVE, 3.0)
    assert seen.seconds_left(11_450, 11_500) == pytest.approx(25 + 20 + 3)
    assert seen.seconds_left(11_500, 11_500) == 0


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run with a line of metrics every five steps."""
    return replace(small_run(tmp_path, 4, 4, steps=20), log_every=5, save_every=4)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps take two seconds, the first of a process a hundred; saving takes a thousand, and all else no time."""
    now, step, save = [0.0], CycleGAN.step, CycleGAN.state
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def slow_step(self: CycleGAN, *given: object) -> object:
        now[0] += 2.0 if hasattr(self, "warm") else 100.0
        self.warm = True  # type: ignore[attr-defined]
        return step(self, *given)  # type: ignore[arg-type]

    def slow_save(self: CycleGAN) -> object:
        now[0] += 1000.0
        return save(self)

    monkeypatch.setattr(CycleGAN, "step", slow_step)
    monkeypatch.setattr(CycleGAN, "state", slow_save)


def times(running: Iterator[Progress]) -> list[tuple[int, float]]:
    return [(record.step, record.seconds_left) for record in running]


@pytest.mark.usefixtures("clock")
def test_a_run_tells_the_time_left_from_its_first_step_and_so_does_one_that_goes_on(config: TrainConfig) -> None:
    running = train(config, stop=iter([False] * 5 + [True]).__next__)
    assert times(running) == [(1, 1900), (2, 36), (5, 30 + 4000), (6, 28 + 4000)]
    resumed = list(train(config, resume=True))
    assert [(record.step, record.seconds_left) for record in resumed] == [
        (7, 1300),
        (8, 24),
        (10, 20 + 3000),
        (15, 10 + 2000),
        (20, 0),
    ]
    assert (resumed[-1].seconds, resumed[-1].pictures_per_second) == (18 * 2 + 2 * 100, 1)  # what is saved is no step


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("steps", [1, 2])
def test_a_run_of_a_step_or_two_tells_it_too(config: TrainConfig, steps: int) -> None:
    assert times(train(replace(config, steps=steps))) == [(1, 100.0 * (steps - 1)), (2, 0)][:steps]


def record_of(**values: object) -> Progress:
    figures = {"distance": 160.4, "palette": 3.0, "structure_kept": 0.4, "checkerboard": 1.2}
    beside = {PHOTOS: {"distance": 166.0}, ARTIST: {"distance": 26.0}}
    standing = Standing(9, figures, 130_000, figures, 2, beside)
    terms = {name: 0.0001234 for term in CycleGAN.losses for name in term.names()}
    known = Progress(
        step=129_990,
        steps=1_234_567,
        epoch=1234.56,
        losses=terms,
        smoothed=terms,
        learning_rate=2e-4,
        pictures_per_second=1234.5,
        seconds=0.0,
        seconds_left=12 * 86_400 + 30_000,
        memory=11_000_000_000,
        device="cuda:0, bf16",
        folder=Path("runs/vangogh"),
        grid=Path("runs/vangogh/samples/0129000.png"),
        standing=standing,
        terms=CycleGAN.losses,
        domains={"a": "photos", "b": "paintings"},
    )
    return replace(known, **values)  # type: ignore[arg-type]


def test_the_view_of_a_long_run_fits_eighty_columns_a_thing_a_line() -> None:
    console = Console(width=80, highlight=False)
    with console.capture() as seen:
        console.print(view(record_of()))
    lines = [line.rstrip() for line in seen.get().splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[0] == "epoch 1234.56   step 129,990 of 1,234,567   1234.5 pictures/s"
    assert lines[1].endswith("   12 days, 8:20:00 left")
    assert lines[-3:] == [
        "distance 160 (best 160 at step 130,000; photos as they are 166)",
        "cuda:0, bf16   11.0 GB   learning rate 0.0002",
        "newest samples: runs/vangogh/samples/0129000.png",
    ]
    assert len(lines) == 2 + (1 + len(CycleGAN.losses)) + 3


def test_where_it_is_no_terminal_the_first_line_comes_with_the_first_record(capsys: pytest.CaptureFixture[str]) -> None:
    with training_view.watch() as show:
        for seconds, left in ((0.5, 400.0), (1.0, 300.0), (31.0, 200.0)):
            show(record_of(seconds=seconds, seconds_left=left))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("step 129990/1234567  epoch ")]
    assert ["0:06:40 left" in told[0], "0:03:20 left" in told[1], len(told)] == [True, True, 2]
