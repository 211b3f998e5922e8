"""two_scales: results begin as they were; the second half is the network's own features of the resized picture."""

import copy

import pytest
import torch
from torchvision.transforms.functional import resize

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18", "torchvision:resnet18"])
@pytest.mark.parametrize("scale", [0.75, 1.5])
def test_both_halves_and_results_as_they_were(name, scale, make, pictures) -> None:
    net, x = make(name, 32), pictures(32)
    twin = copy.deepcopy(net)
    changed = find("surgery", f"two_scales(scale={scale})")(net)
    assert changed is net
    assert net.width == 2 * twin.width == net.head.in_features
    with torch.no_grad():
        side = round(32 * scale)
        wanted = torch.cat([twin.features(x), twin.features(resize(x, [side, side], antialias=True))], 1)
        torch.testing.assert_close(net.features(x), wanted)
        torch.testing.assert_close(net(x), twin(x))
        assert not torch.allclose(wanted[:, : twin.width], wanted[:, twin.width :], atol=1e-3)


def test_the_second_half_learns(make, pictures) -> None:
    net = find("surgery", "two_scales")(make("resnet20_cifar"))
    net(pictures()).square().sum().backward()
    assert net.head.weight.grad[:, 64:].abs().sum() > 0
    once = make("resnet20_cifar")
    once(pictures()).square().sum().backward()
    torch.testing.assert_close(net.head.weight.grad[:, :64], once.head.weight.grad)


def test_pictures_need_not_be_square(make) -> None:
    net = find("surgery", "two_scales(scale=.5)")(make("resnet20_cifar", 32))
    assert net.features(torch.randn(2, 3, 32, 24)).shape == (2, 128)


def test_its_tensors_are_the_network_s_own(make, pictures) -> None:
    one, two = (find("surgery", "two_scales")(make("resnet18", 32)) for _ in range(2))
    assert set(one.tensors()) == set(make("resnet18", 32).tensors())
    with torch.no_grad():
        for p in one.parameters():
            p.add_(0.01 * torch.randn_like(p))
        assert not torch.equal(one(pictures(32)), two(pictures(32)))
        two.load(dict(one.tensors()), "a test")
        assert torch.equal(one(pictures(32)), two(pictures(32)))
    again = copy.deepcopy(one)
    assert torch.equal(again(pictures(32)), one(pictures(32)))


def test_says_that_it_cannot_be_cut(make) -> None:
    with pytest.raises(OptionError, match="cannot be cut"):
        find("surgery", "two_scales")(make("resnet20_cifar")).parts()


def test_refuses(make) -> None:
    for scale in (1, 0.1, 5):
        with pytest.raises(OptionError, match=r"between 0.25 and 4"):
            find("surgery", f"two_scales(scale={scale})")(make("resnet20_cifar"))
    with pytest.raises(OptionError, match="takes no pictures of 9 px beside 12"):
        find("surgery", "two_scales")(make())
    cosine = make("resnet20_cifar")
    cosine.head = find("head", "cosine")(width=64, classes=3)
    with pytest.raises(OptionError, match="widens a linear head"):
        find("surgery", "two_scales")(cosine)
    with pytest.raises(OptionError, match="already"):
        find("surgery", "two_scales")(find("surgery", "two_scales")(make("resnet20_cifar")))
