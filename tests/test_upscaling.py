"""An enlarger learns from one domain of large pictures, and is used while it does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image
from runs import checkpoints, make_domain
from torch import Tensor

from copyart.checkpoints import load_upscaler
from copyart.config import RunConfig
from copyart.errors import DomainError, OptionError
from copyart.models import Enlarger, find_enlarger
from copyart.networks import FinePatchGAN, Upscaler
from copyart.recipes import configure
from copyart.training import train
from copyart.training.upscaling.evaluation import lanczos, psnr, shrunk
from copyart.training.upscaling.losses import feature_distance, pixel_loss, resized
from copyart.training.upscaling.shrinking import DRAWS, SOFT_DRAWS, gaussian_blur, shrink, soften, through_jpeg

TOML = """
image_size = 32
load_size = 64
channels = 8
layers = 3
batch_size = 2
pixels_only = 2
steps = 4
log_every = 1
evaluate_every = 2
sample_every = 2
save_every = 2
holdout = 0.25
painters = ["monet"]
painted = 0.5
jpeg = 0.5
"""


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    (tmp_path / "run.toml").write_text(TOML)
    pictures = make_domain(tmp_path / "pictures", 8, size=(96, 80))
    out = str(tmp_path / "run")
    return configure("enlarge", tmp_path / "run.toml", domain_a=str(pictures), out=out, device="cpu", precision="fp32")


def noted(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


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


def test_a_run_gives_an_enlarger_with_its_scores_beside_those_of_lanczos(tmp_path: Path, config: RunConfig) -> None:
    told = list(train(config))
    assert told[-1].done
    assert told[-1].standing is not None
    assert told[-1].standing.beside.keys() == {"Lanczos"}
    later = {"features", "checkerboard", "adversarial", "discriminator"}
    assert ["pixels" in record.losses for record in told] == [True] * 4
    assert [later <= record.losses.keys() for record in told] == [False, False, True, True]
    found = find_enlarger(str(tmp_path / "run"))
    assert (found.name, found.scale) == ("run", 4)
    assert found.quality.keys() == {"psnr", "psnr_gain", "feature_distance", "feature_distance_left"}
    assert load_upscaler(found)(torch.zeros(1, 3, 8, 12)).shape == (1, 3, 32, 48)
    assert len(list((tmp_path / "run" / "samples").glob("*.png"))) == 2
    assert "Lanczos" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path: Path, config: RunConfig) -> None:
    list(train(config))
    halves = replace(config, out=str(tmp_path / "halves"))
    running = train(halves)
    assert [next(running).step for _ in range(3)] == [1, 2, 3]
    running.close()
    list(train(halves, resume=True))
    whole, again = state(tmp_path / "run"), state(tmp_path / "halves")
    for part in ("networks", "adam"):
        assert equal(whole[part], again[part])


@pytest.mark.slow
def test_it_learns_on_from_an_enlarger_that_is_built_alike(tmp_path: Path, config: RunConfig) -> None:
    list(train(replace(config, steps=1)))
    begun = str(tmp_path / "run")
    on = replace(config, start=begun, out=str(tmp_path / "on"), steps=1, schedule="1e-9:1")
    list(train(on))
    before, after = (load_upscaler(find_enlarger(folder)).state_dict() for folder in (begun, on.out))
    assert all(torch.allclose(before[name], after[name], atol=1e-5) for name in before)
    with pytest.raises(OptionError, match=r"set scale, channels, layers and fold so$"):
        list(train(replace(on, out=str(tmp_path / "other"), channels=9)))  # type: ignore[call-arg]  # its own option


def test_what_cannot_be_judged_is_refused_before_the_first_step(tmp_path: Path, config: RunConfig) -> None:
    with pytest.raises(DomainError, match=r"no picture is held out to judge by; give --holdout 0.1$"):
        list(train(replace(config, holdout=0.0)))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("values", [{"scale": 3}, {"image_size": 34, "load_size": 64}, {"fold": 2, "image_size": 36}])
def test_sizes_that_do_not_fit_are_refused_in_one_line(values: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=r"; give (2 or 4|a multiple of \d+, such as \d+)$"):
        configure("enlarge", **values)


@pytest.mark.slow
def test_the_command_trains_and_says_how_to_use_it(tmp_path: Path, config: RunConfig, here: Here) -> None:
    words = ("train", "--recipe", "enlarge", "--config", "run.toml", "--domain-a", "pictures", "--out", "run")
    code, out, _ = here(*words, "--device", "cpu", "--steps", "2")
    assert code == 0
    assert "run/enlarger is ready: copyart enlarge photo.jpg --model run" in out
    assert any("for Lanczos" in line for line in out)
    assert Enlarger.read(tmp_path / "run" / "enlarger").recipe == "enlarge, 2 steps"


def test_pictures_are_shrunk_in_several_ways_that_follow_from_the_draws() -> None:
    pictures = torch.rand(4, 3, 32, 32) * 2 - 1
    draws = torch.tensor([[0.1, 0, 0], [0.5, 0, 0], [0.9, 0, 0], [0.9, 0.95, 0]])
    small = shrink(pictures, 4, blur=2.0, draws=draws)
    assert small.shape == (4, 3, 8, 8)
    same = shrink(pictures[:1].expand(4, -1, -1, -1), 4, blur=2.0, draws=draws)
    assert len({round(float(one.std()), 5) for one in same}) == 4
    assert torch.equal(small, shrink(pictures, 4, blur=2.0, draws=draws))
    assert torch.allclose(small[0], torch.nn.functional.avg_pool2d(pictures[:1], 4)[0])


def test_a_blur_of_nothing_changes_nothing_and_more_takes_more() -> None:
    pictures = torch.rand(3, 3, 24, 24)
    blurred = gaussian_blur(pictures, torch.tensor([0.0, 1.0, 2.0]), 2.0)
    assert torch.allclose(blurred[0], pictures[0], atol=1e-6)
    assert pictures[1].std() > blurred[1].std() > blurred[2].std()


def test_a_part_is_enlarged_softly_in_those_pictures_that_are_to_be_soft() -> None:
    pictures = torch.rand(3, 3, 32, 40) * 2 - 1
    draws = torch.tensor([[0.0, 0.5, 0.5], [0.2, 0.0, 1.0], [1.0, 1.0, 0.0]])
    softened = soften(pictures, [1, 2], draws[:, :SOFT_DRAWS])
    assert torch.equal(softened[0], pictures[0])
    finest = [float((one[:, :, 1:] - one[:, :, :-1]).abs().mean()) for one in softened]
    assert finest[0] > 1.3 * finest[1] > 1.6 * finest[2]
    assert float(softened.abs().max()) <= 1


def test_pictures_are_looked_at_up_to_1_4_times_as_large() -> None:
    pictures = torch.rand(1, 3, 20, 30)
    assert torch.equal(resized(pictures, 0), pictures)
    assert resized(pictures, 0.999).shape == (1, 3, 27, 41)


def test_the_discriminator_sees_a_grid_of_single_pixels_in_patches_of_32() -> None:
    torch.manual_seed(0)
    judge = FinePatchGAN().eval().requires_grad_(False)
    smooth = torch.zeros(1, 3, 64, 64)
    grid = smooth.clone()
    grid[..., ::4, ::4] = 0.1
    scores = judge(smooth)
    assert scores.shape == (1, 1, 16, 16)
    assert float((judge(grid) - scores).abs().mean()) > 0
    one = smooth.clone()
    one[..., 32, 32] = 1
    seen = (judge(one) != scores)[0, 0].nonzero()
    assert 32 <= 4 * int(seen.max() - seen.min() + 1) <= 36


def test_jpeg_changes_those_that_it_is_to_and_no_others() -> None:
    pictures = torch.rand(2, 3, 16, 16) * 2 - 1
    changed = through_jpeg(pictures, [1], torch.zeros(2, DRAWS))
    assert torch.equal(changed[0], pictures[0])
    assert 0 < float((changed[1] - pictures[1]).abs().mean()) < 0.5


def test_what_was_painted_over_is_held_to_what_was_enlarged_and_all_else_to_its_original() -> None:
    original, small = torch.full((2, 3, 8, 8), 0.5), torch.full((2, 3, 2, 2), -0.5)
    enlarged = torch.zeros(2, 3, 8, 8)
    enlarged[1] = -0.5
    assert float(pixel_loss(enlarged, original, small, torch.tensor([0.0, 1.0]))) == pytest.approx(0.25)


def test_the_distance_of_features_is_none_to_themselves_and_looks_at_their_direction_alone() -> None:
    found = [torch.randn(2, 5, 4, 4), torch.randn(2, 7, 2, 2)]
    assert torch.allclose(feature_distance(found, [3 * one for one in found]), torch.zeros(2), atol=1e-6)
    assert torch.allclose(feature_distance(found, [-one for one in found]), torch.full((2,), 4.0))


def test_an_enlarger_begins_as_a_plain_enlargement_and_keeps_places() -> None:
    for scale, fold in ((2, 1), (4, 1), (2, 2), (4, 2)):
        torch.manual_seed(0)
        network = Upscaler(scale=scale, channels=8, layers=3, fold=fold)
        network.draw_weights()
        x = torch.rand(1, 3, 8, 12)
        plain = x.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
        assert torch.allclose(network(x), plain, atol=0.1)


def test_a_small_change_is_seen_no_farther_than_the_receptive_field_says() -> None:
    network = Upscaler(scale=2, channels=8, layers=4, fold=2)
    network.draw_weights()
    torch.nn.init.normal_(network.body[-1].weight)  # type: ignore[arg-type]  # that of a convolution
    x = torch.rand(1, 3, 48, 48)
    changed = x.clone()
    changed[..., 24, 24] += 1
    seen = (network(x) != network(changed))[0, 0].nonzero()
    reach = (network.receptive_field // 2 + 1) * network.scale
    assert int(seen.min()) >= 24 * 2 - reach
    assert int(seen.max()) < 24 * 2 + 2 + reach


def test_psnr_is_that_of_the_definition() -> None:
    chance = np.random.default_rng(0)
    picture = np.asarray(Image.fromarray(chance.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((32, 32)))
    assert psnr(picture, picture) == 100
    assert psnr(np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)) == pytest.approx(0)
    assert shrunk(picture, 4).shape == (8, 8, 3)
    assert psnr(lanczos(shrunk(picture, 4), 4), picture) > 20
