"""The networks that make pictures out of noise, and those that judge them."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

from copyart.networks import (
    DCGAN,
    NOISE_NETWORKS,
    DCGANDiscriminator,
    NoiseNetwork,
    ResidualDiscriminator,
    StyleGAN,
    initialise,
    mixes_batch,
)

MAKERS: dict[str, Callable[..., NoiseNetwork]] = {
    "dcgan": lambda **more: DCGAN(**{"image_size": 32, "code": 6, "base_channels": 4} | more),
    "stylegan": lambda **more: StyleGAN(
        **{"image_size": 32, "code": 6, "mapping": 2, "base_channels": 4, "most_channels": 8} | more
    ),
}
JUDGES = [DCGANDiscriminator, ResidualDiscriminator]


@pytest.fixture(autouse=True)
def _nothing_is_learned() -> Iterator[None]:
    """Weights are looked at, unless a test says otherwise."""
    with torch.no_grad():
        yield


@pytest.fixture(params=MAKERS)
def network(request: pytest.FixtureRequest) -> NoiseNetwork:
    torch.manual_seed(0)
    made = MAKERS[request.param]()
    initialise(made)
    made.settle(torch.randn(64, 6))
    return made.eval()


@pytest.mark.parametrize("name", NOISE_NETWORKS)
@pytest.mark.parametrize(("size", "channels"), [(64, 3), (128, 1), (256, 3)])
def test_pictures_are_of_the_size_and_colours_asked_for(name: str, size: int, channels: int) -> None:
    make, judge = NOISE_NETWORKS[name]
    made = make(image_size=size, channels=channels, code=8, base_channels=2)
    pictures = made(torch.randn(2, 8))
    assert pictures.shape == (2, channels, size, size)
    assert (made.image_size, made.channels, made.code) == (size, channels, 8)
    assert judge(image_size=size, channels=channels, base_channels=2, heads=2)(pictures).shape == (2, 2, 1, 1)


@pytest.mark.parametrize("name", NOISE_NETWORKS)
@pytest.mark.parametrize("size", [8, 48, 100])
def test_other_sizes_cannot_be_built(name: str, size: int) -> None:
    for make in NOISE_NETWORKS[name]:
        with pytest.raises(ValueError, match=rf"^image_size is {size}, not \d times a power of 2"):
            make(image_size=size)


def test_a_picture_is_drawn_as_if_it_were_alone(network: NoiseNetwork) -> None:
    codes = torch.randn(3, network.code)
    torch.testing.assert_close(network(codes)[1:2], network(codes[1:2]), atol=1e-5, rtol=0)


def test_equal_codes_make_equal_pictures_and_others_others(network: NoiseNetwork) -> None:
    codes = torch.randn(2, network.code)
    assert torch.equal(network(codes[:1]), network(codes[:1]))
    assert float((network(codes[:1]) - network(codes[1:])).abs().mean()) > 0.001


def test_with_less_truncation_pictures_are_farther_apart(network: NoiseNetwork) -> None:
    codes = torch.randn(2, network.code)
    apart = []
    for truncation in (0.0, 0.3, 0.7, 1.0):
        one, other = network.draw(network.styles(codes, truncation))
        apart.append(float((one - other).abs().mean()))
    assert apart[0] == pytest.approx(0, abs=1e-6)
    assert apart == sorted(apart)
    assert torch.equal(network.styles(codes), network.styles(codes, 1.0))


def test_crossing_codes_gives_the_first_up_to_the_place_and_the_other_from_there_on() -> None:
    torch.manual_seed(0)
    network = MAKERS["stylegan"]().eval()
    one, other = torch.randn(2, 1, network.code)
    end = torch.tensor([network.places])
    assert torch.equal(network(one, other, end), network(one))
    assert torch.equal(network(one, other, end * 0), network(other))
    mixed = network.styles(one).clone()
    mixed[:, 4:] = network.styles(other)[:, 4:]
    assert torch.equal(network(one, other, torch.tensor([4])), network.draw(mixed))


def test_coarse_middle_and_fine_are_all_the_places_of_a_style_based_network() -> None:
    for size, middle in ((16, 1), (32, 1), (64, 1), (128, 2), (256, 2)):
        parts = StyleGAN(image_size=size, base_channels=2).parts
        places = [place for part in parts.values() for place in part]
        assert places == list(range(StyleGAN(image_size=size, base_channels=2).places))
        assert len(parts["middle"]) == 2 * middle
    assert MAKERS["dcgan"]().parts == {}


def test_noise_is_that_which_is_kept_unless_it_is_drawn() -> None:
    network = MAKERS["stylegan"]().eval()
    for name, weight in network.named_parameters():
        if name.endswith("strength"):
            nn.init.constant_(weight, 0.5)
    codes = torch.randn(1, network.code)
    assert network.noise_sizes == [4, 8, 8, 16, 16, 32, 32]
    drawn = [torch.randn(1, 1, size, size) for size in network.noise_sizes]
    assert torch.equal(network(codes), network(codes))
    assert not torch.allclose(network(codes), network(codes, noise=drawn), atol=0.01)
    kept = [network.get_buffer(f"noise_{i}") for i in range(len(drawn))]
    assert torch.equal(network(codes), network(codes, noise=kept))


def test_a_modulated_convolution_is_that_of_kernels_that_are_scaled_for_each_picture() -> None:
    from copyart.networks.stylegan import _ModulatedConv

    torch.manual_seed(0)
    conv = _ModulatedConv(5, 7, 3, 4)
    x, style = torch.randn(3, 5, 8, 8), torch.randn(3, 4)
    kernels = conv.weight * conv.scale * conv.to_scales(style)[:, None, :, None, None]
    kernels = kernels * (kernels.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    by_groups = nn.functional.conv2d(x.reshape(1, 15, 8, 8), kernels.flatten(0, 1), padding=1, groups=3)
    torch.testing.assert_close(conv(x, style), by_groups.view(3, 7, 8, 8), atol=1e-5, rtol=1e-5)


def test_a_dcgan_that_was_settled_draws_one_by_one_what_it_draws_of_the_batch_it_learned_by() -> None:
    torch.manual_seed(0)
    network = MAKERS["dcgan"]()
    initialise(network)
    codes = torch.randn(16, network.code)
    network.settle(codes)
    assert network.training
    learning = network(codes)
    torch.testing.assert_close(network.eval()(codes), learning, atol=1e-5, rtol=1e-4)


def test_batches_of_two_processes_are_normed_as_one() -> None:
    from copyart.networks import BatchNorm

    norm = BatchNorm(3)
    x = torch.randn(8, 3, 4, 4) * 3 + 1
    whole, halves = norm(x), x.chunk(2)
    stats = torch.stack([torch.stack([h.mean(dim=(0, 2, 3)), h.square().mean(dim=(0, 2, 3))]) for h in halves])
    norm.share = lambda mine: stats.mean(dim=0)
    torch.testing.assert_close(torch.cat([norm(half) for half in halves]), whole, atol=1e-5, rtol=1e-5)


@torch.enable_grad()
@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
def test_discriminators_mix_their_batch_and_can_be_learned_through_twice(
    judge: type[DCGANDiscriminator | ResidualDiscriminator],
) -> None:
    made = judge(image_size=32, base_channels=4)
    initialise(made)
    assert mixes_batch(made)
    pictures = torch.randn(4, 3, 32, 32).requires_grad_()
    (slope,) = torch.autograd.grad(made(pictures).sum(), pictures, create_graph=True)
    torch.autograd.backward(slope.square().sum())
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in list(made.parameters())[:-1])


def test_a_group_of_pictures_that_are_all_alike_is_seen() -> None:
    from copyart.networks.stylegan import _differences

    one = torch.randn(1, 5, 4, 4)
    assert float(_differences(one.expand(4, -1, -1, -1)).max()) < 0.001
    several = torch.randn(8, 5, 4, 4)
    assert torch.equal(_differences(several)[:4], _differences(several[:4]))
    assert float(_differences(several).min()) > 0.3
    assert _differences(several[:6]).shape == (6, 1, 4, 4)
