"""Networks that enlarge by another scale than they learned: they promise what holds of them."""

import pytest
import torch
from torch import nn

from copyart.networks import Halved, Network, Twice, Upscaler, rescaled


def upscaler(scale: int, fold: int) -> Upscaler:
    torch.manual_seed(0)
    network = Upscaler(scale=scale, channels=8, layers=3, fold=fold).eval().requires_grad_(requires_grad=False)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0, 0.2)
    return network.double()


CASES: list[tuple[int, int, type[Network]]] = [(4, 2, Halved), (2, 4, Twice)]


@pytest.mark.parametrize("fold", [1, 2])
@pytest.mark.parametrize(("own", "wanted", "kind"), CASES)
def test_it_enlarges_by_the_other_scale(own: int, wanted: int, kind: type[Network], fold: int) -> None:
    network = rescaled(upscaler(own, fold), wanted)
    assert isinstance(network, kind)
    assert network.scale == wanted
    assert network(torch.zeros(2, 3, 12, 8).double()).shape == (2, 3, 12 * wanted, 8 * wanted)
    same = upscaler(own, fold)
    assert rescaled(same, own) is same


@pytest.mark.parametrize("fold", [1, 2])
@pytest.mark.parametrize(("own", "wanted", "kind"), CASES)
def test_no_pixel_depends_on_what_is_beyond_the_receptive_field(
    own: int, wanted: int, kind: type[Network], fold: int
) -> None:
    network = rescaled(upscaler(own, fold), wanted)
    reach = network.receptive_field // 2
    torch.manual_seed(1)
    x = torch.rand(1, 3, 64, 64).double() - 0.5
    for at in (32, 33):
        changed = x.clone()
        changed[..., at] += 0.2
        moved = (network(changed) != network(x)).any(0).any(0).any(0)
        columns = [int(column) // wanted for column in moved.nonzero()]
        assert columns
        assert at - reach <= min(columns)
        assert max(columns) <= at + reach
        assert max(columns) - min(columns) > reach
