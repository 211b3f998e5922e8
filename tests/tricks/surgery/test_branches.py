"""branches: the network begins as it was, each half is a copy of its last part, and all before it is shared."""

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(("name", "size"), [("resnet20_cifar", 32), ("resnet18", 64), ("torchvision:resnet18", 64)])
def test_begins_as_it_was(name, size, make, pictures, twin) -> None:
    net = make(name, size)
    before = twin(net)
    changed = find("surgery", "branches")(net)
    x = pictures(size)
    with torch.no_grad():
        torch.testing.assert_close(changed(x), before(x))
        features = changed.features(x)
        assert features.shape == (4, 2 * before.width) == (4, changed.width)
        torch.testing.assert_close(features, before.features(x).repeat(1, 2))
    trunk = sum(p.numel() for p in changed.body.trunk.parameters())
    branch = sum(p.numel() for p in changed.body.end.common.parameters())
    assert trunk + branch + sum(p.numel() for p in before.head.parameters()) == sum(
        p.numel() for p in before.parameters()
    )
    assert branch
    for one, two in zip(changed.body.end.common.parameters(), changed.body.end.rare.parameters(), strict=True):
        assert torch.equal(one, two)
        assert one is not two


def test_each_branch_gives_its_half(make, pictures) -> None:
    net = find("surgery", "branches")(make("resnet20_cifar", 32))
    x, width = pictures(32), net.width // 2
    with torch.no_grad():
        before = net.features(x)
        for p in net.body.end.rare.parameters():
            p.zero_()
        after = net.features(x)
    assert torch.equal(before[:, :width], after[:, :width])
    assert not torch.equal(before[:, width:], after[:, width:])


def test_refuses(make) -> None:
    net = make("resnet20_cifar", 32)
    net.head = find("head", "mlp")(width=net.width, classes=3)
    with pytest.raises(OptionError, match="no single linear layer"):
        find("surgery", "branches")(net)
