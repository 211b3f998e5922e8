"""norm: each kind by its definition in numpy, with the scales and shifts that were there."""

import numpy as np
import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find

TAKEN = {"layer": [(0, 8)], "instance": [(c, c + 1) for c in range(8)], "group": [(0, 4), (4, 8)]}


def levelled(x: np.ndarray, parts: list[tuple[int, int]], eps: float = 1e-5) -> np.ndarray:
    out = np.empty_like(x)
    for row in range(len(x)):
        for a, b in parts:
            part = x[row, a:b]
            out[row, a:b] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return out


@pytest.mark.parametrize("to", TAKEN)
def test_by_definition(to, make, given, pictures) -> None:
    net = make()
    old, w, b = net.body.bn2, *(v.detach().numpy().copy() for v in (net.body.bn2.weight, net.body.bn2.bias))
    find("surgery", f"norm({to}" + (",groups=2)" if to == "group" else ")"))(net)
    assert net.body.bn2 is not old
    x, y = given(net, "body.bn2", pictures())
    wanted = levelled(x.double().numpy(), TAKEN[to]) * w[:, None, None] + b[:, None, None]
    np.testing.assert_allclose(y.numpy(), wanted, atol=2e-5)
    assert net.surgery_notes == [f"norm: body.bn{n} loses its running averages" for n in (1, 2, 3)]


def test_groups_become_the_largest_that_divide(make) -> None:
    net = find("surgery", "norm(groups=7)")(make())
    assert [net.body.get_submodule(f"bn{n}").num_groups for n in (1, 2, 3)] == [4, 4, 4]
    with pytest.raises(OptionError, match="has no norm over maps that is not group already"):
        find("surgery", "norm(groups=7)")(net)
    back = find("surgery", "norm(batch)")(net)
    assert isinstance(back.body.bn3, nn.BatchNorm2d)


def test_frozen_is_evaluation_for_ever(make, pictures) -> None:
    net, x = make(), pictures()
    wanted, averages = net(x), net.body.bn1.running_mean.clone()
    find("surgery", "norm(frozen)")(net)
    assert net.surgery_notes == []
    torch.testing.assert_close(net.train()(x), wanted, atol=1e-5, rtol=1e-5)
    assert torch.equal(net.body.bn1.running_mean, averages)
    assert not any("bn" in name for name, _ in net.named_parameters())
    with pytest.raises(OptionError, match="not frozen already"):
        find("surgery", "norm(frozen)")(net)


def test_standardised_weights_by_definition(make, given, pictures) -> None:
    net = make()
    weight = net.body.conv2.weight
    x, _ = given(net, "body.conv2", pictures())
    find("surgery", "norm(standardised)")(net)
    flat = weight.detach().double().flatten(1).numpy()
    own = (flat - flat.mean(1, keepdims=True)) / np.sqrt(flat.var(1, keepdims=True) + 1e-6)
    wanted = nn.functional.conv2d(
        x.double(), torch.from_numpy(own).view(8, 8, 3, 3), net.body.conv2.bias.double(), padding=1
    )
    torch.testing.assert_close(net.body.conv2(x).double(), wanted, atol=1e-4, rtol=1e-4)
    assert net.body.conv2.weight is weight
    assert len(net.surgery_notes) == 3
    before = net(pictures())
    with torch.no_grad():
        weight.mul_(3).add_(0.5)  # neither scale nor mean of the weights matters any more
    torch.testing.assert_close(net(pictures()), before, atol=2e-3, rtol=2e-3)


def test_timms_norm_keeps_its_activation(toy, given, pictures) -> None:
    net = toy(nn.Conv2d(3, 8, 3), BatchNormAct2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=8)
    find("surgery", "norm(layer)")(net)
    x, y = given(net, "body.1", pictures())
    w, b = (getattr(net.body[1].norm, name).detach().numpy()[:, None, None] for name in ("weight", "bias"))
    np.testing.assert_allclose(y.numpy(), np.maximum(levelled(x.double().numpy(), [(0, 8)]) * w + b, 0), atol=2e-5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("batches", "has no 'batches'. Did you mean 'batch'"),
        ("layer,groups=4", "only group norms have it"),
        ("batch", "no norm over maps that is not batch already"),
    ],
)
def test_refuses(options, said, make) -> None:
    with pytest.raises(OptionError, match=said):
        find("surgery", f"norm({options})")(make())
