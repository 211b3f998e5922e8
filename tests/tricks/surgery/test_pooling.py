"""pooling: the power mean by numpy, its limits, and its slope by differences."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18", "torchvision:resnet18"])
@pytest.mark.parametrize("to", ["gem", "max", "both"])
def test_by_hand(to, name, make, pictures) -> None:
    net = make(name, 64)
    layer = {"resnet20_cifar": "layer3", "resnet18": "layer4"}.get(name, "layer4")
    seen = {}
    net.body.get_submodule(layer).register_forward_hook(lambda m, a, out: seen.update(x=out.detach().double().numpy()))
    find("surgery", f"pooling({to})")(net)
    got = net.features(pictures(64)).detach().numpy()
    x = seen["x"]
    wanted = {
        "gem": (np.maximum(x, 1e-6) ** 3).mean((2, 3)) ** (1 / 3),
        "max": x.max((2, 3)),
        "both": (x.max((2, 3)) + x.mean((2, 3))) / 2,
    }[to]
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    assert got.shape == (4, net.width)


def test_powers_reach_from_mean_to_maximum(toy) -> None:
    x = torch.rand(5, 4, 6, 6).double()
    pools = []
    for power in (1, 3, 400):
        net = toy(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=4)
        pools.append(find("surgery", f"pooling(power={power})")(net).body[1].double()(x).squeeze())
    torch.testing.assert_close(pools[0], x.mean((2, 3)))
    torch.testing.assert_close(pools[2], x.amax((2, 3)), rtol=0.01, atol=0)
    assert (pools[0] < pools[1]).all()
    assert (pools[1] < pools[2]).all()


def test_the_slope_is_the_finite_difference(toy) -> None:
    net = find("surgery", "pooling")(toy(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=4))
    pool = net.body[1].double()
    x = (torch.rand(2, 3, 3, 3).double() + 0.1).requires_grad_()
    power = torch.tensor([2.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, p: torch.func.functional_call(pool, {"power": p}, (x,)), (x, power))


def test_back_again_and_gates_stay(make, pictures) -> None:
    net, x = make("torchvision:efficientnet_b0", 32), pictures(32)
    wanted = net(x)
    find("surgery", "pooling(max)")(net)
    assert not torch.allclose(net(x), wanted)
    torch.testing.assert_close(find("surgery", "pooling(average)")(net)(x), wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("mean", "has no 'mean'"),
        ("power=0", "power is above 0"),
        ("max,power=2", "only gem has one"),
        ("average", "that is not average already"),
    ],
)
def test_refuses(options, said, make) -> None:
    with pytest.raises(OptionError, match=said):
        find("surgery", f"pooling({options})")(make("resnet20_cifar"))


def test_refuses_what_ends_otherwise(make) -> None:
    with pytest.raises(OptionError, match="toy has no global pool at its end"):
        find("surgery", "pooling")(make())


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18", "torchvision:resnet18"])
def test_beside_begins_as_it_was(name, make, pictures) -> None:
    net, x = make(name, 32), pictures(32)
    wanted, width = net(x), net.width
    find("surgery", "pooling(beside)")(net)
    assert net.width == 2 * width == net.head.in_features
    torch.testing.assert_close(net(x), wanted, atol=1e-5, rtol=1e-5)
    features = net.features(x)
    assert (features[:, width:] >= features[:, :width]).all(), "a maximum beside its mean"
    net(x).square().sum().backward()
    assert net.head.weight.grad[:, width:].abs().max() > 1e-4


def test_beside_is_for_means_before_a_linear_head(make) -> None:
    for net in (make("air", 32), find("surgery", "pooling(max)")(make("resnet20_cifar"))):
        with pytest.raises(OptionError, match="no linear head right behind a mean over its maps"):
            find("surgery", "pooling(beside)")(net)


def test_beside_refuses_what_wants_the_old_length(make) -> None:
    net = make("torchvision:convnext_tiny", 32)
    with pytest.raises(OptionError, match="wants 768 features, not 1536"):
        find("surgery", "pooling(beside)")(net)
    assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 3), "left as it was"
