from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from linne.core.lookup import find
from linne.tricks.model._residual import PreAct
from linne.tricks.model.wrn import has

# parameters and multiply-adds (M) on CIFAR-10: osmr/imgclsmob, pytorch/README.md; 36.5 M and 36.5-35.8 M in the paper
PUBLISHED = {"wrn16_10": (17116634, 2414.04), "wrn28_10": (36479194, 5246.98), "wrn40_8": (35748314, 5176.90)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_counts(name: str, counted: Callable[..., tuple[int, float]]) -> None:
    parameters, macs = counted(name)
    assert parameters == PUBLISHED[name][0]
    assert macs == pytest.approx(PUBLISHED[name][1] * 1e6, rel=0.01)


def test_a_block_by_hand() -> None:
    torch.manual_seed(0)
    block = PreAct(4, 6, 2).eval()
    x = torch.randn(2, 4, 8, 8)
    one, two = block.norms
    y = F.relu(F.batch_norm(x, one.running_mean, one.running_var, one.weight, one.bias))
    branch = F.conv2d(
        F.relu(two(F.conv2d(y, block.convs[0].weight, stride=2, padding=1))), block.convs[1].weight, padding=1
    )
    torch.testing.assert_close(block(x), branch + F.conv2d(y, block.shortcut.weight, stride=2))


def test_dropout_is_between_the_convolutions() -> None:
    torch.manual_seed(0)
    net = find("model", "wrn10_1(dropout=0.5)")(classes=3)
    x = torch.rand(4, 3, 32, 32)
    assert not torch.equal(net.features(x), net.features(x))
    net.eval()
    assert torch.equal(net.features(x), net.features(x))


def test_names() -> None:
    assert has("wrn40_4")
    assert not any(has(name) for name in ("wrn", "wrn28", "wrn27_10", "wrn4_1"))
