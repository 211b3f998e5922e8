from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from linne.core.errors import InputError, OptionError
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


def test_a_file_s_head(tmp_path: Path) -> None:
    """None keeps what the file tells apart, as many classes keep its head, other classes get a fresh one."""
    net = lenet_improved(4)
    save_file(net.tensors(), tmp_path / "w.safetensors")
    path = str(tmp_path / "w.safetensors")
    for classes in (None, 4):
        again = lenet_improved(classes, weights=path)
        assert torch.equal(again.head.weight, net.head.weight)
    other = lenet_improved(7, weights=path)
    assert other.head.out_features == 7
    assert torch.equal(other.body.conv1.weight, net.body.conv1.weight)
    with pytest.raises(InputError, match=r"Cannot use .* as weights of lenet_improved: fc1.weight is \(120, 2704\)"):
        lenet_improved(None, size=32, weights=path)
    with pytest.raises(OptionError, match="at least 1 class apart, got classes=0"):
        lenet_improved(0)
