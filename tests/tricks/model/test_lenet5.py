import pytest
import torch

from linne.core.errors import OptionError
from linne.tricks.model.lenet5 import SEEN, lenet5


def test_it_has_the_weights_and_connections_of_the_paper() -> None:
    """LeCun et al. 1998, section II-B: layer by layer, 60,000 trainable parameters and 340,908 connections."""
    net = lenet5(10, channels=1)
    found = {name: sum(p.numel() for p in module.parameters()) for name, module in net.body.named_children()}
    layers = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164}
    assert {name: found[name] for name in layers} == layers
    assert sum(found.values()) == 60000
    maps = {"c1": 28**2, "s2": 14**2, "c3": 10**2, "s4": 5**2, "c5": 1, "f6": 1}
    taken = {**layers, "s2": 6 * 5, "s4": 16 * 5}  # a subsampling unit has four inputs and a bias
    connections = sum(taken[name] * maps[name] for name in maps) + net.head.weight.numel()
    assert connections == 340908


def test_the_table_of_connections() -> None:
    """Table I of the paper, column by column: each map of C3 hears its own maps of S2 and no other."""
    rows = (
        "X   XXX  XXXX XX",
        "XX   XXX  XXXX X",
        "XXX   XXX  X XXX",
        " XXX  XXXX  X XX",
        "  XXX  XXXX XX X",
        "   XXX  XXXX XXX",
    )
    assert tuple(tuple(s for s in range(6) if rows[s][out] == "X") for out in range(16)) == SEEN
    torch.manual_seed(0)
    table = lenet5(10).body.c3
    x = torch.zeros(1, 6, 14, 14)
    for seen in range(6):
        only = x.clone()
        only[:, seen] = 1
        changed = (table(only) - table(x)).abs().amax((0, 2, 3)) > 0
        assert changed.nonzero().flatten().tolist() == [out for out, row in enumerate(SEEN) if seen in row]


def test_subsampling_is_a_scaled_sum() -> None:
    layer = lenet5(10).body.s2
    x = torch.rand(2, 6, 4, 4)
    torch.testing.assert_close(layer(x)[:, :, 0, 1], x[:, :, :2, 2:].sum((2, 3)) * 0.25)


@pytest.mark.parametrize("size", [16, 28, 45])
def test_sides(size: int) -> None:
    assert lenet5(3, channels=2, size=size)(torch.rand(2, 2, size, size)).shape == (2, 3)


def test_too_small() -> None:
    with pytest.raises(OptionError, match="does not take pictures of 15 px; the nearest that it takes is 16"):
        lenet5(3, size=15)
