"""deformable: with offsets of 0 the convolution, with offsets of 1 that of a moved picture; slopes by differences."""

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("options", ["", "(modulated=true)", "(last=0)"])
def test_zero_offsets_are_the_convolution(options, make, pictures) -> None:
    net, x = make().double(), pictures().double()
    wanted = net(x)
    weight = net.body.conv3.weight
    find("surgery", f"deformable{options}")(net)
    assert net.body.conv3.weight is weight
    assert net.body.conv3.offset.out_channels == (27 if "modulated" in options else 18)
    torch.testing.assert_close(net(x), wanted, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("shape", [(3, 6, 3, 2, 1, 1, 3), (3, 4, 5, 1, 4, 2, 1)])
def test_stride_gaps_and_groups_too(shape, toy, pictures) -> None:
    inside, out, side, stride, padding, gap, groups = shape
    conv = nn.Conv2d(inside, out, side, stride, padding, gap, groups)
    net = toy(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=out).double()
    wanted = net.body[0](pictures().double())
    find("surgery", "deformable")(net)
    torch.testing.assert_close(net.body[0](pictures().double()), wanted, atol=1e-11, rtol=1e-11)


def test_an_offset_of_one_is_a_moved_picture(toy, pictures) -> None:
    conv = nn.Conv2d(3, 4, 3, padding=1)
    net = find("surgery", "deformable")(toy(conv, nn.Flatten(), width=576).double())
    x = pictures().double()
    with torch.no_grad():
        net.body[0].offset.bias.view(9, 2)[:, 1] = 1  # x after y, for each of the nine places
    got, moved = net.body[0](x), conv(torch.roll(x, -1, 3))
    torch.testing.assert_close(got[..., 1:-2], moved[..., 1:-2], atol=1e-11, rtol=1e-11)


def test_slopes_are_finite_differences(toy) -> None:
    net = find("surgery", "deformable(modulated=true)")(
        toy(nn.Conv2d(3, 2, 3), nn.Flatten(), width=18, size=5).double()
    )
    layer = net.body[0]
    with torch.no_grad():
        layer.offset.bias.uniform_(0.2, 0.8)
        layer.offset.weight.normal_(0, 0.01)
    names = ("weight", "offset.weight", "offset.bias")
    given = [dict(layer.named_parameters())[name].detach().requires_grad_() for name in names]
    x = torch.randn(1, 3, 5, 5, dtype=torch.float64, requires_grad=True)

    def run(x, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (x, *given), atol=1e-4)


def test_refuses(toy) -> None:
    with pytest.raises(OptionError, match="finds nothing to change: toy has no convolution over places"):
        find("surgery", "deformable")(toy(nn.Conv2d(3, 4, 1), nn.Flatten(), width=576))
