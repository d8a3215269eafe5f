"""Of few pictures, an interval holds what very many would measure."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from copyart.metrics import estimate, palette_distance, sliced_wasserstein


def _varied(count: int, seed: int, tint: float = 0.0) -> Tensor:
    """Pictures that differ among themselves most in their light, and from others of a tint a little in their colour."""
    chance = torch.Generator().manual_seed(seed)
    light = 0.35 * torch.randn(count, 3, 1, 1, generator=chance) + tint * torch.tensor([0.5, 0.1, -0.4])[:, None, None]
    return ((light + 0.3 * torch.randn(count, 3, 32, 32, generator=chance)).sigmoid() * 255).to(torch.uint8)


@pytest.mark.usefixtures("rough")
@pytest.mark.parametrize("distance", [sliced_wasserstein, palette_distance])
@pytest.mark.parametrize(("tint", "held"), [(0.0, 8), (1.0, 10)])
def test_an_interval_of_few_pictures_holds_what_very_many_would_measure(
    distance: Callable[..., float], tint: float, held: int
) -> None:
    true = distance(_varied(1500, 1, tint), _varied(1500, 2))
    found = [estimate(distance, _varied(12, 100 + i, tint), _varied(30, 200 + i)) for i in range(12)]
    assert sum(each.low <= true <= each.high for each in found) >= held
    assert all(each.low <= each.value <= each.high for each in found)


@pytest.mark.usefixtures("rough")
@pytest.mark.parametrize("distance", [sliced_wasserstein, palette_distance])
def test_an_interval_shrinks_with_more_pictures_and_is_the_same_again(distance: Callable[..., float]) -> None:
    found = [estimate(distance, _varied(count, 1, 1.0), _varied(count, 2)) for count in (6, 24, 96)]
    widths = [each.high - each.low for each in found]
    assert widths[0] > 1.3 * widths[1] > 1.6 * widths[2] > 0
    assert estimate(distance, _varied(6, 1, 1.0), _varied(6, 2)) == found[0]
    assert [each.value for each in found] == pytest.approx(
        [distance(_varied(count, 1, 1.0), _varied(count, 2)) for count in (6, 24, 96)]
    )
