"""Windows of photos are matched with those of paintings that are near to them, and colour curves move colours alone."""

import pytest
import torch
from torch import Tensor

from copyart.networks import Compact, EfficientNetLite, freeze_statistics, measures_pictures
from copyart.networks.colors import ColorCurves
from copyart.training.cyclegan.losses import broad_loss, feature_cycle_loss, hot_spots_loss, light_cycle_loss
from copyart.training.cyclegan.matching import Bank, Seen, look

COLORS = [(0.8, -0.6, -0.6), (-0.6, 0.7, -0.5), (-0.7, -0.5, 0.8), (0.7, 0.7, -0.7)]


def of_one_color(color: tuple[float, float, float], seed: int) -> Tensor:
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
    return (torch.tensor(color).view(1, 3, 1, 1) + 0.1 * noise).clamp(-1, 1)


@pytest.fixture(scope="module")
def features() -> EfficientNetLite:
    return EfficientNetLite()


@pytest.fixture(scope="module")
def bank(features: EfficientNetLite) -> Bank:
    crops = [of_one_color(color, seed) for seed, color in enumerate(COLORS * 2)]
    return Bank(crops, crops, features)


def seen(features: EfficientNetLite, pictures: Tensor) -> Seen:
    with torch.no_grad():
        return look(features(pictures), pictures)


def test_what_is_seen_is_of_each_window_by_itself(features: EfficientNetLite) -> None:
    quarters = [of_one_color(color, 0)[..., :32, :32] for color in COLORS]
    whole = torch.cat([torch.cat(quarters[:2], dim=3), torch.cat(quarters[2:], dim=3)], dim=2)
    found = seen(features, torch.cat([whole, of_one_color(COLORS[0], 5)]))
    assert found.statistics.shape == (8, 2 * (16 + 24 + 40))
    assert found.content.shape == (8, 112)
    assert found.colors.shape == (8, 3, 16)
    assert torch.allclose(found.color[:4], torch.tensor(COLORS), atol=0.05)
    assert (found.lights[:, 1:] >= found.lights[:, :-1]).all()


def test_a_window_is_matched_with_one_of_its_colour_and_light(bank: Bank, features: EfficientNetLite) -> None:
    for seed, color in enumerate(COLORS):
        photo = seen(features, of_one_color(color, 100 + seed))
        for draw in (0.0, 0.5, 0.999):
            matched = bank.match(photo, torch.full((4,), draw))
            assert torch.allclose(matched.color, torch.tensor(color).expand(4, -1), atol=0.06)


def test_the_darkest_photos_are_matched_with_the_darkest_paintings(features: EfficientNetLite) -> None:
    lights, brighter = [-0.9, -0.5, -0.1], [-0.1, 0.3, 0.7]
    photos = [of_one_color((light, light, light), seed) for seed, light in enumerate(lights)]
    paintings = [of_one_color((light, light, light), seed) for seed, light in enumerate(brighter * 2)]
    bank = Bank(photos, paintings, features)
    for seed, (light, wanted) in enumerate(zip(lights, brighter, strict=True)):
        photo = seen(features, of_one_color((light, light, light), 50 + seed))
        assert torch.allclose(bank.match(photo, torch.zeros(4)).color, torch.tensor(wanted), atol=0.06)


def test_a_draw_chooses_among_the_nearest(bank: Bank, features: EfficientNetLite) -> None:
    photo = seen(features, of_one_color(COLORS[0], 9))
    chosen = [bank.match(photo, torch.full((4,), draw)).colors for draw in (0.0, 0.2, 0.4, 0.6, 0.8, 0.99)]
    assert len({round(float(colors[0].sum()), 4) for colors in chosen}) == 6
    assert torch.equal(chosen[0], bank.match(photo, torch.zeros(4)).colors)


def test_nothing_is_apart_from_itself_and_a_spike_counts_no_more_than_its_share(
    bank: Bank, features: EfficientNetLite
) -> None:
    picture = of_one_color(COLORS[1], 3)
    own = seen(features, picture)
    assert float(bank.statistics_loss(own, own)) == 0
    assert float(bank.palette_loss(own, own)) == 0
    other = seen(features, of_one_color(COLORS[2], 3))
    assert float(bank.statistics_loss(own, other)) > 0
    assert float(bank.palette_loss(own, other)) > 0.5
    spiked = picture.clone()
    spiked[..., 8:16, 8:16] = 1
    assert float(bank.palette_loss(seen(features, spiked), own)) < 0.1


def test_a_painting_in_other_colours_brings_back_the_light() -> None:
    real = torch.rand(1, 3, 16, 16) * 2 - 1
    grey = (real * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    assert float(light_cycle_loss(grey, real)) == pytest.approx(0, abs=1e-6)
    assert float(light_cycle_loss(grey + 0.1, real)) == pytest.approx(0.1, abs=1e-6)


def test_what_comes_back_is_told_by_its_features_at_all_scales_but_the_finest() -> None:
    found = [torch.randn(1, 4, 8, 8), torch.randn(1, 4, 4, 4), torch.randn(1, 4, 2, 2)]
    other = [found[0] + 9, *found[1:]]
    assert float(feature_cycle_loss(found, other)) == 0
    assert float(feature_cycle_loss(found, [found[0], 2 * found[1], found[2]])) == pytest.approx(0.25, rel=0.01)


def test_new_curves_change_nothing_and_others_change_colours_by_brightness() -> None:
    torch.manual_seed(0)
    curves = ColorCurves()
    x = torch.rand(2, 3, 16, 24) * 2 - 1
    assert torch.equal(curves(x), x)
    torch.nn.init.zeros_(curves.before[0].weight)  # type: ignore[arg-type]  # that of a linear layer
    with torch.no_grad():
        curves.choose.bias.view(3, 6, 4)[2, 0, 3] = 0.5  # blue, darkest, added
    moved = curves(x.sign())
    dark = x.sign().amax(dim=1) < 0
    assert torch.allclose((moved - x.sign())[:, 2][dark], torch.tensor(0.5))
    assert torch.allclose((moved - x.sign())[:, :2], torch.tensor(0.0))


def test_frozen_curves_are_the_same_for_every_part_of_a_picture() -> None:
    torch.manual_seed(0)
    network = Compact(base_channels=8, blocks=1, color_curves=True).eval()
    assert network.curves is not None
    torch.nn.init.normal_(network.curves.choose.weight)
    assert measures_pictures(network)
    parts = torch.rand(4, 3, 32, 32) * 2 - 1
    frozen = freeze_statistics(network, parts)
    with torch.no_grad():
        apart = torch.cat([frozen.broad_colors(part[None]) for part in parts])
        assert torch.allclose(apart, frozen.broad_colors(parts), atol=1e-6)
        assert not torch.allclose(apart, network.broad_colors(parts), atol=1e-3)


def test_strokes_are_held_against_the_colours_over_which_they_are_painted() -> None:
    broad = torch.rand(1, 3, 4, 4)
    fake = broad.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert float(broad_loss(fake, broad)) == pytest.approx(0, abs=1e-9)
    assert float(broad_loss(fake + 0.5, broad)) == pytest.approx(0.25, rel=1e-4)
    hue = torch.tensor([0.587, -0.299, 0.0]).view(1, 3, 1, 1)  # as bright as before
    assert float(broad_loss(fake + hue, broad)) == pytest.approx(6 * float(hue.square().mean()), rel=1e-3)
    with pytest.raises(NotImplementedError):
        Compact(base_channels=8, blocks=1).broad_colors(fake)


def test_a_speck_or_a_streak_is_a_hot_spot_and_a_poppy_is_none() -> None:
    def loss(height: int, width: int, color: tuple[float, float, float]) -> float:
        picture = torch.full((1, 3, 64, 64), -0.2)
        picture[0, :, 20 : 20 + height, 20 : 20 + width] = torch.tensor(color)[:, None, None]
        return float(hot_spots_loss(picture)) * 64 * 64

    orange, faint = (1.0, 0.0, -1.0), (0.1, -0.2, -0.3)
    assert loss(3, 3, orange) == pytest.approx(9 * (3.25**0.5 - 0.4), rel=0.03)
    assert loss(4, 40, orange) == pytest.approx(10 * loss(4, 4, orange), rel=0.01)
    assert loss(9, 9, orange) == loss(3, 3, faint) == 0
