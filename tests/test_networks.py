"""The generators: shapes, sizes they take, how far they see, the layout of the published weights."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from copyart.networks import (
    GENERATORS,
    Compact,
    Generator,
    InstanceNorm,
    ResNet,
    UNet,
    initialise,
    measures_pictures,
    mixes_batch,
)
from copyart.networks.layers import EnlargingConv, FewChannelsConv, ReflectionConv, gather, reflect, spread

SMALL = {
    "resnet": ResNet(base_channels=4, blocks=1),
    "resnet, batch norm, dropout": ResNet(base_channels=4, blocks=1, norm="batch", dropout=True),
    "resnet, skips": ResNet(base_channels=4, blocks=1, skips=True),
    "resnet, resize": ResNet(base_channels=4, blocks=2, upsample="resize"),
    "compact": Compact(base_channels=4, blocks=1),
    "compact, antialias": Compact(base_channels=4, blocks=1, antialias=True),
    "compact, color skip": Compact(base_channels=4, blocks=1, color_skip=True),
    "unet": UNet(base_channels=4, depth=3),
    "unet, resize, batch norm, dropout": UNet(base_channels=4, depth=6, norm="batch", dropout=True, upsample="resize"),
}


@pytest.fixture(params=SMALL)
def generator(request: pytest.FixtureRequest) -> Generator:
    return SMALL[request.param].eval()


def test_a_painting_has_the_shape_and_range_of_the_photo(generator: Generator) -> None:
    m = max(generator.size_multiple, generator.min_size)
    x = torch.rand(2, 3, 2 * m, 3 * m) * 2 - 1
    y = generator(x)
    assert y.shape == x.shape
    assert y.abs().max() <= 1


def test_the_smallest_size_works_and_half_of_it_does_not(generator: Generator) -> None:
    assert generator(torch.zeros(1, 3, generator.min_size, generator.min_size)).shape[-1] == generator.min_size
    half = generator.min_size // 2
    with pytest.raises((RuntimeError, ValueError)):
        generator(torch.zeros(1, 3, half, half))


def test_nothing_is_painted_by_looking_further_than_the_receptive_field() -> None:
    for name in ("resnet", "resnet, resize", "compact", "compact, antialias", "compact, color skip", "unet"):
        generator = _without_norms(SMALL[name])
        reach = max(_reach(generator, 80 + phase) for phase in range(generator.size_multiple))
        assert 2 * reach + 1 == generator.receptive_field, name


def test_each_picture_of_a_batch_is_painted_alone(generator: Generator) -> None:
    m = max(generator.size_multiple, generator.min_size)
    x = torch.rand(2, 3, m, m) * 2 - 1
    torch.testing.assert_close(generator(x)[1:], generator(x[1:]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_paints_and_can_be_learned_and_described(name: str) -> None:
    generator = GENERATORS[name](base_channels=4)
    initialise(generator)
    side = max(generator.size_multiple, generator.min_size)
    painting = generator(torch.rand(1, 3, side, side) * 2 - 1)
    assert painting.shape == (1, 3, side, side)
    painting.square().sum().backward()
    gradients = [parameter.grad for parameter in generator.parameters() if parameter.grad is not None]
    assert any(gradient.abs().sum() > 0 for gradient in gradients)
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert GENERATORS[name].described({"base_channels": 4})["base_channels"] == 4


@pytest.mark.parametrize(
    ("kind", "parameters", "count"),
    [
        ("resnet", {}, 11_378_179),  # the published ResNet-9
        ("resnet", {"blocks": 6}, 7_837_699),
        ("compact", {}, 1_110_243),
        ("unet", {"norm": "batch"}, 54_414_531),  # the published U-Net-256
    ],
)
def test_a_generator_has_as_many_parameters_as_its_paper_says(
    kind: str, parameters: dict[str, object], count: int
) -> None:
    with torch.device("meta"):
        generator = GENERATORS[kind](**parameters)
    assert sum(parameter.numel() for parameter in generator.parameters()) == count


def test_a_compact_generator_begins_with_its_color_skip() -> None:
    generator = Compact(base_channels=4, blocks=1, color_skip=True)
    initialise(generator)
    colour = torch.tensor([0.5, -0.3, 0.1])[:, None, None].expand(1, 3, 32, 32)
    assert (generator(colour) - colour).abs().max() < 0.2
    fine = torch.where((torch.arange(32) % 4 < 2), 0.5, -0.5).expand(1, 3, 32, 32)
    assert generator(fine).abs().max() < 0.01


def test_only_with_a_color_skip_a_dark_picture_is_told_from_a_bright_one() -> None:
    dark = torch.rand(1, 3, 32, 32) * 0.4 - 0.9
    for color_skip in (False, True):
        torch.manual_seed(0)
        generator = Compact(base_channels=4, blocks=1, color_skip=color_skip)
        initialise(generator)
        told = (generator(dark + 1) - generator(dark)).mean().abs()
        assert told > 0.5 if color_skip else told < 0.01


def test_records_and_recipes_that_say_underpainting_build_the_same_as_color_skip() -> None:
    small: dict[str, Any] = {"base_channels": 4, "blocks": 1}
    old, new = {**small, "underpainting": True}, {**small, "color_skip": True}
    keys = [list(Compact(**options).state_dict()) for options in (old, new)]
    assert keys[0] == keys[1]
    assert "underpainting" in keys[0]  # saved weights have it by this name
    assert Compact.described(old) == Compact.described(new) != Compact.described(small)
    with pytest.raises(TypeError, match="underpaint'"):
        Compact.described({"underpaint": True})


def test_what_builds_a_generator_is_told_with_its_defaults() -> None:
    assert UNet.described({"depth": 3}) == {
        "base_channels": 64,
        "depth": 3,
        "norm": "instance",
        "dropout": False,
        "upsample": "transposed",
    }


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (8, 8), (9, 64), (65, 33)])
def test_a_picture_is_padded_to_the_right_and_below_until_the_network_takes_it(
    generator: Generator, size: tuple[int, int]
) -> None:
    x = torch.rand(1, 3, *size) * 2 - 1
    padded = generator.pad(x)
    assert torch.equal(padded[..., : size[0], : size[1]], x)
    assert padded.shape[-2:] == tuple(generator.padded(length) for length in size)
    for before, after in zip(size, padded.shape[-2:], strict=True):
        assert after % generator.size_multiple == 0
        assert generator.min_size <= after
        assert before <= after < max(before + generator.size_multiple, generator.min_size + 1)
    assert generator(padded).shape == padded.shape
    assert generator.pad(padded) is padded


def test_a_network_says_whether_it_measures_pictures_or_batches() -> None:
    for name, network in SMALL.items():
        assert mixes_batch(network) == ("batch norm" in name)
        assert measures_pictures(network) == ("batch norm" not in name)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("resnet", 49.4e9, 49.7e9), ("compact", 5.2e9, 5.8e9)],  # the paper's, and what a processor without a GPU can bear
)
def test_a_picture_costs_so_many_multiply_adds(kind: str, least: float, most: float) -> None:
    with torch.device("meta"):
        generator, picture = GENERATORS[kind](), torch.empty(1, 3, 256, 256)
    with FlopCounterMode(display=False) as counter:
        generator(picture)
    assert least <= counter.get_total_flops() / 2 <= most


def test_instance_norm_is_the_one_of_torch() -> None:
    x = torch.randn(2, 6, 5, 7)
    ours = InstanceNorm(6, affine=True)
    for parameter in ours.parameters():
        nn.init.normal_(parameter)
    theirs = nn.functional.instance_norm(x, weight=ours.weight, bias=ours.bias)
    torch.testing.assert_close(ours(x), theirs)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 2), (7, 4), (16, 9)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_enlargement_and_convolving_at_once_is_one_after_the_other(size: tuple[int, int], channels_last: bool) -> None:
    torch.manual_seed(0)
    ours = EnlargingConv(6, 5).double()
    x = torch.randn(2, 6, *size, dtype=torch.float64)

    def plain(x: torch.Tensor) -> torch.Tensor:
        large = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return nn.functional.conv2d(reflect(large, 1), ours.weight, ours.bias)

    _assert_same(ours, ours, plain, x, channels_last)


@pytest.mark.parametrize("size", [(4, 4), (8, 10), (6, 32)])
@pytest.mark.parametrize("kernel", [3, 7])
@pytest.mark.parametrize("channels_last", [False, True])
def test_a_convolution_to_few_channels_is_a_convolution(
    size: tuple[int, int], kernel: int, channels_last: bool
) -> None:
    torch.manual_seed(0)
    ours = FewChannelsConv(6, 3, kernel).double()
    x = torch.randn(2, 6, *size, dtype=torch.float64)

    def plain(x: torch.Tensor) -> torch.Tensor:
        return ReflectionConv.forward(ours, x)

    _assert_same(ours, ours, plain, x, channels_last)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_gathering_and_spreading_undo_each_other(scale: int) -> None:
    x = torch.randn(2, 5, 3 * scale, 4 * scale)
    gathered = gather(x, scale)
    assert gathered.shape == (2, 5 * scale**2, 3, 4)
    assert torch.equal(spread(gathered, scale), x)
    assert torch.equal(gather(spread(gathered, scale), scale), gathered)


@pytest.mark.parametrize("scale", [2, 3])
def test_spreading_is_pixel_shuffle_with_the_channels_of_a_pixel_together(scale: int) -> None:
    x = torch.randn(2, 5 * scale**2, 3, 4)
    theirs = x.view(2, scale**2, 5, 3, 4).transpose(1, 2).reshape(x.shape)
    assert torch.equal(spread(x, scale), nn.functional.pixel_shuffle(theirs, scale))


def _assert_same(
    layer: nn.Module,
    ours: Callable[[torch.Tensor], torch.Tensor],
    theirs: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    channels_last: bool,
) -> None:
    """Two functions give the same values, and the same gradients to their input and a layer's weights."""
    x = x.to(memory_format=torch.channels_last) if channels_last else x
    x.requires_grad_()
    values = ours(x), theirs(x)
    torch.testing.assert_close(*values)
    weigh = torch.randn_like(values[0])
    gradients = [torch.autograd.grad((y * weigh).sum(), [x, *layer.parameters()]) for y in values]
    torch.testing.assert_close(*gradients)


def _without_norms(module: nn.Module) -> Generator:
    """A copy in float64 whose norms do nothing and whose weights are all positive, so that no path cancels."""
    import copy

    module = copy.deepcopy(module).double()
    for name, child in list(module.named_modules()):
        if isinstance(child, InstanceNorm):
            parent = module.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], nn.Identity())
    for parameter in module.parameters():
        nn.init.constant_(parameter, 1e-3)
    assert isinstance(module, Generator)
    return module


def _reach(generator: Generator, column: int) -> int:
    """How many columns to either side of `column` the painting of it depends on."""
    x = torch.full((1, 3, 32, 160), 0.5, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(generator(x)[0, 0, 16, column], x)
    seen = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
    return int((seen - column).abs().max())
