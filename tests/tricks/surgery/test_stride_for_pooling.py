"""stride_for_pooling: a mean pool as a convolution is exact; a moved stride keeps every second value."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("pool", [(2, 2, 0), (3, 2, 1), (3, 3, 0), (2, None, 0)])
def test_a_mean_stays_a_mean(pool, toy, pictures) -> None:
    net = toy(nn.Conv2d(3, 4, 3), nn.AvgPool2d(*pool), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=4)
    x = pictures()
    wanted = net(x)
    find("surgery", "stride_for_pooling")(net)
    assert isinstance(net.body[1], nn.Conv2d)
    torch.testing.assert_close(net(x), wanted, atol=1e-6, rtol=1e-6)
    net(x).square().sum().backward()
    off = net.body[1].weight.grad[0, 1]
    assert off.abs().sum() > 0, "other maps' weights learn too"
    assert net.surgery_notes == []


def test_a_maximum_is_said_to_be_gone(make, given, pictures) -> None:
    net = find("surgery", "stride_for_pooling")(make())
    x, y = given(net, "body.pool1", pictures())
    torch.testing.assert_close(y, nn.functional.avg_pool2d(x, 2), atol=1e-6, rtol=1e-6)
    assert net.surgery_notes == ["stride_for_pooling: body.pool1 was a maximum"]


def test_a_moved_stride_keeps_every_second_value(make, given, pictures) -> None:
    net = make()
    before = given(net, "body.act1", pictures())[1]
    find("surgery", "stride_for_pooling(stride)")(net)
    assert net.body.conv1.stride == net.body.conv3.stride == (2, 2)
    after = given(net, "body.pool1", pictures())[1]
    torch.testing.assert_close(after, before[:, :, ::2, ::2], atol=1e-5, rtol=1e-5)


def test_pools_behind_something_else_stay(make, toy) -> None:
    net = toy(
        nn.Conv2d(3, 4, 3), nn.AvgPool2d(2), nn.MaxPool2d(2), nn.Sequential(nn.MaxPool2d(2)), nn.Flatten(), width=4
    )
    find("surgery", "stride_for_pooling(stride)")(net)
    assert net.body[0].stride == (4, 4)
    assert "stride_for_pooling: body.3.0 stays a pool" in net.surgery_notes


def test_refuses(make, toy, pictures) -> None:
    with pytest.raises(OptionError, match=r"no way 'strides'. Did you mean 'stride'"):
        find("surgery", "stride_for_pooling(strides)")(make())
    with pytest.raises(OptionError, match="toy has no pool that could become a convolution"):
        find("surgery", "stride_for_pooling")(toy(nn.Conv2d(3, 4, 3), nn.Flatten(), width=400))
    odd = toy(nn.Conv2d(3, 4, 2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(100, 16))
    wanted = odd(pictures())
    with pytest.raises(OptionError, match=r"does not run with a stride in place of body.1"):
        find("surgery", "stride_for_pooling(stride)")(odd)
    assert torch.equal(odd(pictures()), wanted), "left as it was"
