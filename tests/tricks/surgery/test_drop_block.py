"""drop_block: squares of the said side, as many as said, scaled so that the mean stays."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def layer(rate: float, block: int, toy) -> nn.Module:
    net = toy(nn.Conv2d(3, 4, 3), nn.Flatten(), width=400)
    return find("surgery", f"drop_block(rate={rate},block={block})")(net).body[0].drop.train()


@pytest.mark.parametrize(("block", "side"), [(3, 20), (5, 20), (7, 4), (7, 6)])
def test_what_is_gone_is_squares(block, side, toy) -> None:
    torch.manual_seed(0)
    y = layer(0.1, block, toy)(torch.ones(60, 4, side, side)).numpy()
    seen = min(block, side - 1 + side % 2)
    gone = y == 0
    assert gone.any()
    for row in range(0, 60, 7):
        for channel in range(4):
            one = gone[row, channel]
            assert np.array_equal(ndimage.binary_opening(one, np.ones((seen, seen))), one)
    assert not np.array_equal(gone[:, 0], gone[:, 1]), "each channel has its own"
    assert y.mean() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("rate", [0.05, 0.15])
def test_about_as_much_as_said_is_gone(rate, toy) -> None:
    torch.manual_seed(0)
    y = layer(rate, 5, toy)(torch.ones(200, 4, 28, 28))
    gone = float((y == 0).float().mean())
    assert 0.85 * rate < gone <= rate * 1.03, "a little less, where squares overlap"


def test_nothing_changes_in_evaluation_or_at_rate_0(make, twin, pictures) -> None:
    net, x = make("resnet20_cifar"), pictures()
    plain = twin(net)
    find("surgery", "drop_block(rate=.3)")(net)
    assert sum(path.endswith("bn2.drop") for path, _ in net.named_modules()) == 9
    assert torch.equal(net(x), plain(x))
    again = find("surgery", "drop_block(rate=0)")(make())
    assert torch.equal(again.train()(x), make().train()(x))


def test_refuses(make, toy) -> None:
    for options in ("rate=1", "block=4", "block=0"):
        with pytest.raises(OptionError, match="rate is from 0 to below 1, block odd"):
            find("surgery", f"drop_block({options})")(make())
    with pytest.raises(OptionError, match="finds nothing to change"):
        find("surgery", "drop_block")(toy(nn.Flatten(), nn.Linear(432, 16)))
