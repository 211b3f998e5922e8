"""stochastic_depth: where branches end in every family, how often they go, and that their mean stays."""

import numpy as np
import pytest
import torch
from timm.layers import DropPath

from linne.core.errors import OptionError
from linne.core.lookup import find

BLOCKS = {
    ("resnet20_cifar", 12): 9, ("wrn16_4", 16): 6, ("preact_resnet18", 16): 8, ("resnet18", 32): 8,
    ("torchvision:resnet18", 64): 8, ("mobilenet_v2", 64): 10, ("efficientnet_lite0", 64): 16,
    ("torchvision:efficientnet_b0", 64): 16, ("shufflenet_v1", 32): 13, ("regnety_002", 64): 13,
    ("convnext_atto", 64): 12, ("torchvision:convnext_tiny", 32): 18,
}  # fmt: skip
"""Residual blocks by the papers' tables: those with a sum (timm and torchvision keep a place in blocks without)."""


@pytest.mark.parametrize(("name", "size"), BLOCKS)
def test_every_branch_is_found(name, size, make) -> None:
    net = find("surgery", "stochastic_depth(rate=.5)")(make(name, size))
    rates = [part.drop_prob for part in net.modules() if isinstance(part, DropPath)]
    count = BLOCKS[name, size]
    assert rates == pytest.approx([0.5 * n / count for n in range(1, count + 1)])


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18"])
def test_nothing_changes_in_evaluation_or_at_rate_0(name, make, twin, pictures) -> None:
    net, x = make(name, 32), pictures(32)
    plain = twin(net)
    find("surgery", "stochastic_depth(rate=.5)")(net)
    assert torch.equal(net(x), plain(x))
    find("surgery", "stochastic_depth(rate=0)")(net)
    assert torch.equal(net.train()(x), plain.train()(x))


def test_a_branch_is_all_or_nothing(make, twin) -> None:
    net = make("resnet20_cifar")
    plain = twin(net).body.layer3[2]
    block = find("surgery", "stochastic_depth(rate=.4)")(net).body.layer3[2]
    block.bn2.drop_path.train()
    x = torch.randn(400, 64, 3, 3)
    with torch.no_grad():
        y, branch = block(x), plain.bn2(plain.conv2(plain.bn1(plain.conv1(x)).relu()))
    gone = (y - x.relu()).abs().amax((1, 2, 3)) < 1e-6
    kept = (y - (x + branch / 0.6).relu()).abs().amax((1, 2, 3)) < 1e-5
    assert (gone | kept).all()
    assert float(gone.float().mean()) == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 400))


def test_refuses(make) -> None:
    with pytest.raises(OptionError, match="rate is from 0 to below 1, got 1"):
        find("surgery", "stochastic_depth(rate=1)")(make("resnet20_cifar"))
    for name, size in (("toy", 12), ("torchvision:densenet121", 32), ("bn_inception", 32)):
        with pytest.raises(OptionError, match="finds nothing to change"):
            find("surgery", "stochastic_depth")(make(name, size))
