"""Scores equal those of the libraries, tell near from far, and are left out where they would mean nothing."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image
from runs import TOML, make_domain
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

from copyart import measures
from copyart.errors import EvaluationError
from copyart.evaluation import (
    MEASURES,
    Kinds,
    Networks,
    Score,
    common_side,
    evaluate,
    inception,
    notes_on,
    pair_up,
    read_squares,
)
from copyart.evaluation.pictures import Pictures
from copyart.evaluation.scores import OF_FEATURES, OF_PAIRS, OF_SETS
from copyart.styles import Style

NEITHER = Networks("no network", "no network")


class Small(nn.Module):
    """A fixed network in the place of Inception: 24 features of any picture."""

    def __init__(self) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(0)
        self.kernel = torch.randn(24, 3, 8, 8, generator=chance) / 14

    def forward(self, x: Tensor) -> Tensor:
        assert x.dtype == torch.uint8
        return torch.nn.functional.conv2d(x.float() / 127.5 - 1, self.kernel, stride=4).relu().mean(dim=(2, 3))


class AsTheyAre(nn.Module):
    """Features to features, by which libraries are given ours."""

    num_features = 24

    def forward(self, x: Tensor) -> Tensor:
        return x


def _features(count: int, seed: int, *, shift: float = 0.0) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return (torch.randn(count, 24, generator=chance).double() + shift).exp()


def _pictures(count: int, seed: int = 0, *, side: int = 64, tint: float = 0.0, name: str = "x") -> Pictures:
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 8, 8, generator=chance) + tint * torch.tensor([0.5, 0.1, -0.4])[:, None, None]
    pixels = (torch.nn.functional.interpolate(coarse, size=side, mode="bicubic").clamp(0, 1) * 255).to(torch.uint8)
    return Pictures(name, [Path(f"{i:04d}.png") for i in range(count)], pixels, [(side, side)] * count)


def _by_key(scores: list[Score]) -> dict[str, Score]:
    return {score.measure.key: score for score in scores}


@pytest.mark.filterwarnings("ignore:Metric `")
def test_fid_mifid_and_kid_are_those_of_torchmetrics() -> None:
    ours, theirs = _features(80, 1), _features(90, 2, shift=0.1)
    fid, mifid = (
        FrechetInceptionDistance(feature=AsTheyAre()),
        MemorizationInformedFrechetInceptionDistance(feature=AsTheyAre()),
    )
    kid = KernelInceptionDistance(feature=AsTheyAre(), subsets=2, subset_size=80)
    for metric in (fid.set_dtype(torch.float64), mifid, kid):
        metric.update(ours, real=True)
        metric.update(theirs, real=False)
    distance = inception.fid(ours, theirs)
    assert distance == pytest.approx(float(fid.compute()), rel=1e-4)
    assert inception.mifid(distance, inception.memorization(ours, theirs)) == pytest.approx(
        float(mifid.compute()), rel=1e-4
    )
    whole = KernelInceptionDistance(feature=AsTheyAre(), subsets=1, subset_size=90)
    whole.update(theirs, real=True)
    whole.update(_features(90, 3), real=False)
    from torch_fidelity.metric_kid import kid_features_to_metric

    library = kid_features_to_metric(theirs, _features(90, 3), kid_subsets=1, kid_subset_size=90, verbose=False)
    assert library["kernel_inception_distance_mean"] == pytest.approx(float(whole.compute()[0]), abs=1e-4)


@pytest.mark.filterwarnings("ignore:Metric `")
def test_what_was_memorised_counts_as_the_competition_counts_it() -> None:
    """For every generated picture the nearest training picture; torchmetrics takes the sets the other way round."""
    training = _features(60, 1)
    copies = training[:50] * 1.01 + 0.02
    expected = torch.stack(
        [
            torch.stack([1 - torch.cosine_similarity(one, other, dim=0).abs() for other in training]).min()
            for one in copies
        ]
    ).mean()
    assert expected < 0.1
    assert inception.memorization(copies, training) == pytest.approx(float(expected), rel=1e-9)
    mifid = MemorizationInformedFrechetInceptionDistance(feature=AsTheyAre())
    mifid.update(copies, real=True)  # the first are those whose nearest are looked for
    mifid.update(training, real=False)
    ours = inception.mifid(inception.fid(copies, training), inception.memorization(copies, training))
    assert ours == pytest.approx(float(mifid.compute()), rel=1e-4)
    assert ours > 10 * inception.fid(copies, training)


def test_mifid_is_fid_where_nothing_was_memorised() -> None:
    ours, theirs = _features(60, 1), _features(60, 2)
    assert inception.memorization(ours, theirs) == 1.0
    distance = inception.fid(ours, theirs)
    assert inception.mifid(distance, 1.0) == pytest.approx(distance)


def test_precision_and_recall_tell_poor_from_narrow() -> None:
    goal = _features(100, 1)
    assert inception.precision_and_recall(goal, goal) == (1.0, 1.0)
    poor, narrow = _features(100, 2, shift=3.0), goal[:5].repeat(20, 1) + 1e-4 * _features(100, 3)
    assert inception.precision_and_recall(poor, goal)[0] < 0.2
    precision, recall = inception.precision_and_recall(narrow, goal)
    assert precision > 0.9
    assert recall < 0.2


def test_kid_of_two_halves_of_one_kind_is_nought_within_its_deviation() -> None:
    near, _ = inception.kid(_features(100, 1), _features(100, 2))
    far, deviation = inception.kid(_features(100, 1), _features(100, 2, shift=0.5))
    assert abs(near) < far / 10
    assert deviation > 0


@pytest.mark.slow
def test_every_figure_stands_beside_doing_nothing_and_the_artist() -> None:
    kinds = Kinds(
        _pictures(100, 1, tint=0.5), _pictures(60, 2, tint=0.4), _pictures(60, 3), [(i, i) for i in range(60)]
    )
    seen: list[int] = []
    scores = _by_key(evaluate(kinds, Networks(Small(), lambda a, b: float((a - b).abs().float().mean())), seen.append))
    assert list(scores) == [measure.key for measure in MEASURES]
    assert not any(score.missing for score in scores.values())
    assert sum(seen) == 220
    for key in (*OF_SETS, "fid", "kid"):
        score = scores[key]
        assert score.untouched
        assert score.generated
        assert score.floor
        assert score.floor.value < score.generated.value < score.untouched.value
    assert scores["kid"].generated
    assert scores["kid"].generated.deviation
    untouched = scores["structure_kept"].untouched
    assert untouched
    assert untouched.value == 1.0


@pytest.mark.slow
def test_the_same_pictures_score_the_same_again() -> None:
    kinds = Kinds(_pictures(50, 1), _pictures(50, 2))
    networks = Networks(Small(), "no network")
    assert evaluate(kinds, networks) == evaluate(kinds, networks)


@pytest.mark.parametrize(("paintings", "generated"), [(3, 80), (80, 3), (80, 1), (1, 1)])
def test_fewer_than_4_pictures_say_nothing_about_their_kind(paintings: int, generated: int) -> None:
    kinds = Kinds(_pictures(paintings), _pictures(generated, 1))
    scores = _by_key(evaluate(kinds, Networks(Small(), "no network")))
    for key in (*OF_SETS, *OF_FEATURES):
        assert scores[key].generated is None
        assert f"there are {min(paintings, generated)} " in scores[key].missing
    assert scores["weave"].generated is not None


def test_a_floor_takes_8_paintings_and_doing_nothing_4_photos() -> None:
    found = evaluate(kinds := Kinds(_pictures(7), _pictures(5, 1), _pictures(3, 2)), NEITHER)
    scores = _by_key(found)
    assert scores["palette"].generated
    assert scores["palette"].floor is None
    assert scores["palette"].untouched is None
    notes = " ".join(notes_on(kinds, found))
    assert "there are 7 paintings" in notes
    assert "there are 3" in notes


@pytest.mark.slow
def test_a_network_that_is_missing_is_named_and_the_others_still_score() -> None:
    kinds = Kinds(_pictures(50), _pictures(50, 1), _pictures(50, 2), [(0, 0)])
    scores = _by_key(evaluate(kinds, Networks("Inception is not here", "AlexNet is not here")))
    assert {scores[key].missing for key in OF_FEATURES} == {"Inception is not here"}
    assert scores["lpips"].missing == "AlexNet is not here"
    assert scores["palette"].generated
    assert scores["structure_kept"].generated


def test_pairs_are_found_by_their_names() -> None:
    names = ["a.jpg", "b-monet.png", "old-town-monet.jpg", "c.jpg", "d-x-y.png"]
    generated = Pictures("out", [Path(name) for name in names], torch.zeros(5, 3, 1, 1), [(1, 1)] * 5)
    photos = Pictures(
        "in", [Path(f"{n}.jpeg") for n in ("d", "old-town", "b", "a")], torch.zeros(4, 3, 1, 1), [(1, 1)] * 4
    )
    assert pair_up(generated, photos) == [(0, 3), (1, 2), (2, 1), (4, 0)]
    scores = _by_key(evaluate(Kinds(_pictures(1), _pictures(1), _pictures(1)), NEITHER))
    assert all("no photo has the name" in scores[key].missing for key in OF_PAIRS)


def test_pictures_of_mixed_sizes_become_squares_of_the_smallest(tmp_path: Path) -> None:
    big = make_domain(tmp_path / "big", 2, size=(300, 200))
    small = make_domain(tmp_path / "small", 1, size=(70, 90))
    kinds = {str(folder): sorted(folder.iterdir()) for folder in (big, small)}
    assert common_side(kinds) == 70
    squares = read_squares("big", kinds[str(big)], 70)
    assert squares.pixels.shape == (2, 3, 70, 70)
    assert squares.sizes == [(300, 200)] * 2
    with Image.open(kinds[str(big)][0]) as image:
        middle = image.resize((105, 70), Image.Resampling.LANCZOS).crop((17, 0, 87, 70))
    assert np.array_equal(np.asarray(squares.image(0)), np.asarray(middle))


def test_too_small_a_picture_is_named(tmp_path: Path) -> None:
    tiny = make_domain(tmp_path / "tiny", 1, size=(40, 63))
    kinds = {"tiny": sorted(tiny.iterdir())}
    with pytest.raises(EvaluationError, match=r"00.png has a short side of 40 pixels; leave it out"):
        common_side(kinds)
    assert common_side(kinds, 48) == 48
    with pytest.raises(EvaluationError, match="at least 32"):
        common_side(kinds, 16)


def _json(here: Here, *words: object) -> dict[str, object]:
    code, out, error = here("evaluate", *words, "--no-pretrained", "--json")
    assert code == 0, error
    found: dict[str, object] = json.loads(out[-1])
    return found


@pytest.fixture(scope="module")
def domains(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Fifty photos and a hundred paintings."""
    folder = tmp_path_factory.mktemp("domains")
    return make_domain(folder / "photos", 50, size=(80, 64)), make_domain(
        folder / "paintings", 100, size=(64, 64), seed=1
    )


@pytest.mark.slow
def test_a_style_is_judged_from_the_command_line(
    here: Here, tiny: Style, domains: tuple[Path, Path], tmp_path: Path
) -> None:
    photos, paintings = domains
    found = _json(
        here,
        *("--style", tiny.folder, "--domain-a", photos, "--domain-b", paintings, "--page", tmp_path / "page.html"),
    )
    assert found["pictures"] == {"paintings": 100, "generated": 50, "photos": 50}
    assert found["size"] == 64
    scores = found["scores"]
    assert isinstance(scores, dict)
    assert all(
        math.isfinite(scores["sliced_wasserstein"][column]["value"]) for column in ("generated", "untouched", "floor")
    )
    page = (tmp_path / "page.html").read_text()
    assert "Least of the photo kept" in page
    assert page.count("data:image/jpeg") == 5
    code, _, error = here("evaluate", paintings, photos, "--page", tmp_path / "page.html")
    assert (code, "is there already" in error[-1]) == (1, True)


@pytest.mark.slow
def test_paintings_in_a_folder_are_judged_beside_their_photos(here: Here, domains: tuple[Path, Path]) -> None:
    photos, paintings = domains
    code, out, error = here("evaluate", paintings, photos, "--photos", photos, "--no-pretrained")
    assert code == 0
    row = next(line for line in out if line.startswith("Structure kept"))
    assert row.split()[-4:] == ["1.00", "1.00", "±", "0.00"]
    assert any(line.startswith("No figure for FID, MiFID") for line in out)
    assert any("50 pictures of 80 x 64, each scaled and cut to 64 x 64" in line for line in error)


@pytest.mark.slow
def test_a_run_is_judged_by_what_it_held_out(
    here: Here, tiny: Style, domains: tuple[Path, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "style").symlink_to(tiny.folder)
    for name, folder in zip(("held-out-a.txt", "domain-b.txt"), domains, strict=True):
        (run / name).write_text("".join(f"{path}\n" for path in sorted(folder.iterdir())))
    found = _json(here, "--style", run)
    assert found["pictures"] == {"paintings": 100, "generated": 50, "photos": 50}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give PAINTINGS and GENERATED, or --style"),
        (("{b}",), "give PAINTINGS and GENERATED, or --style"),
        (("{b}", "{a}", "--domain-a", "{a}"), "go with --style"),
        (("{b}", "--style", "monet"), "give --domain-a and --domain-b instead"),
        (("--style", "monet", "--domain-a", "{a}"), "say with --domain-b what to judge monet by"),
        (("{b}", "{empty}"), "empty"),
        (("{b}", "{a}", "--inception-weights", "{a}/00.png"), "is not the Inception network of FID"),
        (("{b}", "{a}", "--inception-weights", "nowhere.pth"), "nowhere.pth cannot be read"),
        (("{b}", "{a}", "--size", "8"), "at least 32 pixels"),
    ],
)
def test_what_cannot_be_judged_gets_one_line(
    here: Here, domains: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"a": domains[0], "b": domains[1], "empty": tmp_path / "empty"}
    code, _, error = here("evaluate", "scores", *(word.format(**places) for word in words))
    assert code in (1, 2)
    assert said in error[-1]
    assert error[-1].startswith("Error: ")


def test_one_picture_gets_no_score_but_words(here: Here, domains: tuple[Path, Path], tmp_path: Path) -> None:
    one = make_domain(tmp_path / "one", 1, size=(64, 64))
    code, out, _ = here("evaluate", domains[1], one, "--no-pretrained")
    assert code == 0
    assert any("there are 1 generated pictures; fewer than 4 say nothing" in line for line in out)


@pytest.fixture
def roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures in a tenth of the time, and less exactly."""
    for name, value in (("_PATCHES", 1024), ("_PIXELS", 4096), ("_DIRECTIONS", 32)):
        monkeypatch.setattr(measures, name, value)


@pytest.mark.usefixtures("roughly")
def test_with_few_pictures_distances_have_intervals_and_what_takes_more_is_named() -> None:
    kinds = Kinds(_pictures(30, 1, tint=0.5), _pictures(12, 2, tint=0.2), _pictures(12, 3), [(i, i) for i in range(12)])
    found = evaluate(kinds, Networks(Small(), "no network"))
    scores = _by_key(found)
    for key in (*OF_SETS, "kid"):
        for figure in (scores[key].generated, scores[key].untouched):
            assert figure
            assert figure.low is not None
            assert figure.high is not None
            assert figure.low < figure.value < figure.high
        assert scores[key].floor
    for key in ("fid", "mifid", "precision", "recall"):
        assert scores[key].missing == (
            "there are 12 generated pictures; fewer than 50 say nothing about all of their kind"
        )
    figure = scores["palette"].generated
    assert figure
    notes = notes_on(kinds, found)
    assert any(
        note.startswith("With 12 generated pictures and 30 paintings the figures are uncertain. ")
        and f"Colours alone {figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})" in note
        for note in notes
    )
    assert any("which compare halves of 15" in note for note in notes)
    enough = Kinds(_pictures(50, 1), _pictures(50, 2))
    notes = notes_on(enough, evaluate(enough, NEITHER))
    assert any(note.startswith("In brackets: ") for note in notes)
    assert not any("uncertain" in note for note in notes)


@pytest.mark.usefixtures("roughly")
def test_a_run_with_few_pictures_is_judged_with_intervals(here: Here, tmp_path: Path) -> None:
    """Thirty paintings and sixty photos, from `copyart train` to `copyart evaluate`."""
    (tmp_path / "run.toml").write_text(TOML)
    for name, count, seed in (("photos", 60, 1), ("paintings", 30, 2)):
        make_domain(tmp_path / name, count, size=(72, 66), seed=seed)
    where = ("--domain-a", "photos", "--domain-b", "paintings", "--config", "run.toml", "--device", "cpu")
    code, out, told = here("train", *where, "--steps", 2, "--out", "run", "--evaluate-every", 2)
    assert code == 0, told
    assert ["held out", "12", "2"] in [line.rsplit(maxsplit=2) for line in told]
    assert (
        "To judge by: 12 held-out pictures of photos and 30 of paintings: distances with a wide interval; "
        "FID, precision and recall take 50 of each"
    ) in told
    assert any(re.search(r"among the artist's own, all uncertain by \d+ with so few pictures$", line) for line in out)
    found = _json(here, "--style", "run", "--domain-b", "paintings")
    assert found["pictures"] == {"paintings": 30, "generated": 12, "photos": 12}
    scores = found["scores"]
    assert isinstance(scores, dict)
    for key in OF_SETS:
        assert 0 <= scores[key]["generated"]["low"] < scores[key]["generated"]["value"]
    code, out, _ = here("evaluate", "--style", "run", "--no-pretrained")
    row = next(line for line in out if line.startswith("Colours and textures"))
    assert re.search(r"\d \(\d+ to \d+\) +\d+ \(\d+ to \d+\) +\d+ ± \d+ +less", row)
    (tmp_path / "run" / "held-out-a.txt").write_text("")
    code, _, said = here("evaluate", "--style", "run")
    assert (code, said) == (2, ["Error: run held no photos out; say with --domain-a which to judge it by"])
