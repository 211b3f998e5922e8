"""dilate: a convolution with gaps is one with zeros between its weights."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("rate", [2, 3])
@pytest.mark.parametrize("shape", [(3, 1, 1, 1), (5, 2, 2, 1), (3, 1, 2, 2), (3, 2, "same", 1)])
def test_zeros_between_the_weights(rate, shape, toy, given, pictures) -> None:
    side, gap, padding, stride = shape
    conv = nn.Conv2d(3, 4, side, stride, padding, gap)
    net = toy(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=4)
    before = given(net, "body.0", pictures(25))[1].shape
    weight = conv.weight.detach().numpy().copy()
    find("surgery", f"dilate(rate={rate})")(net)
    x, y = given(net, "body.0", pictures(25))
    assert y.shape == before
    step = rate * gap
    wide = np.zeros((4, 3, step * (side - 1) + 1, step * (side - 1) + 1))
    wide[:, :, ::step, ::step] = weight
    more = (rate - 1) * gap * (side - 1) // 2
    pad = step * (side - 1) // 2 if padding == "same" else padding + more
    wanted = nn.functional.conv2d(x.double(), torch.from_numpy(wide), conv.bias.double(), stride, pad)
    torch.testing.assert_close(y.double(), wanted, atol=1e-5, rtol=1e-5)
    assert np.array_equal(conv.weight.detach().numpy(), weight)


def test_a_rate_of_one_is_the_network(make, pictures) -> None:
    net, x = make("resnet20_cifar"), pictures()
    wanted = net(x)
    assert torch.equal(find("surgery", "dilate(rate=1)")(net)(x), wanted)


def test_only_the_last(make, pictures) -> None:
    net = find("surgery", "dilate(last=2)")(make())
    assert [net.body.get_submodule(f"conv{n}").dilation for n in (1, 2, 3)] == [(1, 1), (2, 2), (2, 2)]
    assert net(pictures()).isfinite().all()


def test_refuses(make, toy) -> None:
    with pytest.raises(OptionError, match="rate is at least 1, got 0"):
        find("surgery", "dilate(rate=0)")(make())
    with pytest.raises(OptionError, match="toy has no convolution of an odd number of places"):
        find("surgery", "dilate")(toy(nn.Conv2d(3, 4, 4), nn.Conv2d(4, 4, 1), nn.Flatten(), width=324))
