"""spatial_transformer: begins as it was, and then turns by what torch.rot90, a flip and a crop give."""

import pytest
import torch
import torch.nn.functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find


def first(net):
    return next(part for part in net.modules() if hasattr(part, "places"))


@pytest.mark.parametrize("name", ["toy", "resnet20_cifar", "resnet18", "torchvision:resnet18", "test_vit"])
@pytest.mark.parametrize("kind", ["affine", "attention"])
def test_begins_as_it_was(name, kind, make, pictures, twin) -> None:
    size = {"toy": 12, "resnet20_cifar": 32, "test_vit": 160}.get(name, 64)
    net = make(name, size)
    before = twin(net)
    find("surgery", f"spatial_transformer({kind})")(net)
    x = pictures(size)
    with torch.no_grad():
        torch.testing.assert_close(net(x), before(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("bias", "wanted"),
    [
        ([0.0, 1, 0, -1, 0, 0], lambda x: torch.rot90(x, -1, (2, 3))),
        ([-1.0, 0, 0, 0, 1, 0], lambda x: x.flip(3)),
        ([0.5, 0, 0, 0, 0.5, 0], lambda x: F.interpolate(x[:, :, 3:9, 3:9], (12, 12), mode="bilinear")),
    ],
)
def test_turns_mirrors_and_enlarges(bias, wanted, make, pictures, given) -> None:
    net = find("surgery", "spatial_transformer")(make())
    with torch.no_grad():
        first(net).found.bias.copy_(torch.tensor(bias))
    x = pictures()
    seen, _ = given(net, "body.conv1.layer", x)
    inside = slice(2, -2)
    torch.testing.assert_close(seen[:, :, inside, inside], wanted(x)[:, :, inside, inside], rtol=1e-4, atol=1e-5)


def test_attention_is_a_scale_and_a_place(make, pictures) -> None:
    net = find("surgery", "spatial_transformer(attention)")(make())
    with torch.no_grad():
        first(net).found.bias.copy_(torch.tensor([0.7, 0.1, -0.2]))
        found = first(net).places(pictures())
    torch.testing.assert_close(found, torch.tensor([[0.7, 0, 0.1], [0, 0.7, -0.2]]).expand(4, 2, 3))


def test_a_slope_reaches_it(make, pictures) -> None:
    net = find("surgery", "spatial_transformer")(make())
    net(pictures()).square().sum().backward()
    assert first(net).found.weight.grad.abs().sum() > 0


def test_refuses(make) -> None:
    for options in ("kind=spline", "side=4", "width=0"):
        with pytest.raises(OptionError, match=r"spatial_transformer\(kind="):
            find("surgery", f"spatial_transformer({options})")(make())
