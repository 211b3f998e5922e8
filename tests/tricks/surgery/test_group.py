"""group: exact where nothing went between groups, and what went is said."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("groups", [2, 4])
def test_exact_where_groups_were_apart(groups, make, pictures) -> None:
    net, x = make(), pictures()
    with torch.no_grad():
        for conv in (net.body.conv2, net.body.conv3):
            block = torch.block_diag(*[torch.ones(conv.out_channels // groups, conv.in_channels // groups)] * groups)
            conv.weight.mul_(block[:, :, None, None])
    wanted = net(x)
    find("surgery", f"group(groups={groups})")(net)
    assert net.body.conv2.groups == net.body.conv3.groups == groups
    assert net.body.conv2.weight.shape == (8, 8 // groups, 3, 3)
    assert net.body.conv1.groups == 1, "3 channels"
    torch.testing.assert_close(net(x), wanted, atol=1e-5, rtol=1e-5)
    assert net.surgery_notes == []


def test_one_group_is_the_network(make, pictures) -> None:
    net, x = make(), pictures()
    wanted = net(x)
    assert torch.equal(find("surgery", "group(groups=1)")(net)(x), wanted)
    assert net.surgery_notes == []


def test_says_what_is_lost(make) -> None:
    net = make()
    with torch.no_grad():
        net.body.conv2.weight.fill_(0.1)
    find("surgery", "group(groups=4,last=2)")(net)
    assert net.surgery_notes[0] == "group: body.conv2 loses 75% of its weights' square"


def test_refuses(make, toy) -> None:
    with pytest.raises(OptionError, match="groups is at least 1"):
        find("surgery", "group(groups=0)")(make())
    with pytest.raises(OptionError, match="no convolution of one group whose channels 2 divides"):
        find("surgery", "group")(toy(nn.Conv2d(3, 4, 3), nn.Flatten(), width=400))
