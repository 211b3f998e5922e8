import pytest
import timm
import torch
import torchvision
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def zeroed(net):
    return [name for name, part in net.named_modules() if getattr(part, "weight", None) is not None
            and part.weight.numel() and (part.weight == 0).all()]  # fmt: skip


def network(name):
    torch.manual_seed(0)
    if name.startswith("tv:"):
        return torchvision.models.get_model(name[3:])
    more = {"zero_init_last": False} if name.startswith("resnet") else {}
    more |= {"embed_dim": 24, "depths": (1, 1, 1, 1), "num_heads": (1, 1, 1, 1)} if name.startswith("swin") else {}
    return timm.create_model(name, **more)


@pytest.mark.parametrize(("name", "blocks", "end"), [
    ("tv:resnet18", 8, "bn2"), ("resnet26", 8, "bn3"), ("seresnext26t_32x4d", 8, "bn3"),
    ("tv:mobilenet_v2", 10, "3"), ("efficientnet_lite0", 9, "bn3"),
])  # fmt: skip
def test_last_norm_of_each_branch(name, blocks, end) -> None:
    """Published numbers of residual blocks: those with a shortcut alone in the inverted ones."""
    net = network(name)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.ones_(part.weight)
    assert find("init", "zero_gamma")(net) is net
    found = zeroed(net)
    assert len(found) == blocks
    assert all(one.rsplit(".", 1)[1] == end for one in found)


def test_a_block_is_identity() -> None:
    net = find("init", "zero_gamma")(network("tv:resnet18")).train()
    x = torch.randn(4, 64, 8, 8).relu()
    torch.testing.assert_close(net.layer1(x), x)


@pytest.mark.parametrize(("name", "blocks", "end"), [
    ("resnet20_cifar", 9, "bn2"), ("pyramidnet110_a48", 54, "norms.2"), ("pyramidnet164_a270", 54, "norms.3"),
])  # fmt: skip
def test_the_house_s_own_blocks(name, blocks, end) -> None:
    """3 n blocks of depth 6 n + 2 or 9 n + 2; each gives its shortcut alone afterwards."""
    net = find("model", name)(10)
    found = zeroed(find("init", "zero_gamma")(net))
    assert len(found) == blocks
    assert all(one.endswith(end) for one in found)
    block = net.body.layer1[-1]
    inside = next(part for part in block.modules() if isinstance(part, nn.Conv2d)).in_channels
    x = torch.randn(2, inside, 8, 8).relu()
    torch.testing.assert_close(block.eval()(x)[:, :inside], x)


@pytest.mark.parametrize("name", ["tv:shufflenet_v2_x0_5", "convnext_atto", "swin_tiny_patch4_window7_224"])
def test_refuses_where_no_branch_ends_in_a_norm(name) -> None:
    net = network(name)
    before = [p.clone() for p in net.parameters()]
    with pytest.raises(OptionError, match="changes nothing"):
        find("init", "zero_gamma")(net)
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))
