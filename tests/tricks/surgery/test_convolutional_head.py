"""convolutional_head: the same at the native side; on larger pictures the mean over windows of that side."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(("name", "size"), [("toy", 12), ("lenet5", 32), ("lenet_improved", 29)])
def test_the_same_at_the_native_side(name, size, make, pictures) -> None:
    net, x = make(name, size).double(), pictures(size).double()
    wanted, names = net(x), list(net.state_dict())
    find("surgery", "convolutional_head")(net)
    torch.testing.assert_close(net(x), wanted, atol=1e-10, rtol=1e-10)
    assert list(net.state_dict()) == names


def test_larger_pictures_are_windows(make, pictures) -> None:
    """Two strides of 2 and no padding: windows of 13 px lie 4 px apart, and norms are as in evaluation."""
    net, x = make("lenet_improved", 13).double(), pictures(21).double()
    windows = [net.features(x[:, :, y : y + 13, c : c + 13]) for y in (0, 4, 8) for c in (0, 4, 8)]
    find("surgery", "convolutional_head")(net)
    torch.testing.assert_close(net.features(x), torch.stack(windows).mean(0), atol=1e-10, rtol=1e-10)
    assert net.features(x).shape == (4, net.width)


def test_takes_only_larger_ones(make, pictures) -> None:
    net = find("surgery", "convolutional_head")(make())
    assert net(pictures(20)).shape == (4, 3)
    with pytest.raises(RuntimeError):
        net(pictures(6))


def test_refuses_what_takes_any_side(make, toy) -> None:
    with pytest.raises(OptionError, match=r"finds nothing to change: resnet20_cifar has no linear .* any side"):
        find("surgery", "convolutional_head")(make("resnet20_cifar"))
    flat = toy(nn.AvgPool2d(4), nn.Flatten(), nn.Flatten(), nn.Linear(27, 16))
    with pytest.raises(OptionError, match=r"flattens \(27,\), no map"):
        find("surgery", "convolutional_head")(flat)
