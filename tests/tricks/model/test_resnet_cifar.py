from collections.abc import Callable

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.tricks.model.resnet_cifar import _Block, has

# parameters: table 6 of the paper (0.27 M, 0.46 M, ...) and, to the last one, its closed form in the network's blocks;
# multiply-adds in millions: chenyaofo/pytorch-cifar-models, README (its shortcuts are 1 x 1 convolutions: 0.26 M more)
PUBLISHED = {20: (0.27, 40.81), 32: (0.46, 69.12), 44: (0.66, 97.44), 56: (0.85, 125.75), 110: (1.7, None)}


@pytest.mark.parametrize("depth", PUBLISHED)
def test_published_counts(depth: int, counted: Callable[..., tuple[int, float]]) -> None:
    parameters, macs = counted(f"resnet{depth}_cifar")
    printed, mult_adds = PUBLISHED[depth]
    assert round(parameters / 1e6, 1 if depth == 110 else 2) == printed
    n = (depth - 2) // 6
    convs = 3 * 16 * 9 + sum(2 * n * c * c * 9 for c in (16, 32, 64)) - sum(c * c // 2 * 9 for c in (32, 64))
    assert parameters == convs + 2 * 16 + sum(2 * n * 2 * c for c in (16, 32, 64)) + 64 * 10 + 10
    if mult_adds:
        assert macs == pytest.approx(mult_adds * 1e6, rel=0.01)


def test_the_shortcut_has_no_weights() -> None:
    """Option A: where the branch gives nothing, the block halves the side and adds empty maps."""
    block = _Block(4, 8, 2).eval()
    torch.nn.init.zeros_(block.bn2.weight)
    x = torch.rand(1, 4, 6, 6)
    got = block(x)
    torch.testing.assert_close(got[:, :4], x[:, :, ::2, ::2])
    assert not got[:, 4:].any()


def test_names() -> None:
    assert has("resnet110_cifar")
    assert has("resnet1202_cifar")
    assert not any(has(name) for name in ("resnet21_cifar", "resnet2_cifar", "resnet20", "resnet_cifar"))
    with pytest.raises(OptionError, match="nearest that it takes is 8"):
        find("model", "resnet20_cifar")(classes=2, size=4)
