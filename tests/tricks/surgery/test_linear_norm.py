"""linear_norm: before the head and behind other linear layers, by numpy; no weight changes its name."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_by_hand(make, given, pictures) -> None:
    net = make()
    weight, body = net.head.weight, net.body.fc.weight
    find("surgery", "linear_norm")(net)
    assert net.head.weight is weight
    assert net.body.fc.weight is body
    assert net.head.out_features == 3
    net.train()
    x, y = given(net, "body.fc", pictures(n=9))
    out = (x @ body.T + net.body.fc.bias).detach().double().numpy()
    np.testing.assert_allclose(y.numpy(), (out - out.mean(0)) / np.sqrt(out.var(0) + 1e-5), atol=1e-4)
    x, y = given(net, "head", pictures(n=9))
    into = x.double().numpy()
    level = (into - into.mean(0)) / np.sqrt(into.var(0) + 1e-5)
    wanted = level @ weight.detach().double().numpy().T + net.head.bias.detach().double().numpy()
    np.testing.assert_allclose(y.numpy(), wanted, atol=1e-4)


def test_what_has_a_norm_gets_no_other(make) -> None:
    net = find("surgery", "linear_norm")(make("lenet_improved", 13))
    assert type(net.body.fc1) is nn.Linear
    assert hasattr(net.head, "level")
    with pytest.raises(OptionError, match="no linear layer of vectors without a norm"):
        find("surgery", "linear_norm")(net)


def test_decay_leaves_norms_and_takes_weights(make) -> None:
    from linne.engine.parameters import parameter_groups

    net = find("surgery", "linear_norm")(make())
    groups = parameter_groups(net, 0.1, 0.5)
    decayed = {name for group in groups if group["weight_decay"] for name in group["param_names"]}
    assert {"head.weight", "body.fc.weight"} <= decayed
    assert not [name for name in decayed if "level" in name]


def test_a_pool_of_ours_stays_when_timm_drops_its_own(make) -> None:
    net = find("surgery", "pooling")(make("resnet18", 32))
    find("surgery", "linear_norm")(net)
    assert type(net.body.global_pool.pool).__name__ == "_Pool"


def test_in_a_library_network_too(make) -> None:
    net = find("surgery", "linear_norm")(make("resnet18", 32)).train()
    assert net(torch.randn(4, 3, 32, 32)).shape == (4, 3)
    assert any(name.endswith("level.running_mean") for name in net.tensors())
