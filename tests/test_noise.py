"""A generator learns from one domain of pictures to make such pictures out of noise, and is used while it does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from conftest import Here
from PIL import Image
from runs import checkpoints, losses, make_domain
from torch import Tensor

from copyart.checkpoints import load_noise_network
from copyart.codes import codes_of
from copyart.config import NoiseConfig
from copyart.errors import DomainError, OptionError, RunError
from copyart.metrics import sliced_wasserstein
from copyart.models import find_generator
from copyart.networks import NoiseNetwork, ProjectedGAN
from copyart.recipes import configure
from copyart.tensors import to_image
from copyart.training import train
from copyart.training.accelerator import make_accelerator
from copyart.training.health import Health
from copyart.training.noise.evaluation import REAL, SPOILED, greyed, spoiled
from copyart.training.noise.learner import FromNoise
from copyart.training.noise.samples import draw_grid, spread
from copyart.training.noise.step import Turns, make_draws, path_lengths

TOML = """
image_size = 32
batch_size = 4
steps = 6
samples = 4
log_every = 1
sample_every = 3
save_every = 2
holdout = 0.4
"""
NETWORKS = {
    "dcgan": "network_options = { code = 6, base_channels = 4 }\ndiscriminator_options = { base_channels = 4 }\n",
    "stylegan": "network_options = { code = 6, mapping = 2, base_channels = 4, most_channels = 8 }\n"
    "discriminator_options = { base_channels = 4, most_channels = 8 }\nr1_every = 2\npath_length = 0.1\n"
    "path_length_every = 2\n",
}


@pytest.fixture(params=NETWORKS)
def config(request: pytest.FixtureRequest, tmp_path: Path, rough: None) -> NoiseConfig:
    return small(tmp_path, request.param)


@pytest.fixture
def style_based(tmp_path: Path, rough: None) -> NoiseConfig:
    return small(tmp_path, "stylegan")


def small(folder: Path, network: str, **fields: Any) -> NoiseConfig:
    """A run of small networks; its pictures are there too."""
    (folder / "run.toml").write_text(TOML + NETWORKS[network])
    pictures = make_domain(folder / "pictures", 20, size=(40, 36))
    out = str(folder / "run")
    values = {"device": "cpu", "precision": "fp32"} | fields
    config = configure(network, folder / "run.toml", domain_a=str(pictures), out=out, **values)
    assert isinstance(config, NoiseConfig)
    return config


def state(run: Path) -> Any:
    return torch.load(checkpoints(run)[-1], weights_only=True)["state"]


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def test_a_run_gives_a_generator_with_its_scores_beside_two_controls(tmp_path: Path, config: NoiseConfig) -> None:
    told = list(train(replace(config, evaluate_every=3)))
    assert told[-1].done
    standing = told[-1].standing
    assert standing is not None
    assert standing.beside.keys() == {REAL, SPOILED}
    assert standing.beside[REAL]["variety"] == pytest.approx(1, abs=0.5)
    assert {"adversarial", "discriminator"} <= told[-1].losses.keys()
    found = find_generator(str(tmp_path / "run"))
    assert (found.name, found.network, found.trained_size) == ("run", config.network, 32)
    assert found.quality.keys() == {"distance", "palette", "variety", "distance_of_real"}
    network = load_noise_network(found)
    picture = to_image(network(codes_of([0], network.code)))
    with Image.open(found.folder / "golden" / "seed-0.png") as golden:
        assert np.abs(np.asarray(golden).astype(int) - np.asarray(picture)).max() <= 2
    assert "copyart generate run --seed 0" in (found.folder / "README.md").read_text()
    grids = sorted((tmp_path / "run" / "samples").glob("*.png"))
    assert [path.stem for path in grids] == ["0000003", "0000006"]
    with Image.open(grids[0]) as grid:
        assert grid.size == (4 * 34 - 2, 32)
    assert "variety" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path: Path, config: NoiseConfig) -> None:
    list(train(config))
    halves = replace(config, out=str(tmp_path / "halves"))
    running = train(halves)
    assert [next(running).step for _ in range(3)] == [1, 2, 3]
    running.close()
    list(train(halves, resume=True))
    whole, again = state(tmp_path / "run"), state(tmp_path / "halves")
    for part in ("networks", "adam", "mean_length", "progress"):
        if part == "progress":
            assert equal(whole[part]["apart"], again[part]["apart"])
        else:
            assert equal(whole[part], again[part]), part
    models = [(tmp_path / name / "generator" / "model.safetensors").read_bytes() for name in ("run", "halves")]
    assert models[0] == models[1]


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_that_was_killed_ends_in_the_same_networks_to_the_bit(
    copyart: Callable[..., Any], tmp_path: Path, network: str
) -> None:
    small(tmp_path, network)
    options = ["--recipe", network, "--config", "run.toml", "--domain-a", "pictures", "--device", "cpu"]
    options += ["--precision", "fp32", "--steps", "40"]
    assert copyart("train", *options, "--out", "whole").returncode == 0
    command = [sys.executable, "-m", "copyart", "train", *options, "--out", "killed"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    metrics = tmp_path / "killed" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") >= 17):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert copyart("train", "--resume", "--out", "killed").returncode == 0
    whole, killed = state(tmp_path / "whole"), state(tmp_path / "killed")
    for part in ("networks", "adam", "mean_length"):
        assert equal(whole[part], killed[part]), part
    assert losses(tmp_path / "whole") == losses(tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_two_processes_lose_what_one_with_twice_the_batch_loses(
    copyart: Callable[..., Any], tmp_path: Path, network: str
) -> None:
    small(tmp_path, network)
    options = ["--recipe", network, "--config", "run.toml", "--domain-a", "pictures", "--device", "cpu"]
    options += ["--precision", "fp32", "--steps", "6", "--learning-rate", "1e-6"]
    assert copyart("train", *options, "--out", "one", "--batch-size", 8).returncode == 0
    launch = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    command = [sys.executable, "-m", *launch, "-m", "copyart", "train", *options, "--out", "two", "--batch-size", "4"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == len(two) == 6
    for line, other in zip(one, two, strict=True):
        assert line == pytest.approx(other, abs=1e-4)


def learner_of(config: NoiseConfig) -> FromNoise:
    return FromNoise(config, Accelerator(cpu=True))


def test_a_run_of_two_processes_is_not_gone_on_with_by_one(style_based: NoiseConfig) -> None:
    learner = learner_of(style_based)
    with pytest.raises(RunError, match=r"^the run was trained by 2 processes at a time, not 1; give --num_processes 2"):
        learner.load_state({**learner.state(), "processes": 2})


CHOICES: list[dict[str, Any]] = [
    {"grey": True},
    {"grey": True, "discriminator": "projected", "discriminator_options": {"channels": 4}, "r1": 1.0},
    {"discriminator": "projected", "discriminator_options": {"channels": 4}, "adversarial": "hinge"},
    {"adversarial": "two-objective"},
    {"adversarial": "least-squares", "augment": ("color", "translation", "cutout"), "ema": 0.0},
    {"r1": 10.0, "r1_every": 1},
]


@pytest.mark.parametrize("values", CHOICES, ids=lambda values: " ".join(f"{k}={v}" for k, v in values.items())[:40])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_choice_learns_something_finite(tmp_path: Path, network: str, values: dict[str, Any]) -> None:
    config = replace(small(tmp_path, network), **values)
    learner = learner_of(config)
    before = [weight.clone() for weight in learner.parameters()]
    batch = [torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)]
    for number in range(2):
        terms = learner.step(batch, number, 1e-3)
        assert all(map(torch.isfinite, terms.values()))
    moved = [not torch.equal(one, other) for one, other in zip(before, learner.parameters(), strict=True)]
    assert sum(moved) > 0.8 * len(moved)
    assert all(weight.isfinite().all() for weight in learner.parameters())
    grid, measured = learner.sample()
    assert grid.mode == "RGB"
    assert measured["spread"] >= 0
    assert learner.bytes_each() > 0


def test_in_bf16_it_learns_too_and_keeps_its_weights_in_fp32(tmp_path: Path) -> None:
    config = small(tmp_path, "stylegan", precision="bf16", path_length=0.0, r1_every=2)
    accelerator, precision = make_accelerator(config)
    assert precision == "bf16"
    learner = FromNoise(config, accelerator)
    before = [weight.clone() for weight in learner.parameters()]
    for number in range(2):
        terms = learner.step([torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)], number, 1e-3)
        assert all(map(torch.isfinite, terms.values()))
        assert {term.dtype for term in terms.values()} == {torch.float32}
    assert not torch.equal(before[0], next(learner.parameters()))
    assert {weight.dtype for weight in learner.parameters()} == {torch.float32}


def test_grey_pictures_are_learned_and_made_in_one_channel(tmp_path: Path, rough: None) -> None:
    list(train(small(tmp_path, "dcgan", grey=True, steps=3)))
    found = find_generator(str(tmp_path / "run"))
    assert load_noise_network(found).channels == 1
    with Image.open(found.folder / "golden" / "seed-0.png") as golden:
        red, green, blue = golden.split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.slow
def test_it_learns_on_from_a_generator_that_is_built_alike(tmp_path: Path, style_based: NoiseConfig) -> None:
    list(train(replace(style_based, steps=2)))
    on = replace(style_based, start=style_based.out, out=str(tmp_path / "on"), steps=1, schedule="1e-9:1")
    list(train(on))
    before, after = (load_noise_network(folder).state_dict() for folder in (style_based.out, on.out))
    assert all(torch.allclose(before[name], after[name], atol=1e-5) for name in before)
    with pytest.raises(OptionError, match=r"set network, image_size, grey and network_options so$"):
        list(train(replace(on, out=str(tmp_path / "other"), grey=True)))


def test_the_draws_of_a_picture_follow_from_its_place_whoever_draws_them(style_based: NoiseConfig) -> None:
    network = learner_of(style_based).plain_network
    whole, half = make_draws(style_based, network, (0, 5, 0), 0, 4), make_draws(style_based, network, (0, 5, 0), 2, 2)
    for name in ("codes", "others", "crossing", "direction"):
        assert torch.equal(getattr(whole, name)[2:], getattr(half, name))
    assert torch.equal(whole.augment[:, 2:], half.augment)
    assert all(torch.equal(one[2:], other) for one, other in zip(whole.noise, half.noise, strict=True))
    assert not torch.equal(whole.codes, make_draws(style_based, network, (0, 6, 0), 0, 4).codes)


def test_styles_are_mixed_as_often_as_is_asked_for(style_based: NoiseConfig) -> None:
    network = learner_of(style_based).plain_network
    for share, least, most in ((0.0, 0, 0), (0.5, 80, 120), (1.0, 200, 200)):
        crossing = make_draws(replace(style_based, style_mixing=share), network, (0, 0, 0), 0, 200).crossing
        assert least <= int((crossing < network.places).sum()) <= most
        assert int(crossing.min()) >= 1


def test_r1_is_the_squared_slope_of_the_scores_and_is_computed_in_fp32(style_based: NoiseConfig) -> None:
    turns = Turns(replace(style_based, augment=()))
    slopes = torch.randn(3, 8, 8)
    judge = _Sloped(slopes)
    draws = make_draws(style_based, learner_of(style_based).plain_network, (0, 0, 0), 0, 4)
    found = turns.slope(judge, torch.randn(4, 3, 8, 8), draws)
    assert float(found) == pytest.approx(float(slopes.square().sum()), rel=1e-5)


class _Sloped(torch.nn.Module):
    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.slopes = slopes

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.slopes).sum(dim=(1, 2, 3))[:, None, None, None]


class _Linear(NoiseNetwork):
    """Pictures of 4 x 4 pixels whose colours are sums of styles."""

    code, image_size, channels, places, noise_sizes = 5, 4, 3, 2, ()

    def __init__(self) -> None:
        super().__init__()
        self.parts = {}
        self.weight = torch.nn.Parameter(torch.randn(2 * 5, 3 * 4 * 4))

    def styles(self, codes: Tensor, truncation: float = 1.0) -> Tensor:
        return (codes[:, None] * truncation).expand(-1, 2, -1) * torch.ones((), requires_grad=True)

    def draw(self, styles: Tensor, noise: Sequence[Tensor] = ()) -> Tensor:
        return (styles.flatten(1) @ self.weight).view(-1, 3, 4, 4)


def test_the_length_of_a_path_is_by_how_much_a_picture_moves_with_its_styles(style_based: NoiseConfig) -> None:
    network = _Linear()
    draws = make_draws(style_based, network, (0, 0, 0), 0, 4)
    found = path_lengths(network, draws)
    directions = draws.direction[::2].flatten(1) / 4
    slopes = (directions @ network.weight.T).view(2, 2, 5)
    torch.testing.assert_close(found, slopes.square().sum(dim=2).mean(dim=1).sqrt())


def test_the_discriminator_on_features_sees_grey_pictures_in_three_channels(style_based: NoiseConfig) -> None:
    grey = replace(style_based, grey=True, discriminator="projected", discriminator_options={})
    learner = learner_of(grey)
    assert isinstance(learner.plain_discriminator, ProjectedGAN)
    assert learner.turns.shown(torch.zeros(2, 1, 32, 32), torch.zeros(2, 7)).shape == (2, 3, 32, 32)


@pytest.mark.parametrize(
    ("recipe", "values", "words"),
    [
        ("stylegan", {"image_size": 96}, "image_size is 96; give 32, 64, 128 or 256"),
        ("stylegan", {"image_size": 512}, "image_size is 512; give 32 to 256"),
        ("dcgan", {"path_length": 2.0}, "path_length is 2.0, and a dcgan has no styles; set network to stylegan, "),
        ("dcgan", {"network": "vae"}, "network is 'vae'; choose dcgan or stylegan"),
        ("stylegan", {"domain_b": "paintings"}, "domain_b is paintings, and this learns from domain a alone"),
        ("stylegan", {"cycle": 3.0}, "you set 'cycle', which is an option of other recipes; leave it out here"),
        ("compact", {"grey": True}, "you set 'grey', which is an option of other recipes; leave it out here"),
        ("enlarge", {"network": "dcgan"}, "you set 'network', which is an option of other recipes"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_line(recipe: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as caught:
        configure(recipe, **values)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_pictures_are_scaled_to_crops_that_are_larger_than_the_recipes() -> None:
    config = configure("stylegan", image_size=128)
    assert (config.image_size, config.load_size) == (128, 128)


def test_options_that_build_nothing_are_refused_in_one_line(style_based: NoiseConfig) -> None:
    with pytest.raises(OptionError, match=r"^no stylegan can be built of network_options: .*'depth'"):
        learner_of(replace(style_based, network_options={"depth": 3}))
    with pytest.raises(OptionError, match=r"^no stylegan can be built of network_options: .*multiple values"):
        learner_of(replace(style_based, network_options={"image_size": 64}))
    with pytest.raises(OptionError, match=r"^no discriminator can be built of its options: .*'depth'"):
        learner_of(replace(style_based, discriminator_options={"depth": 3}))
    with pytest.raises(OptionError, match=r"^image_size is 32, and this discriminator takes 64 at least; chan"):
        learner_of(replace(style_based, discriminator="projected", discriminator_options={"wider": True}))


def test_what_cannot_be_judged_or_learned_from_is_refused_before_the_first_step(tmp_path: Path) -> None:
    config = small(tmp_path, "dcgan", holdout=0.0, evaluate_every=3)
    with pytest.raises(DomainError, match=r"0 pictures are held out, and a score by fewer than 4 means nothing; hold"):
        list(train(config))
    same = tmp_path / "same"
    same.mkdir()
    for i in range(50):
        (same / f"{i}.png").write_bytes((tmp_path / "pictures" / "00.png").read_bytes())
    with pytest.raises(DomainError, match=r"of 50 pictures 1 can be learned from; a domain needs two at least"):
        list(train(replace(config, domain_a=str(same), evaluate_every=0)))
    assert not (tmp_path / "run").exists()


def test_samples_that_have_become_one_are_told_of_once_and_again_after_they_had_parted() -> None:
    health = Health()
    assert [health.look({"spread": value}) for value in (0.2, 0.3, 0.04)] == [[], [], []]
    (told,) = health.look({"spread": 0.03})
    assert told.startswith("the samples are nearly all the same: their spread is 0.0300, and was 0.3000; go back to a")
    again = Health()
    again.load_state(health.state())
    assert again.look({"spread": 0.01}) == []
    assert again.look({"spread": 0.2}) == []
    assert len(again.look({"spread": 0.0})) == 1
    assert Health().look({"checkerboard": 0.0}) == []


def test_the_notice_of_a_collapse_goes_where_that_of_a_lost_game_goes(
    style_based: NoiseConfig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.5, 0.04])
    monkeypatch.setattr("copyart.training.noise.learner.spread", lambda pictures: next(values))
    list(train(style_based))
    assert [record.message for record in caplog.records if "nearly all the same" in record.message]


def test_the_spread_of_pictures_is_their_mean_distance() -> None:
    black, white = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    assert spread(torch.cat([black, white])) == pytest.approx(2)
    assert spread(torch.cat([black, black, white])) == pytest.approx(4 / 3)
    assert spread(black.expand(3, -1, -1, -1)) == 0


@pytest.mark.parametrize(("count", "size"), [(2, (66, 32)), (4, (134, 32)), (24, (270, 100)), (9, (270, 66))])
def test_a_grid_has_rows_of_eight(count: int, size: tuple[int, int]) -> None:
    assert draw_grid(torch.zeros(count, 3, 32, 32, dtype=torch.uint8)).size == size


def test_controls_are_greyed_and_spoiled() -> None:
    pictures = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    grey = greyed(pictures)
    assert torch.equal(grey[:, 0], grey[:, 2])
    assert spoiled(pictures).shape == pictures.shape
    assert float(spoiled(pictures).abs().max()) <= 1


def test_real_pictures_are_nearer_to_others_of_their_kind_than_spoiled_ones(china: Path, rough: None) -> None:
    with Image.open(china) as photo:
        pixels = torch.from_numpy(np.array(photo.convert("RGB"))).permute(2, 0, 1)
    squares = pixels[:, :416, :640].unfold(1, 32, 32).unfold(2, 32, 32).permute(1, 2, 0, 3, 4).flatten(0, 1)
    real, goal = squares[::2].contiguous(), squares[1::2].contiguous()
    assert sliced_wasserstein(real, goal) < sliced_wasserstein(spoiled(real), goal)


def test_a_code_follows_from_its_seed_alone() -> None:
    codes = codes_of(range(5), 16)
    assert codes.shape == (5, 16)
    assert codes.dtype == torch.float32
    assert torch.equal(codes_of([3], 16), codes[3:4])
    assert codes_of([0], 4)[0].tolist() == pytest.approx([0.12573022, -0.13210486, 0.64042264, 0.10490012])


@pytest.mark.slow
def test_the_command_trains_and_says_how_to_use_it(tmp_path: Path, here: Here) -> None:
    small(tmp_path, "dcgan")
    words = ("train", "--recipe", "dcgan", "--config", "run.toml", "--domain-a", "pictures", "--out", "run", "--grey")
    code, out, _ = here(*words, "--device", "cpu", "--evaluate-every", "3")
    assert code == 0
    assert "run/generator is ready: copyart generate run" in out
    assert any("for real pictures among themselves" in line for line in out)
    assert json.loads((tmp_path / "run" / "generator" / "config.json").read_text())["kind"] == "generator"
