"""Style folders are written whole and read back; published weights are read as they are."""

import os
import pickle
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from limits import small_disk
from local_hub import LocalHub, Repo, files_of
from PIL import Image, ImageChops
from torch import Tensor

from copyart.checkpoints import load_generator, load_style, read_published, save_style
from copyart.downloads import cache_folder
from copyart.errors import BrokenStyleError, DownloadError, StyleError, UnknownStyleError
from copyart.models import Style, list_styles, read_catalogue
from copyart.networks import Compact, ResNet, UNet
from copyart.translator import Translator

X = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1)) * 2 - 1
State = OrderedDict[str, Tensor]


def published_state(blocks: int = 9, channels: int = 64) -> State:
    """A generator as the authors' code saved it in 2017: with the running statistics of its instance norms."""
    torch.manual_seed(2)
    state: State = OrderedDict()

    def conv(key: str, o: int, i: int, k: int, norm: str | None) -> None:
        state[f"{key}.weight"] = torch.randn(o, i, k, k) / (i * k * k) ** 0.5
        state[f"{key}.bias"] = torch.randn(o if "transposed" not in key else i)
        if norm:
            state[f"{norm}.running_mean"] = torch.randn(o)
            state[f"{norm}.running_var"] = torch.rand(o)
            state[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    c = channels
    conv("model.1", c, 3, 7, "model.2")
    conv("model.4", 2 * c, c, 3, "model.5")
    conv("model.7", 4 * c, 2 * c, 3, "model.8")
    for i in range(10, 10 + blocks):
        conv(f"model.{i}.conv_block.1", 4 * c, 4 * c, 3, f"model.{i}.conv_block.2")
        conv(f"model.{i}.conv_block.5", 4 * c, 4 * c, 3, f"model.{i}.conv_block.6")
    for i, o in ((10 + blocks, 2 * c), (13 + blocks, c)):
        conv(f"model.{i}", o, 2 * o, 3, f"model.{i + 1}")
        state[f"model.{i}.weight"] = state[f"model.{i}.weight"].transpose(0, 1).contiguous()
    conv(f"model.{17 + blocks}", 3, c, 7, None)
    return state


def straight_line(state: State, x: Tensor) -> Tensor:
    """The forward pass of the paper's generator, written out."""
    blocks = len({key.split(".")[1] for key in state if "conv_block" in key})

    def weights(key: str) -> tuple[Tensor, Tensor | None]:
        return state[f"{key}.weight"], state.get(f"{key}.bias")

    def padded(x: Tensor, p: int) -> Tensor:
        return F.pad(x, (p, p, p, p), mode="reflect")

    x = F.relu(F.instance_norm(F.conv2d(padded(x, 3), *weights("model.1"))))
    for i in (4, 7):
        x = F.relu(F.instance_norm(F.conv2d(x, *weights(f"model.{i}"), stride=2, padding=1)))
    for i in range(10, 10 + blocks):
        y = F.relu(F.instance_norm(F.conv2d(padded(x, 1), *weights(f"model.{i}.conv_block.1"))))
        x = x + F.instance_norm(F.conv2d(padded(y, 1), *weights(f"model.{i}.conv_block.5")))
    for i in (10 + blocks, 13 + blocks):
        weight, bias = weights(f"model.{i}")
        x = F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1)
        x = F.relu(F.instance_norm(x))
    return torch.tanh(F.conv2d(padded(x, 3), *weights(f"model.{17 + blocks}")))


@pytest.fixture
def pth(tmp_path: Path) -> Path:
    """A small published generator."""
    torch.save(published_state(blocks=2, channels=4), tmp_path / "latest_net_G.pth")
    return tmp_path / "latest_net_G.pth"


@pytest.mark.parametrize(("blocks", "channels"), [(9, 64), (6, 64), (2, 4)])
def test_published_weights_paint_as_the_authors_code_does(tmp_path: Path, blocks: int, channels: int) -> None:
    state = published_state(blocks, channels)
    torch.save(state, tmp_path / "x.pth")
    generator = read_published(tmp_path / "x.pth")
    with torch.inference_mode():
        assert (generator(X) - straight_line(state, X)).abs().max() < 1e-4  # float32 rounds as the processor adds
    if (blocks, channels) == (9, 64):
        assert sum(parameter.numel() for parameter in generator.parameters()) == 11_378_179


def test_biases_that_change_nothing_may_be_missing(tmp_path: Path) -> None:
    state = published_state(2, 4)
    bare = OrderedDict((k, v) for k, v in state.items() if not k.endswith(".bias") or k == "model.19.bias")
    assert len(bare) < len(state)
    torch.save(bare, tmp_path / "x.pth")
    with torch.inference_mode():
        assert (read_published(tmp_path / "x.pth")(X) - straight_line(state, X)).abs().max() < 1e-5


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("dropout", [False, True])
def test_every_layout_of_the_authors_code_is_recognised(tmp_path: Path, norm: str, dropout: bool) -> None:
    generator = ResNet(base_channels=4, blocks=3, norm=norm, dropout=dropout).eval()  # type: ignore[arg-type]
    for name, buffer in generator.named_buffers():
        if buffer.is_floating_point():
            torch.nn.init.uniform_(buffer, 0.5, 1.5)
        assert norm == "batch", name
    torch.save({f"module.{key}": value for key, value in generator.state_dict().items()}, tmp_path / "x.pth")
    with torch.inference_mode():
        assert torch.equal(read_published(tmp_path / "x.pth")(X), generator(X))


def test_files_of_old_pytorch_are_read(tmp_path: Path) -> None:
    state = published_state(2, 4)
    torch.save(state, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    with torch.inference_mode():
        assert (read_published(tmp_path / "x.pth")(X) - straight_line(state, X)).abs().max() < 1e-5


def test_batch_norms_that_did_not_count_are_read(tmp_path: Path) -> None:
    generator = ResNet(base_channels=4, blocks=2, norm="batch").eval()
    state = {key: value for key, value in generator.state_dict().items() if not key.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "x.pth")
    with torch.inference_mode():
        assert torch.equal(read_published(tmp_path / "x.pth")(X), generator(X))


class Exploit:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("exploited",)


def without(key: str) -> State:
    state = published_state(2, 4)
    del state[key]
    return state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            UNet(base_channels=4, depth=3).state_dict(),
            r"no ResNet .* its first key is 'down\.0\.weight'",
        ),
        (
            Compact(base_channels=4, blocks=1).state_dict(),
            r"is 'stem\.conv\.weight', not 'model\.1\.weight'",
        ),
        ({}, "its first key is 'missing'"),
        (without("model.7.weight"), r"of another architecture: 'model\.7\.weight' is missing"),
        (without("model.19.bias"), r"of another architecture: 'model\.19\.bias' is missing"),
        ({**published_state(2, 4), "model.30.weight": X}, r"'model\.30\.weight' has no place in it"),
        (
            {**published_state(2, 4), "model.4.weight": X},
            r"4\.weight' has shape \(1, 3, 32, 48\), not \(8, 4, 3, 3\)",
        ),
        ({**published_state(2, 4), "model.4.bias": torch.ones(8).long()}, r"'model\.4\.bias' holds no plain numbers"),
        ({**published_state(2, 4), "model.4.bias": torch.ones(8) + 0j}, r"'model\.4\.bias' holds no plain numbers"),
        ({**published_state(2, 4), "model.4.bias": torch.ones(8).to_sparse()}, r"4\.bias' holds no plain numbers"),
        ({**published_state(2, 4), "model.4.bias": torch.ones(8, device="meta")}, r"4\.bias' holds no plain numbers"),
        ({**published_state(2, 4), "model.1.weight": X[0, 0, 0, 0]}, r"'model\.1\.weight' is no convolution"),
        ({**published_state(2, 4), "model.1.weight": X[:0]}, "a resnet that cannot be built: base_channels is 0"),
        ({"model.1.weight": X}, r"'model\.10\.conv_block\.1\.weight' is missing"),
        ([X], "holds no state dict of a generator"),
        ({"model.1.weight": 3}, "holds no state dict of a generator"),
    ],
)
def test_another_architecture_is_refused_by_the_first_key_that_does_not_fit(
    tmp_path: Path, state: object, words: str
) -> None:
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(BrokenStyleError, match=words):
        load_style(str(tmp_path / "x.pth"))


@pytest.mark.parametrize("save", [torch.save, lambda value, path: Path(path).write_bytes(pickle.dumps(value))])
def test_a_pickle_that_would_run_code_is_refused_and_does_not(
    tmp_path: Path, save: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert callable(save)
    save({"model.1.weight": Exploit()}, "x.pth")
    with pytest.raises(BrokenStyleError, match=r"x\.pth is refused: .* could run code"):
        load_style("x.pth")
    assert not Path("exploited").exists()


@pytest.mark.parametrize("damage", [lambda data: data[:2000], lambda _: b"hello", lambda _: b""])
def test_damaged_weights_are_refused_in_one_line(pth: Path, damage: object) -> None:
    assert callable(damage)
    pth.write_bytes(damage(pth.read_bytes()))
    with pytest.raises(BrokenStyleError, match=r"latest_net_G\.pth is (damaged|refused)") as raised:
        load_style(str(pth))
    assert "\n" not in str(raised.value)


def test_a_file_of_weights_becomes_a_style_once(pth: Path) -> None:
    style = load_style(str(pth))
    assert (style.name, style.generator) == ("latest-net-g", "resnet")
    assert style.folder.is_relative_to(cache_folder())
    written = (style.folder / "model.safetensors").stat().st_mtime_ns
    assert load_style(str(pth)) == style
    assert (style.folder / "model.safetensors").stat().st_mtime_ns == written
    with torch.inference_mode():
        assert (load_generator(style)(X) - straight_line(torch.load(pth), X)).abs().max() < 1e-5
    with pytest.raises(UnknownStyleError, match="there is no such file"):
        load_style(str(pth.with_name("none.pth")))


def test_a_converted_style_that_was_damaged_is_made_again(pth: Path) -> None:
    style = load_style(str(pth))
    whole = files_of(style.folder)
    for spoil in (lambda: (style.folder / "config.json").write_text("{"), (style.folder / "model.safetensors").unlink):
        spoil()
        assert load_style(str(pth)) == style
        assert files_of(style.folder) == whole
    (style.folder / "model.safetensors").write_bytes(b"")
    assert load_style(str(pth), force=True).verified("model.safetensors").stat().st_size > 0


def test_a_file_of_weights_may_have_any_name(pth: Path) -> None:
    odd = pth.rename(os.fsdecode(os.fsencode(pth.parent) + b"/\xff \n Caf\xc3\xa9.pth"))
    style = load_style(str(odd))
    assert (style.name, style.title) == ("caf", "  Café")


def test_published_weights_that_are_none_are_fetched_anew(hub: LocalHub, pth: Path) -> None:
    monet = read_catalogue()["monet-2017"]
    files = {monet.file: b"<html>Come back later</html>"}
    hub.repos[f"spaces/{monet.repo}"] = Repo(files, revisions={monet.revision: monet.revision})
    with pytest.raises(BrokenStyleError, match=r"latest_net_G\.pth is refused: it is damaged"):
        load_style("monet-2017")
    assert "monet-2017" in [entry.name for entry in list_styles() if entry.where == "available"]
    files[monet.file] = pth.read_bytes()
    assert load_style("monet-2017").name == "monet-2017"


def test_published_weights_become_a_style_on_arrival_and_are_held_to_their_first_hash(hub: LocalHub, pth: Path) -> None:
    monet = read_catalogue()["monet-2017"]
    files = {monet.file: pth.read_bytes()}
    hub.repos[f"spaces/{monet.repo}"] = Repo(files, revisions={monet.revision: monet.revision})
    style = load_style("monet-2017")
    assert (style.name, style.source["url"], style.paint_size) == ("monet-2017", monet.address, 640)
    assert not list(cache_folder().rglob("*.pth"))
    hub.requests.clear()
    assert load_style("monet-2017") == style
    assert hub.requests == []
    assert {entry.name: entry.pinned for entry in list_styles()}["monet-2017"] == "first download"

    assert load_style("monet-2017", force=True) == style
    torch.save(published_state(3, 4), pth)
    files[monet.file] = pth.read_bytes()
    with pytest.raises(DownloadError, match="that it had at its first download"):
        load_style("monet-2017", force=True)
    assert load_style("monet-2017") == style
    assert not list(cache_folder().rglob("*.pth"))

    (style.folder / "model.safetensors").unlink()
    with pytest.raises(DownloadError, match="that it had at its first download"):
        load_style("monet-2017")
    (style.folder / "config.json").write_text("{")
    assert "monet-2017" in [entry.name for entry in list_styles() if entry.where == "available"]
    assert load_style("monet-2017").parameters["blocks"] == 3


def test_a_style_paints_the_same_after_it_was_saved(tiny: Style, tmp_path: Path) -> None:
    generator, reverse = load_generator(tiny), load_generator(tiny, reverse=True)
    again = save_style(replace(tiny, folder=tmp_path / "again"), generator, reverse)
    assert torch.equal(load_generator(again)(X), generator(X))
    assert torch.equal(load_generator(again, reverse=True)(X), reverse(X))
    assert again.sha256 == tiny.sha256


def test_half_precision_is_half_the_size(tiny: Style, tmp_path: Path) -> None:
    half = save_style(replace(tiny, folder=tmp_path / "half"), load_generator(tiny), dtype=torch.float16)
    sizes = [(style.folder / "model.safetensors").stat().st_size for style in (half, tiny)]
    assert sizes[0] < 0.7 * sizes[1]
    assert (load_generator(half)(X) - load_generator(tiny)(X)).abs().max() < 0.02
    assert not half.has_reverse


def test_a_style_is_written_whole_or_not_at_all(tiny: Style, tmp_path: Path) -> None:
    generator = load_generator(tiny)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StyleError, match="cannot be written to"):
        save_style(replace(tiny, folder=tmp_path / "file" / "style"), generator)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    with pytest.raises(StyleError, match="cannot be written to"):
        save_style(replace(tiny, folder=tmp_path / "taken"), generator)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "notes.txt", "taken"]


def test_a_new_style_takes_the_place_of_an_old_one_only_when_it_is_whole(tiny: Style, tmp_path: Path) -> None:
    generator = load_generator(tiny)
    style = save_style(replace(tiny, folder=tmp_path / "style"), generator)
    old = files_of(tmp_path)
    golden = Image.new("RGB", (64, 64)), Image.new("CMYK", (64, 64))
    with pytest.raises(OSError, match="cannot write mode CMYK as PNG"):
        save_style(style, generator, golden=golden, overwrite=True)
    with small_disk(), pytest.raises(StyleError, match=r"cannot be written to .*: the file is larger than is allowed"):
        save_style(style, generator, generator, overwrite=True)
    assert files_of(tmp_path) == old
    save_style(style, generator, generator, overwrite=True)
    assert files_of(tmp_path).keys() - old.keys() == {"style/reverse.safetensors"}


@pytest.mark.parametrize("values", [{"name": "My style"}, {"title": "two\nlines"}, {"paint_size": 0}])
def test_what_could_not_be_read_back_is_not_written(tiny: Style, tmp_path: Path, values: dict[str, object]) -> None:
    style = replace(tiny, folder=tmp_path / "style", **values)  # type: ignore[arg-type]
    with pytest.raises(StyleError, match=r"config\.json is damaged"):
        save_style(style, load_generator(tiny))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"generator": "vit"}, "asks for a generator 'vit'; there are resnet, compact, unet"),
        ({"parameters": {"layers": 3}}, "asks for a compact that cannot be built"),
        ({"parameters": {"base_channels": "many"}}, "asks for a compact that cannot be built"),
        ({"parameters": {"base_channels": -4}}, "cannot be built: base_channels is -4, not 1 to 4096"),
        ({"parameters": {"base_channels": 10**9}}, "cannot be built: base_channels is 1000000000, not 1 to 4096"),
        ({"parameters": {"blocks": 10**9}}, "cannot be built: blocks is 1000000000, not 1 to 4096"),
        ({"generator": "unet", "parameters": {"depth": 0}}, "cannot be built: depth is 0, not 1 to 4096"),
        ({"generator": "resnet", "parameters": {"norm": [1]}}, "of another architecture"),
        ({"parameters": {"base_channels": 8}}, "of another architecture"),
    ],
)
def test_a_record_that_does_not_fit_its_weights_is_refused(tiny: Style, values: dict[str, object], words: str) -> None:
    with pytest.raises(BrokenStyleError, match=words) as raised:
        load_generator(replace(tiny, **values))  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", [entry.name for entry in list_styles() if entry.where == "bundled"])
def test_a_bundled_style_paints_its_golden_picture_as_it_always_did(name: str) -> None:
    style = load_style(name)
    with Image.open(style.verified("golden/photo.png")) as photo:
        painting = Translator(style, device="cpu", dtype=torch.float32).translate(photo, size="native")
    with Image.open(style.verified("golden/painting.png")) as golden:
        levels = ImageChops.difference(painting, golden).getextrema()
    assert max(high for _, high in levels) <= 2  # type: ignore[misc]
