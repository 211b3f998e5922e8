"""bilinear: by numpy; a sketch's inner products are the square's; slopes by differences."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def pooled(toy, options: str, channels: int = 4) -> nn.Module:
    torch.manual_seed(0)
    net = toy(nn.Conv2d(3, channels, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=channels)
    return find("surgery", f"bilinear({options})")(net).body[1].double()


def test_by_hand(toy) -> None:
    pool, x = pooled(toy, "maps=0"), torch.randn(3, 4, 5, 6, dtype=torch.float64)
    v = x.numpy().reshape(3, 4, 30)
    square = np.einsum("bip,bjp->bij", v, v).reshape(3, 16) / 30
    root = square / np.sqrt(np.abs(square) + 1e-5)
    np.testing.assert_allclose(pool(x).squeeze().numpy(), root / np.linalg.norm(root, axis=1)[:, None], rtol=1e-9)


def test_inner_products_of_a_sketch(toy) -> None:
    """<sketch(x), sketch(y)> is <x, y>^2 on average over draws (Pham and Pagh 2013), here for single places."""
    x = torch.randn(2, 6, 1, 1, dtype=torch.float64)
    wanted = float((x[0] * x[1]).sum() ** 2)
    got = []
    for seed in range(300):
        torch.manual_seed(seed)
        net = toy(nn.Conv2d(3, 6, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=6)
        torch.manual_seed(seed)
        pool = find("surgery", "bilinear(maps=0,sketch=64)")(net).body[1].double()
        one, two = pool._compact(x.flatten(2))
        got.append(float(one @ two))
    assert np.mean(got) == pytest.approx(wanted, abs=4 * np.std(got) / np.sqrt(300))
    assert np.std(got) > 0


@pytest.mark.parametrize("options", ["maps=3", "maps=0,sketch=8"])
def test_the_slope_is_the_finite_difference(options, toy) -> None:
    pool = pooled(toy, options)
    assert torch.autograd.gradcheck(pool, torch.randn(2, 4, 2, 2, dtype=torch.float64, requires_grad=True))
    flat = torch.zeros(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    pool(flat).sum().backward()
    assert flat.grad.isfinite().all()


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18", "torchvision:resnet18"])
def test_the_network_has_the_new_width(name, make, pictures) -> None:
    net = find("surgery", "bilinear(maps=8)")(make(name, 32))
    assert net.width == 64 == net.head.in_features
    assert net.features(pictures(32)).shape == (4, 64)
    assert net(pictures(32)).shape == (4, 3)
    torch.testing.assert_close(net.features(pictures(32)).norm(dim=1), torch.ones(4))
    assert net.surgery_notes == ["bilinear: the head begins new"]


def test_refuses(make) -> None:
    with pytest.raises(OptionError, match="0 or more"):
        find("surgery", "bilinear(maps=-1)")(make("resnet20_cifar"))
    with pytest.raises(OptionError, match="toy has no global pool at its end"):
        find("surgery", "bilinear")(make())
    with pytest.raises(OptionError, match="wants 768 features, not 4096"):
        find("surgery", "bilinear")(make("torchvision:convnext_tiny", 32))
    twice = find("surgery", "bilinear")(make("resnet20_cifar"))
    with pytest.raises(OptionError, match="that is not bilinear already"):
        find("surgery", "bilinear")(twice)
