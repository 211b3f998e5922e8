"""inception: half of the channels are the convolution's own, and sides come out the same."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("size", [12, 13])
def test_half_of_the_channels_stay(stride, side, size, toy, given, pictures) -> None:
    conv = nn.Conv2d(4, 18, side, stride, side // 2, bias=side == 3)
    net = toy(nn.Conv2d(3, 4, 1), conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=18)
    before = given(net, "body.1", pictures(size))[1]
    find("surgery", "inception")(net)
    after = given(net, "body.1", pictures(size))[1]
    assert after.shape == before.shape
    torch.testing.assert_close(after[:, :9], before[:, :9], atol=1e-6, rtol=1e-6)
    assert (after[:, 9:] - before[:, 9:]).abs().amax((0, 2, 3)).min() > 1e-3
    assert net.surgery_notes == ["inception: body.1 has 9 new of 18 channels"]


def test_each_branch_sees_as_far_as_it_should(toy) -> None:
    net = toy(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    find("surgery", "inception")(net)
    x = torch.rand(1, 4, 11, 11, requires_grad=True)
    reach = []
    for channel in (0, 8, 12, 14):
        y = net.body[1](x)[0, channel, 5, 5]
        (slope,) = torch.autograd.grad(y, x)
        rows = slope.abs().sum((0, 1, 3)).nonzero()
        reach.append(int(rows.max() - rows.min()) + 1 if len(rows) else 0)
    assert reach[:2] == [3, 1]
    assert reach[2] <= 5, "less where its ReLU is shut"
    assert 1 <= reach[3] <= 3
    assert [net.body[1](x).shape[1], net.body[1].one.out_channels, net.body[1].wide[2].out_channels] == [16, 4, 2]


def test_the_first_convolution_stays(make, pictures) -> None:
    net = find("surgery", "inception")(make())
    assert isinstance(net.body.conv1, nn.Conv2d)
    assert net(pictures()).isfinite().all()
    assert len(net.surgery_notes) == 2


def test_refuses(toy) -> None:
    with pytest.raises(OptionError, match="toy has no convolution behind the first"):
        find("surgery", "inception")(toy(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 2), nn.Flatten(), width=968))
