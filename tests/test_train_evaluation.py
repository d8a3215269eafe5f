"""Evaluation while it trains: the best becomes the style, and training stops when it grows no better."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Here
from rich.console import Console
from runs import evaluated, losses, make_domain
from safetensors.torch import load_file
from torch import Tensor

from copyart.cli.training_view import view
from copyart.config import TrainConfig
from copyart.errors import DomainError
from copyart.metrics import checkerboard, palette_distance, pixels, sliced_wasserstein, structure_kept
from copyart.models import MODEL_FILE, Style
from copyart.training import report, train
from copyart.training.cyclegan import evaluation
from copyart.training.cyclegan import learner as cyclegan
from copyart.training.cyclegan.evaluation import ARTIST, PHOTOS, Judge, quality
from copyart.training.cyclegan.learner import CycleGAN
from copyart.training.cyclegan.style import save_run_style
from copyart.training.learner import Made
from copyart.training.report import write_report
from copyart.training.run import Run
from copyart.training.standing import Standing

COURSE = {2: 60.0, 4: 50.0, 6: 55.0, 8: 52.0, 10: 40.0, 12: 45.0}  # distances at each step


COURSE = {1: 60.0, 2: 50.0, 3: 55.0, 4: 52.0, 5: 40.0, 6: 45.0}  # distances after each step


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    return evaluated(tmp_path)


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Six pictures are enough, few patches and pixels of them, and reports are only asked for: they take long."""
    runs: list[Run] = []
    monkeypatch.setattr(report, "write_report", runs.append)
    monkeypatch.setattr(evaluation, "LEAST", 6)
    monkeypatch.setattr(pixels, "_PATCHES", 512)
    monkeypatch.setattr(pixels, "_PIXELS", 1024)
    return runs


def follow_course(patch: pytest.MonkeyPatch) -> None:
    """Lets the evaluations come out as `COURSE` has it."""

    def evaluate(self: Judge, paint: object, step: int, before: Standing | None) -> Standing:
        figures = {"distance": COURSE[step], "palette": 5.0, "structure_kept": 0.5, "checkerboard": step / 4}
        if before:
            return before.after(step, figures)
        photos, artist = ({"distance": each, "palette": 9.0, "checkerboard": 1.0} for each in (100.0, 20.0))
        return Standing(step, figures, step, figures, 0, {PHOTOS: {**photos, "structure_kept": 1.0}, ARTIST: artist})

    patch.setattr(Judge, "evaluate", evaluate)


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> None:
    follow_course(monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that followed the course to its end, with the style of each step in its snapshots."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "LEAST", 6)
        patch.setattr(pixels, "_PATCHES", 512)
        patch.setattr(pixels, "_PIXELS", 1024)
        patch.setattr(report, "write_report", lambda run: None)
        follow_course(patch)
        list(train(replace(evaluated(folder), snapshot_every=1)))
    return folder / "run"


def weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / MODEL_FILE)


def equal(some: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(some[key], others[key]) for key in some)


def is_of_step(style: Path, step: int, run: Path) -> bool:
    """Whether a style is the snapshot of that step in a run, but for what half precision takes."""
    snapshot = weights(run / "snapshots" / f"{step:07d}")
    return equal({name: weight.half() for name, weight in weights(style).items()}, snapshot)


def noted(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "evaluation.json").read_text())
    return found


def scored(run: Path) -> list[dict[str, float]]:
    """The lines of metrics that are of evaluations."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if "distance" in line]


@pytest.mark.usefixtures("course")
def test_the_style_is_at_all_times_the_best_so_far(config: TrainConfig, whole: Path, tmp_path: Path) -> None:
    style, best = tmp_path / "run" / "style", {2: 1, 3: 2, 4: 2, 5: 2, 6: 5}
    for record in train(config):
        if record.step in best:  # what was saved after the step before
            assert is_of_step(style, best[record.step], whole)
    assert is_of_step(style, 5, whole)
    assert not is_of_step(style, 6, whole)
    assert Style.read(style).recipe.endswith(", 5 steps")
    assert Style.read(style).quality == {"distance_closed": 0.6, "structure_kept": 0.5, "checkerboard": 1.25}
    assert Style.read(whole / "snapshots" / "0000002").quality["distance_closed"] == 0.5


@pytest.mark.usefixtures("course")
def test_before_the_first_evaluation_the_style_is_the_last(config: TrainConfig, tmp_path: Path) -> None:
    running = train(replace(config, save_every=1, evaluate_every=5))
    made = [(record.step, Style.read(tmp_path / "run" / "style")) for record in running]
    assert [style.recipe.rsplit(" ", 2)[1] for _, style in made] == ["0", "1", "2", "3", "4", "5"]
    assert all(style.quality == {} for _, style in made[:-1])


@pytest.mark.usefixtures("course")
def test_it_stops_when_patience_is_out_and_that_is_an_end(
    config: TrainConfig, whole: Path, tmp_path: Path, drawn: list[Run], caplog: pytest.LogCaptureFixture
) -> None:
    run, config = tmp_path / "run", replace(config, patience=2)
    told = list(train(config))
    assert [record.step for record in told if record.done] == [4]
    assert (told[-1].step, told[-1].steps) == (4, 6)
    assert is_of_step(run / "style", 2, whole)
    assert (run / "samples" / "0000004.png").exists()
    page = " ".join(write_report(drawn.pop()).read_text().split())
    assert "The best is step 2: distance 50, against 100 for photos as they are and 20 for the artist" in page
    assert "2 later evaluations were no better" in page
    caplog.set_level("INFO", "copyart")
    assert list(train(config, resume=True)) == []
    assert "give a higher --patience, or 0, to go on" in caplog.text
    told = list(train(replace(config, patience=3), resume=True))
    assert [record.step for record in told] == [5, 6]
    assert is_of_step(run / "style", 5, whole)


@pytest.mark.usefixtures("course")
def test_without_patience_a_run_that_was_stopped_goes_on_to_its_last_step(config: TrainConfig, tmp_path: Path) -> None:
    list(train(replace(config, patience=1)))
    assert noted(tmp_path / "run")["step"] == 3
    assert list(train(replace(config, patience=0), resume=True))[-1].step == 6
    assert [line["distance"] for line in scored(tmp_path / "run")] == list(COURSE.values())


def test_its_figures_are_those_of_the_measures_on_photos_that_are_held_out(config: TrainConfig, tmp_path: Path) -> None:
    judges: list[Judge] = []
    painted: list[Tensor] = []

    class Watched(Judge):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            judges.append(self)

    def paint(self: CycleGAN, pictures: Tensor) -> Tensor:
        painted.append(paint_all(self, pictures))
        return painted[-1]

    paint_all = CycleGAN.paint_all
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cyclegan, "Judge", Watched)
        patch.setattr(CycleGAN, "paint_all", paint)
        told = list(train(replace(config, steps=3, evaluate_every=2)))
    (judge,) = judges
    assert judge.photos.shape == (7, 3, 40, 40)
    assert judge.paintings.shape == (7, 3, 40, 40)
    assert [line["step"] for line in scored(tmp_path / "run")] == [2, 3]
    for line, paintings in zip(scored(tmp_path / "run"), painted, strict=True):
        assert paintings.shape == judge.photos.shape
        assert line["distance"] == round(sliced_wasserstein(paintings, judge.paintings), 2)
        assert line["palette"] == round(palette_distance(paintings, judge.paintings), 3)
        assert line["structure_kept"] == pytest.approx(float(structure_kept(judge.photos, paintings).mean()), abs=1e-4)
        assert line["checkerboard"] == round(checkerboard(paintings), 2)
    known = noted(tmp_path / "run")
    assert known["beside"][PHOTOS]["distance"] == round(sliced_wasserstein(judge.photos, judge.paintings), 2)
    halves = judge.paintings[::2], judge.paintings[1::2]
    assert known["beside"][ARTIST]["palette"] == round(palette_distance(*halves), 3)
    assert known["best"]["distance"] == min(line["distance"] for line in scored(tmp_path / "run"))
    assert told[-1].standing == Standing(**known)


@pytest.mark.parametrize("values", [{"memory_share": 0.0, "workers": 0}, {"ema": 0.0}])
def test_to_be_judged_changes_nothing_of_what_is_learned(
    config: TrainConfig, tmp_path: Path, values: dict[str, Any]
) -> None:
    judged = replace(config, steps=3, evaluate_every=2, **values)
    list(train(judged))
    list(train(replace(judged, evaluate_every=0, out=str(tmp_path / "not"))))
    assert losses(tmp_path / "run") == losses(tmp_path / "not")
    assert not (tmp_path / "not" / "evaluation.json").exists()
    assert Style.read(tmp_path / "not" / "style").quality == {}
    networks = (state(tmp_path / name)["state"]["networks"] for name in ("run", "not"))
    one, other = networks
    assert all(equal(one[name], other[name]) for name in one)


def state(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(sorted((run / "checkpoint").glob("*.pt"))[-1], weights_only=True)
    return found


class Killed(BaseException):
    """What ends a run in these tests at once: nothing is saved on its way."""


def killed_at(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: Callable[..., bool]) -> None:
    """Ends the run before what is called there is done, where `after` of its arguments says so."""
    done = getattr(owner, name)

    def called(*arguments: Any, **named: Any) -> Any:
        if after(*arguments, **named):
            raise Killed
        return done(*arguments, **named)

    monkeypatch.setattr(owner, name, called)


def half_a_style(folder: Path, config: TrainConfig, generators: Any, made: Made) -> None:
    """Ends the run where the style before has gone and the new one has not come."""
    if made.step == 5:
        folder.rename(folder.parent / ".copyart-old")
        raise Killed
    save_run_style(folder, config, generators, made)


MOMENTS: dict[str, tuple[object, str, Callable[..., bool]]] = {
    "before the best is found": (Judge, "evaluate", lambda judge, paint, step, before: step == 5),
    "before it is noted": (Run, "add_metrics", lambda run, record: record["step"] == 5 and "distance" in record),
    "before its checkpoint": (Run, "save", lambda run, config, pictures, step, state: step == 5),
    "before its record": (Run, "note_standing", lambda run, standing: bool(standing) and standing["step"] == 5),
    "before its style": (cyclegan, "save_run_style", lambda folder, config, generators, made: made.step == 5),
    "before one that is no better is kept": (Run, "save", lambda run, config, pictures, step, state: step == 4),
    "after one that is no better": (Run, "add_metrics", lambda run, record: record["step"] == 5),
}


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("moment", [*MOMENTS, "amid its style"])
def test_killed_at_any_moment_the_style_and_the_figures_end_as_if_nothing_had_happened(
    config: TrainConfig, whole: Path, tmp_path: Path, moment: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if moment in MOMENTS:
            killed_at(patch, *MOMENTS[moment])
        else:
            patch.setattr(cyclegan, "save_run_style", half_a_style)
        with pytest.raises(Killed):
            list(train(config))
    run = tmp_path / "run"
    for record in train(config, resume=True):
        assert record.standing
        if record.step == 5:  # what the style was before this evaluation, and what it was called
            assert is_of_step(run / "style", noted(run)["best_step"], whole)
    assert noted(run) == noted(whole)
    assert scored(run) == scored(whole)
    assert equal(weights(run / "style"), weights(whole / "style"))
    assert Style.read(run / "style").quality == Style.read(whole / "style").quality


@pytest.mark.usefixtures("course")
def test_a_run_that_is_closed_at_an_evaluation_goes_on_as_if_it_had_not_been(
    config: TrainConfig, tmp_path: Path
) -> None:
    running = train(config)
    assert next(running).step == 1
    running.close()
    assert noted(tmp_path / "run")["best_step"] == 1
    list(train(config, resume=True))
    assert [line["step"] for line in scored(tmp_path / "run")] == list(COURSE)


@pytest.mark.usefixtures("course")
def test_losses_that_are_no_numbers_lead_back_to_how_it_stood_too(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = CycleGAN.step

    def broken(self: CycleGAN, batch: list[Tensor], number: int, rate: float, attempt: int = 0) -> dict[str, Tensor]:
        if number == 3 and not attempt:
            with torch.no_grad():
                next(self.generators.b.parameters()).fill_(torch.nan)
        return step(self, batch, number, rate, attempt)

    monkeypatch.setattr(CycleGAN, "step", broken)
    last = list(train(replace(config, patience=2)))[-1]
    assert last.standing
    assert (last.step, last.standing.best_step, last.standing.since) == (4, 2, 2)
    assert [line["step"] for line in scored(tmp_path / "run")] == [1, 2, 3, 4]


@pytest.mark.usefixtures("course")
def test_a_run_from_before_there_were_evaluations_can_be_judged_from_now_on(
    config: TrainConfig, tmp_path: Path
) -> None:
    list(train(replace(config, evaluate_every=0), stop=lambda: True))
    path = sorted((tmp_path / "run" / "checkpoint").glob("*.pt"))[-1]
    record = torch.load(path, weights_only=True)
    del record["state"]["progress"]["standing"], record["config"]["evaluate_every"], record["config"]["patience"]
    torch.save(record, path)
    list(train(config, resume=True))
    assert [line["step"] for line in scored(tmp_path / "run")] == [2, 3, 4, 5, 6]
    assert noted(tmp_path / "run")["best_step"] == 5


@pytest.mark.usefixtures("course")
def test_a_run_that_is_judged_no_more_keeps_the_last_as_its_style(
    config: TrainConfig, whole: Path, tmp_path: Path, drawn: list[Run]
) -> None:
    list(train(config, stop=lambda: True))
    list(train(replace(config, evaluate_every=0), resume=True))
    assert "How near" not in write_report(drawn.pop()).read_text()
    assert is_of_step(tmp_path / "run" / "style", 6, whole)
    assert not (tmp_path / "run" / "evaluation.json").exists()


@pytest.mark.usefixtures("course")
def test_where_the_best_style_is_lost_the_next_evaluation_begins_anew(config: TrainConfig, tmp_path: Path) -> None:
    list(train(replace(config, patience=2)))
    shutil.rmtree(tmp_path / "run" / "style")
    list(train(replace(config, patience=2), resume=True))
    assert noted(tmp_path / "run")["best_step"] == 5


@pytest.mark.parametrize(
    ("photos", "paintings", "holdout", "words"),
    [
        (14, 7, 0.2, "photos: 3 pictures of 14 are held out, .* hold out more with --holdout 0.29, or leave"),
        (6, 7, 0.5, "photos: 3 pictures of 6 are held out, and a score of fewer than 4 means nothing; add pictures"),
        (14, 3, 0.3, "paintings: 3 pictures are there, .* add pictures, or leave --evaluate-every out"),
    ],
)
def test_with_too_few_pictures_nothing_is_begun(
    config: TrainConfig, tmp_path: Path, photos: int, paintings: int, holdout: float, words: str
) -> None:
    for name, count in (("photos", photos), ("paintings", paintings)):
        shutil.rmtree(tmp_path / name)
        make_domain(tmp_path / name, count, seed=count)
    with pytest.raises(DomainError, match=words) as refused:
        list(train(replace(config, holdout=holdout)))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_figures_stand_beside_what_doing_nothing_gives() -> None:
    figures = {"distance": 60.4, "palette": 3.0, "structure_kept": 0.41234, "checkerboard": 1.234}
    beside = {PHOTOS: {"distance": 166.0}, ARTIST: {"distance": 26.0}}
    standing = Standing(9, figures, 3000, figures, 2, beside)
    assert standing.words() == (
        "step 3,000: distance 60, against 166 for photos as they are and 26 for the artist's paintings among themselves"
    )
    assert quality(standing) == {"distance_closed": 0.636, "structure_kept": 0.412, "checkerboard": 1.23}
    assert standing.after(10, figures).since == 3
    assert standing.after(10, {**figures, "distance": 60.3}).best_step == 10


@pytest.mark.usefixtures("course", "config")
def test_the_command_line_says_how_near_it_is_and_why_it_stopped(here: Here) -> None:
    where = ["--domain-a", "photos", "--domain-b", "paintings", "--config", "run.toml", "--out", "run"]
    options = ["--steps", 6, "--holdout", 0.5, "--evaluate-every", 1, "--patience", 2]
    code, said, told = here("train", *where, *options, "--device", "cpu", "--precision", "fp32")
    assert code == 0
    assert said[0] == "Stopped after step 4 of 6: no better since step 2"
    assert said[1].startswith("The style is that of step 2: distance 50, against 100 for photos as they are")
    assert said[2] == "run/style is ready: copyart translate photo.jpg --style run"
    assert [line.rsplit("  ", 1)[1] for line in told if line.startswith("step ")] == [
        "distance 60 (best 60 at step 1; photos as they are 100)",
        "distance 50 (best 50 at step 2; photos as they are 100)",
        "distance 55 (best 50 at step 2; photos as they are 100)",
        "distance 52 (best 50 at step 2; photos as they are 100)",
    ]
    code, said, told = here("train", "--resume", "--out", "run")
    assert (code, said) == (
        0,
        ["This run has come to its end already; begin another with --out, which may start from this one"],
    )
    assert told[-1] == "It was stopped since it grew no better; give a higher --patience, or 0, to go on"


@pytest.mark.usefixtures("course")
def test_the_live_view_shows_how_near_it_is(config: TrainConfig) -> None:
    running = train(replace(config, evaluate_every=2))
    for shown in (False, True, True):
        console = Console(width=100)
        with console.capture() as seen:
            console.print(view(next(running)))
        assert ("distance 50 (best 50 at step 2; photos as they are 100)" in seen.get()) == shown
    running.close()
