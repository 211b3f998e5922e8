"""attention: at its start nothing changes, to the last bit or nearly; it is where branches end; it learns."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find

KINDS = ("se", "eca", "cbam", "scse", "nonlocal", "coordinate")


@pytest.mark.parametrize("name", ["toy", "resnet20_cifar"])
@pytest.mark.parametrize("to", KINDS)
def test_begins_as_identity_and_learns(to, name, make, twin, pictures) -> None:
    net, x = make(name), pictures()
    plain = twin(net)
    find("surgery", f"attention({to},last=2)")(net)
    added = [part for path, part in net.named_modules() if path.endswith(".attn")]
    assert len(added) == 2
    torch.testing.assert_close(net(x), plain(x), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(net.train()(x), plain.train()(x), atol=1e-5, rtol=1e-5)
    torch.nn.functional.cross_entropy(net(x), torch.tensor([0, 1, 2, 0])).backward()
    moving = sum(float(p.grad.abs().sum()) for p in added[0].parameters() if p.grad is not None)
    assert moving > 1e-7, "a gate that begins at 1 still learns"


def test_stands_before_every_sum(make) -> None:
    net = find("surgery", "attention(se)")(make("resnet20_cifar"))
    places = [path for path, _ in net.named_modules() if path.endswith(".attn")]
    assert places == [f"body.layer{s}.{b}.bn2.attn" for s in (1, 2, 3) for b in (0, 1, 2)]


@pytest.mark.parametrize("to", ["se", "eca", "cbam", "scse", "coordinate"])
def test_as_published_it_does_not(to, make, twin, pictures) -> None:
    net, x = make(), pictures()
    plain = twin(net)(x)
    assert (find("surgery", f"attention({to},start=paper)")(net)(x) - plain).abs().max() > 1e-3


def test_squeeze_and_excitation_by_hand(toy, given, pictures) -> None:
    net = toy(nn.Conv2d(3, 16, 3), nn.Flatten(), width=1600)
    find("surgery", "attention(se,reduction=2,start=paper)")(net)
    gate = net.body[0].attn
    x, y = given(net, "body.0.attn", pictures())
    w1, b1, w2, b2 = (p.detach().double().numpy().squeeze() for p in gate.parameters())
    assert w1.shape == (8, 16)
    squeezed = x.double().numpy().mean((2, 3))
    opened = 1 / (1 + np.exp(-(np.maximum(squeezed @ w1.T + b1, 0) @ w2.T + b2)))
    np.testing.assert_allclose(y.numpy(), x.numpy() * opened[:, :, None, None], atol=1e-5)


def test_both_gates_of_scse_by_hand(toy, given, pictures) -> None:
    net = toy(nn.Conv2d(3, 16, 3), nn.Flatten(), width=1600)
    find("surgery", "attention(scse,start=paper)")(net)
    gate = net.body[0].attn
    x, y = given(net, "body.0.attn", pictures())
    value = x.double().numpy()
    w1, b1, w2, b2, wp, bp = (
        p.detach().double().numpy() for layer in (gate.squeeze, gate.excite, gate.place) for p in layer.parameters()
    )
    opened = np.maximum(value.mean((2, 3)) @ w1[:, :, 0, 0].T + b1, 0) @ w2[:, :, 0, 0].T + b2
    place = (value * wp[0]).sum(1, keepdims=True) + bp
    wanted = value / (1 + np.exp(-opened[:, :, None, None])) + value / (1 + np.exp(-place))
    np.testing.assert_allclose(y.numpy(), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("sw", "has no 'sw'. Allowed: cbam, coord"),
        ("se,start=half", "'identity' .* or 'paper'"),
        ("nonlocal,start=paper", "also nonlocal's own beginning"),
        ("eca,reduction=4", "none for eca"),
        ("se,last=-1", "give a number from 1, or 0 for all"),
    ],
)
def test_refuses(options, said, make) -> None:
    with pytest.raises(OptionError, match=said):
        find("surgery", f"attention({options})")(make())


def test_refuses_a_network_without_maps(toy) -> None:
    with pytest.raises(OptionError, match="finds nothing to change: toy has no residual branch"):
        find("surgery", "attention")(toy(nn.Flatten(), nn.Linear(432, 16)))
