"""Streaks: they follow the forms, are the same in whatever parts they are drawn, and become strokes."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from runs import configured
from torch import Tensor

from copyart import Translator
from copyart.checkpoints import load_generator, save_style
from copyart.config import PaintConfig, TilingConfig
from copyart.errors import BrokenStyleError
from copyart.export import export_onnx
from copyart.images import LargePhoto, Photo, open_large
from copyart.models import Style
from copyart.networks import draw_streaks, find_flow, lay_streaks
from copyart.tensors import to_pixels, to_tensor
from copyart.training.accelerator import make_accelerator
from copyart.training.cyclegan.learner import CycleGAN
from copyart.training.learner import Made
from copyart.translator.streaking import streaked

PERCENT = 6


def stripes(angle: float, height: int = 96, width: int = 128) -> Tensor:
    """Stripes along an angle from level, counted downwards, 1 3 h w."""
    down, right = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    across = down * math.cos(angle) - right * math.sin(angle)
    return (torch.sin(across / 4) * 0.8).expand(1, 3, -1, -1)


def likeness(x: Tensor, down: int, right: int) -> float:
    """The correlation of a picture, h w, with itself so many pixels further on."""
    height, width = x.shape
    here = x[max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    there = x[max(down, 0) : height - max(-down, 0), max(right, 0) : width - max(-right, 0)]
    return float(torch.corrcoef(torch.stack([here.flatten(), there.flatten()]))[0, 1])


@pytest.fixture(scope="module")
def photo(china: Path) -> Image.Image:
    """192 x 128 pixels of a photograph."""
    with Image.open(china) as image:
        return image.convert("RGB").resize((192, 128), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def streaky(tiny: Style, tmp_path_factory: pytest.TempPathFactory) -> Style:
    """The tiny style, over streaks."""
    record = replace(tiny, streaks=PERCENT, folder=tmp_path_factory.mktemp("styles") / "streaky")
    return save_style(record, load_generator(tiny), load_generator(tiny, reverse=True))


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 120, 150])
def test_flow_goes_along_the_forms(degrees: int) -> None:
    angle = math.radians(degrees)
    flow = find_flow(stripes(angle))
    assert flow.shape == (1, 2, 96, 128)
    torch.testing.assert_close(flow.norm(dim=1), torch.ones(1, 96, 128))
    along = (flow[:, 0] * math.cos(angle) + flow[:, 1] * math.sin(angle)).abs()
    assert float(along[:, 12:-12, 12:-12].min()) > 0.98


def test_where_there_are_no_forms_it_is_level_and_beside_some_it_goes_along_those() -> None:
    flow = find_flow(torch.full((1, 3, 40, 60), 0.3))
    torch.testing.assert_close(flow[:, 0].abs(), torch.ones(1, 40, 60))
    edge = torch.full((1, 3, 96, 96), -0.5)
    edge[..., 48:] = 0.5
    assert float(find_flow(edge)[0, 1, :, 30].abs().min()) > 0.95  # 18 pixels away, and down as the edge is


@pytest.mark.parametrize("degrees", [20, 70, 110, 160])
def test_streaks_are_long_along_the_forms_and_narrow_across(degrees: int) -> None:
    angle = math.radians(degrees)
    streaks = draw_streaks(find_flow(stripes(angle, 192, 256)), (192, 256))[0, 0]
    along = likeness(streaks, round(8 * math.sin(angle)), round(8 * math.cos(angle)))
    across = likeness(streaks, round(8 * math.cos(angle)), round(-8 * math.sin(angle)))
    assert along > 0.3
    assert abs(across) < 0.15


def test_they_lighten_as_much_as_they_darken(photo: Image.Image) -> None:
    streaks = draw_streaks(find_flow(to_tensor(photo)), (128, 192))
    assert abs(float(streaks.mean())) < 0.1
    assert 0.8 < float(streaks.std()) < 1.2


def test_every_row_is_the_same_however_many_are_drawn(photo: Image.Image) -> None:
    flow = find_flow(to_tensor(photo))
    whole = draw_streaks(flow, (128, 192))
    torch.testing.assert_close(draw_streaks(flow, (128, 192), (37, 90)), whole[:, :, 37:90], rtol=0, atol=0)


def test_each_picture_of_a_batch_has_its_own_and_its_own_place_in_the_noise(photo: Image.Image) -> None:
    pair = torch.cat([to_tensor(photo), to_tensor(photo).flip(3)])
    places = torch.tensor([[0.0, 0.0], [0.25, 0.7]])
    both = lay_streaks(pair, PERCENT, places)
    for i in (0, 1):
        torch.testing.assert_close(both[i : i + 1], lay_streaks(pair[i : i + 1], PERCENT, places[i : i + 1]))
    assert float((both[1:] - lay_streaks(pair[1:], PERCENT)).abs().mean()) > PERCENT / 100


def test_without_any_a_picture_stays_as_it_is_and_gradients_go_through_streaks() -> None:
    x = torch.rand(1, 3, 20, 30).requires_grad_()
    assert lay_streaks(x, 0) is x
    (gradient,) = torch.autograd.grad(lay_streaks(x, PERCENT).sum(), x)
    torch.testing.assert_close(gradient, torch.ones_like(x))


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (1, 300), (47, 2)])
def test_the_smallest_pictures_have_streaks_too(size: tuple[int, int]) -> None:
    laid = lay_streaks(torch.zeros(1, 3, *size), PERCENT)
    assert laid.shape == (1, 3, *size)
    assert bool(laid.isfinite().all())


def test_a_photo_in_parts_is_given_the_streaks_of_the_whole(
    photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = to_pixels(lay_streaks(to_tensor(photo), PERCENT))[0]
    monkeypatch.setattr("copyart.translator.streaking._ROWS", 50)
    parts = streaked(photo, PERCENT, torch.device("cpu"))
    assert np.abs(parts.astype(int) - whole).max() <= 1


def test_a_style_over_streaks_paints_otherwise_and_its_way_back_does_not(
    tiny: Style, streaky: Style, photo: Image.Image
) -> None:
    for reverse in (False, True):
        plain, over = (Translator(style, device="cpu", reverse=reverse).translate(photo) for style in (tiny, streaky))
        assert (plain.tobytes() == over.tobytes()) is reverse


def test_a_photo_with_streaks_is_what_the_network_is_shown(tiny: Style, streaky: Style, photo: Image.Image) -> None:
    laid = Image.fromarray(streaked(photo, PERCENT, torch.device("cpu")))
    plain, over = (
        Translator(style, device="cpu", dtype=torch.float32).translate(shown, size="native")
        for style, shown in ((tiny, laid), (streaky, photo))
    )
    assert plain.tobytes() == over.tobytes()


def test_at_its_own_size_a_large_photo_is_painted_as_in_memory(
    streaky: Style, photo: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copyart.images.large.LARGE", 100_000)
    photo.resize((400, 900)).save(tmp_path / "x.png")
    native = PaintConfig(size="native")
    translator = Translator(streaky, device="cpu", dtype=torch.float32, tiling=TilingConfig(tile=96))
    large = open_large(tmp_path / "x.png")
    assert isinstance(large, LargePhoto)
    strips = np.concatenate([np.asarray(strip) for strip in translator.paint_strips(large, native)])
    with Image.open(tmp_path / "x.png") as image:
        whole = translator.paint_pixels([Photo(image.convert("RGB"))], native)[0]
    assert np.abs(strips.astype(int) - whole).max() == 0


@pytest.mark.parametrize("percent", [-1, 26, 1000])
def test_a_record_with_other_streaks_is_damaged(tiny: Style, percent: int) -> None:
    with pytest.raises(BrokenStyleError, match=rf"is damaged: streaks is {percent}, not 0 to 25"):
        Style.parse(replace(tiny, streaks=percent).to_json(), tiny.folder)


def test_a_record_of_before_has_none(tiny: Style) -> None:
    record = json.loads(tiny.to_json())
    del record["streaks"]
    assert Style.parse(json.dumps(record), tiny.folder) == tiny


def test_what_learns_over_streaks_says_so_in_its_style(tmp_path: Path) -> None:
    config = configured("bold", start="", image_size=32, streaks=PERCENT, device="cpu", precision="fp32")
    learner = CycleGAN(config, make_accelerator(config)[0])
    learner.save(tmp_path / "style", Made("streaky", ("photos", "paintings"), 1, 1.0, standing=None, snapshot=False))
    assert Style.read(tmp_path / "style").streaks == PERCENT


def test_what_learns_over_streaks_paints_over_them(photo: Image.Image) -> None:
    painted = {}
    for percent in (0, PERCENT):
        config = configured("bold", start="", image_size=32, streaks=percent, device="cpu", precision="fp32")
        learner = CycleGAN(config, make_accelerator(config)[0])
        painted[percent] = learner.paint(to_tensor(photo))[0]
    laid = lay_streaks(to_tensor(photo), PERCENT)
    config = configured("bold", start="", image_size=32, streaks=0, device="cpu", precision="fp32")
    plain = CycleGAN(config, make_accelerator(config)[0])
    torch.testing.assert_close(painted[PERCENT], plain.paint(laid)[0])
    assert float((painted[PERCENT] - painted[0]).abs().mean()) > 0.01


@pytest.mark.slow
def test_a_model_for_other_programs_lays_the_streaks_itself(streaky: Style, photo: Image.Image, tmp_path: Path) -> None:
    import onnxruntime

    export_onnx(streaky, tmp_path / "streaky.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "streaky.onnx"), providers=["CPUExecutionProvider"])
    found = torch.from_numpy(session.run(["painting"], {"photo": to_tensor(photo).numpy()})[0])
    with torch.inference_mode():
        wanted = load_generator(streaky)(lay_streaks(to_tensor(photo), PERCENT))
    assert float((found - wanted).abs().flatten().quantile(0.999)) < 0.001
