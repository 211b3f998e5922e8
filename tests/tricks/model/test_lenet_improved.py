import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.tricks.model.lenet_improved import lenet_improved


def test_it_is_the_network_of_its_source() -> None:
    """Bnnet.py of machine52vision/Imporve-lenet, NetBN1Nopool, layer by layer; nobody published its counts."""
    kinds = [
        nn.Conv2d(3, 6, 5, stride=2), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 16, 5, stride=2), nn.BatchNorm2d(16),
        nn.ReLU(), nn.Flatten(), nn.Linear(16 * 13 * 13, 120), nn.BatchNorm1d(120), nn.ReLU(), nn.Linear(120, 84),
        nn.BatchNorm1d(84), nn.ReLU(),
    ]  # fmt: skip
    net = lenet_improved(9)
    assert [str(module) for module in net.body] == [str(module) for module in kinds]
    assert sum(p.numel() for p in net.body.parameters()) == 456 + 12 + 2416 + 32 + 324600 + 240 + 10164 + 168
    assert net.head.out_features == 9


@pytest.mark.parametrize("size", [13, 28, 32, 65])
def test_sides(size: int) -> None:
    assert lenet_improved(3, channels=1, size=size)(torch.rand(2, 1, size, size)).shape == (2, 3)


def test_too_small() -> None:
    with pytest.raises(OptionError, match="does not take pictures of 12 px"):
        lenet_improved(3, size=12)
