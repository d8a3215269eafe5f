"""Enlargers of other programs: those that spandrel knows are used, and nothing in their files is ever run."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Here
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from copyart import Magnifier
from copyart.config import TilingConfig
from copyart.enlarging.foreign import Foreign
from copyart.errors import BrokenStyleError

pytest.importorskip("spandrel")

from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN
from spandrel.architectures.SwinIR import SwinIR

State = dict[str, Tensor]


def compact(scale: int = 2, channels: int = 3) -> State:
    torch.manual_seed(0)
    network = Compact(num_in_ch=channels, num_out_ch=channels, num_feat=8, num_conv=1, upscale=scale)
    return dict(network.state_dict())


def esrgan(scale: int = 4) -> State:
    torch.manual_seed(0)
    return dict(ESRGAN(num_filters=4, num_blocks=1, scale=scale).state_dict())


def swinir(scale: int = 2) -> State:
    torch.manual_seed(0)
    network = SwinIR(
        img_size=16,
        embed_dim=12,
        depths=[2],
        num_heads=[2],
        window_size=8,
        mlp_ratio=2,
        upscale=scale,
        upsampler="pixelshuffledirect",
    )
    return dict(network.state_dict())


@pytest.mark.filterwarnings("ignore:torch.meshgrid")
@pytest.mark.parametrize(("make", "scale"), [(compact, 2), (compact, 4), (esrgan, 4), (esrgan, 2), (swinir, 2)])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_network_that_spandrel_knows_enlarges(
    photo: Path, tmp_path: Path, make: Callable[[int], State], scale: int, suffix: str
) -> None:
    path = tmp_path / f"other.{suffix}"
    if suffix == "pth":
        torch.save({"params_ema": make(scale)}, path)
    else:
        save_file({key: value.clone().contiguous() for key, value in make(scale).items()}, path)
    magnifier = Magnifier(path, device="cpu", dtype=torch.float32)
    with Image.open(photo) as image:
        small = image.resize((30, 21))
        enlarged = magnifier.enlarge(small)
        import spandrel

        descriptor = spandrel.ModelLoader().load_from_state_dict(make(scale))
        assert isinstance(descriptor, spandrel.ImageModelDescriptor)
        levels = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None] / 255
        wanted = (descriptor(levels)[0].permute(1, 2, 0) * 255).round().numpy()
    assert magnifier.scale == scale
    assert enlarged.size == (30 * scale, 21 * scale)
    assert np.abs(np.asarray(enlarged) - wanted).max() <= 1


def test_in_tiles_a_local_network_shows_no_seam(china: Path, tmp_path: Path) -> None:
    torch.save(compact(), tmp_path / "other.pth")
    with Image.open(china) as image:
        given = image.resize((150, 90))
    whole, tiled = (
        Magnifier(tmp_path / "other.pth", device="cpu", dtype=torch.float32, tiling=tiling).enlarge(given)
        for tiling in (TilingConfig(), TilingConfig(tile=64))
    )
    assert np.abs(np.asarray(whole).astype(int) - np.asarray(tiled)).max() <= 1


def test_the_other_scale_is_made_of_it_too(photo: Path, tmp_path: Path) -> None:
    torch.save(compact(4), tmp_path / "other.pth")
    with Image.open(photo) as image:
        assert Magnifier(tmp_path / "other.pth", scale=2, device="cpu").enlarge(image).size == (192, 128)


def test_the_command_takes_such_a_file(here: Here, photo: Path) -> None:
    torch.save(compact(), photo.parent / "other.pth")
    assert here("enlarge", photo, "--model", "other.pth")[0] == 0
    with Image.open(photo.with_name("photo-2x.jpg")) as image:
        assert image.size == (192, 128)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (lambda: compact(1), "does not enlarge; give an enlarger of scale 2 or 4"),
        (lambda: compact(3), "enlarges 3x; give an enlarger of scale 2 or 4"),
        (lambda: compact(2, channels=1), r"takes no colour pictures \(1 channels in and 1 out, not 3\)"),
        (lambda: {"a.weight": torch.ones(3)}, "is of no architecture that spandrel knows"),
        (lambda: {**compact(), "body.0.weight": torch.ones(8, 3, 5, 5)}, "holds no network that can be built"),
        (lambda: [1, 2, 3], "holds no network that can be built"),
        (dict, "is of no architecture that spandrel knows"),
    ],
)
def test_what_is_no_enlarger_of_colour_pictures_is_refused_in_one_line(
    tmp_path: Path, state: Callable[[], object], words: str
) -> None:
    torch.save(state(), tmp_path / "other.pth")
    with pytest.raises(BrokenStyleError, match=words) as caught:
        Foreign(tmp_path / "other.pth")
    assert str(caught.value).startswith(str(tmp_path / "other.pth"))
    assert "\n" not in str(caught.value)


class Bomb:
    """Writes a file as soon as it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.path, "boom")


@pytest.mark.parametrize("suffix", ["pth", "pt", "ckpt", "safetensors"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_would_run_code_is_refused_and_runs_none(
    here: Here, photo: Path, tmp_path: Path, suffix: str, zipped: bool
) -> None:
    bomb = {"params": compact(), "extra": Bomb(tmp_path / "boom")}
    path = tmp_path / f"bomb.{suffix}"
    if zipped:
        torch.save(bomb, path)
    else:
        path.write_bytes(pickle.dumps(bomb))
    before = sorted(tmp_path.iterdir())
    code, _, said = here("enlarge", photo, "--model", path)
    assert code == 1
    (line,) = said
    assert line.startswith(f"Error: {path} is ")
    assert sorted(tmp_path.iterdir()) == before
