"""depthwise: exact with all terms or for weights that are of that form; otherwise nothing is nearer."""

import numpy as np
import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def whole(pair: nn.Module) -> torch.Tensor:
    """(out, in, k, k) weights of one convolution that does what the pair does."""
    depth, point = pair.depth.weight, pair.point.weight[:, :, 0, 0]
    terms = pair.depth.out_channels // pair.depth.in_channels
    inside = pair.depth.in_channels
    return torch.einsum(
        "oit,itkl->oikl", point.view(len(point), inside, terms), depth.view(inside, terms, *depth.shape[2:])
    )


def test_all_terms_are_the_convolution(make, pictures) -> None:
    net, x = make().double(), pictures().double()
    wanted = net(x)
    find("surgery", "depthwise(terms=9)")(net)
    assert net.body.conv2.depth.groups == 8
    torch.testing.assert_close(net(x), wanted, atol=1e-10, rtol=1e-10)
    assert net.surgery_notes == []


def test_one_term_is_exact_for_such_weights(make, pictures) -> None:
    net, x = make().double(), pictures().double()
    with torch.no_grad():
        for conv in (net.body.conv1, net.body.conv2, net.body.conv3):
            out, inside = conv.weight.shape[:2]
            conv.weight.copy_(torch.randn(out, inside, 1, 1).double() * torch.randn(1, inside, 3, 3).double())
    wanted = net(x)
    find("surgery", "depthwise")(net)
    torch.testing.assert_close(net(x), wanted, atol=1e-10, rtol=1e-10)
    assert net.surgery_notes == []


@pytest.mark.parametrize("terms", [1, 2])
def test_what_is_left_out_is_what_the_singular_values_say(terms, make) -> None:
    net = make().double()
    old = net.body.conv2.weight.detach().clone()
    find("surgery", f"depthwise(terms={terms})")(net)
    away = float((whole(net.body.conv2).detach() - old).square().sum())
    values = [np.linalg.svd(old[:, i].reshape(8, 9).numpy(), compute_uv=False) for i in range(8)]
    assert away == pytest.approx(sum((v[terms:] ** 2).sum() for v in values), rel=1e-9)
    share = away / float(old.square().sum())
    assert f"depthwise: body.conv2 loses {share:.0%} of its weights' square" in net.surgery_notes


def test_stride_padding_and_bias_stay(toy, pictures) -> None:
    net, x = toy(nn.Conv2d(3, 6, 5, 2, 2), nn.Flatten(), width=216).double(), pictures().double()
    wanted = net(x)
    find("surgery", "depthwise(terms=25)")(net)
    torch.testing.assert_close(net(x), wanted, atol=1e-10, rtol=1e-10)


def test_refuses(make, toy) -> None:
    with pytest.raises(OptionError, match="terms is from 1 to 9"):
        find("surgery", "depthwise(terms=10)")(make())
    with pytest.raises(OptionError, match="no convolution of one group over places"):
        find("surgery", "depthwise")(toy(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, groups=4), nn.Flatten(), width=400))
