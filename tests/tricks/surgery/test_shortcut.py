"""shortcut: with a share of 0 the network, with 1 a convolution whose middle weights are larger by 1."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_a_share_of_nothing_is_the_network_and_learns(make, pictures) -> None:
    net, x = make(), pictures()
    wanted = net(x)
    find("surgery", "shortcut")(net)
    assert torch.equal(net(x), wanted)
    net(x).square().sum().backward()
    assert abs(float(net.body.conv2.share.grad)) > 1e-6


@pytest.mark.parametrize("start", [1.0, 0.25])
@pytest.mark.parametrize("gap", [1, 2])
def test_is_a_dirac_in_the_weights(start, gap, toy, pictures) -> None:
    conv = nn.Conv2d(6, 6, 3, padding=gap, dilation=gap, groups=2)
    net = toy(nn.Conv2d(3, 6, 1), conv, nn.Flatten(), width=864)
    with torch.no_grad():
        middle = nn.init.dirac_(torch.empty_like(conv.weight), groups=2)
        x = net.body[0](pictures())
        wanted = nn.functional.conv2d(x, conv.weight + start * middle, conv.bias, 1, gap, gap, 2)
        find("surgery", f"shortcut(start={start})")(net)
        torch.testing.assert_close(net.body[1](x), wanted, atol=1e-5, rtol=1e-5)


def test_blocks_that_have_one_get_no_other(make) -> None:
    with pytest.raises(OptionError, match="outside of residual blocks"):
        find("surgery", "shortcut")(make("resnet20_cifar"))


def test_only_the_last(toy) -> None:
    three = [nn.Conv2d(6, 6, 3, padding=1) for _ in range(3)]
    net = find("surgery", "shortcut(last=2)")(toy(nn.Conv2d(3, 6, 1), *three, nn.Flatten(), width=864))
    assert [name for name, _ in net.named_parameters() if name.endswith("share")] == ["body.2.share", "body.3.share"]
