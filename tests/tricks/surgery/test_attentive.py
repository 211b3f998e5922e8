"""attentive: pooling by einsum, boxes of known attention by torchvision's crops, two looks in use, layers kept."""

from typing import Any

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find, offer
from linne.tricks.surgery.attentive import EPS, SCALE, Pool, box, closer, scaled


def network(size: int = 12, name: str = "resnet20_cifar", maps: int = 4) -> Any:
    torch.manual_seed(0)
    net = offer(find("model", name), classes=3, channels=3, size=size)
    return find("surgery", f"attentive(maps={maps})")(net.eval())


def images(count: int = 16, side: int = 12) -> torch.Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_boxes_of_masks() -> None:
    mask = torch.zeros(4, 20, 30, dtype=torch.bool)
    mask[0, 5, 7] = True
    mask[1, 3:9, 10:12] = mask[1, 15, 29] = True
    mask[2] = True
    wanted = [[[5, 6], [7, 8]], [[3, 16], [10, 30]], [[0, 20], [0, 30]], [[0, 20], [0, 30]]]
    assert box(mask, 0).tolist() == wanted
    assert box(mask[:2], 0.1).tolist() == [[[3, 8], [4, 11]], [[1, 18], [7, 30]]]


def test_a_box_is_cut_out_and_enlarged() -> None:
    """One bright place of a 4 x 4 attention: the box around it, by torchvision's resized crop."""
    from torchvision.transforms.functional import resized_crop

    x, attention = images(2, 32), torch.zeros(2, 1, 4, 4)
    attention[0, 0, 1, 2] = attention[1, 0, 3, 0] = 7.0
    large = scaled(attention, (32, 32))
    assert (float(large.min()), float(large.max())) == (0, 1)
    got = closer(x, large, torch.tensor([0.5, 0.5]))
    for row, found in enumerate(got):
        high = torch.nonzero(large[row] >= 0.5)
        top, left = (max(int(v) - 3, 0) for v in high.min(0).values)
        bottom, right = (min(int(v) + 4, 32) for v in high.max(0).values)
        wanted = resized_crop(x[row], top, left, bottom - top, right - left, [32, 32], antialias=False)
        torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-5)
    assert (large[0] >= 0.5).nonzero().float().mean(0).tolist() == pytest.approx([11.5, 19.5]), "where it is bright"


def test_a_flat_attention_shows_all() -> None:
    x, flat = images(2), scaled(torch.full((2, 1, 3, 3), 0.4), (12, 12))
    torch.testing.assert_close(closer(x, flat, torch.tensor([0.4, 0.6])), x, atol=1e-5, rtol=1e-5)
    assert (flat <= 0.2).all()


def test_pooling_by_einsum() -> None:
    torch.manual_seed(0)
    pool = Pool(5, 3).double()
    x = torch.randn(4, 5, 6, 7, dtype=torch.float64)
    attention = pool.attend(x)
    assert attention.shape == (4, 3, 6, 7)
    assert (attention >= 0).all()
    y = np.einsum("bmhw,bchw->bmc", attention.detach().numpy(), x.numpy()).reshape(4, 15) / 42
    y = y / np.sqrt(np.abs(y) + EPS)
    wanted = SCALE * y / np.linalg.norm(y, axis=1, keepdims=True)
    np.testing.assert_allclose(pool(x).detach().numpy(), wanted, rtol=1e-9)
    assert torch.autograd.gradcheck(pool.eval(), torch.randn(2, 5, 2, 2, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18"])
def test_the_network_s_own_layers_up_to_its_last_maps(name: str, make, pictures, twin) -> None:
    net = make(name, 64)
    before = twin(net)
    kept = {id(p) for p in net.parameters()} - {id(p) for p in net.head.parameters()}
    net = find("surgery", "attentive(maps=4)")(net)
    assert {id(p) for p in net.body.trunk.parameters()} == kept
    x, maps = pictures(64), pictures(64)
    with torch.no_grad():
        for _, part in before.parts():
            for layer in part.children() if type(part) is torch.nn.Sequential else [part]:
                out = layer(maps)
                maps = out if out.dim() == 4 and out[0, 0].numel() > 1 else maps
        assert torch.equal(net.body.trunk(x), maps)
    assert net.width == net.head.in_features == 4 * maps.shape[1]


def test_in_use_two_pictures_are_asked_and_in_training_one() -> None:
    net, x = network(), images()
    with torch.no_grad():
        whole, attention = net.look(x)
        mean = scaled(attention.mean(1, keepdim=True), (12, 12))
        again = net.look(closer(x, mean, torch.full((16,), 0.1)))[0]
        torch.testing.assert_close(net.features(x), (whole + again) / 2)
        torch.testing.assert_close(net(x), (net.head(whole) + net.head(again)) / 2)
        assert not torch.equal(whole, again)
        for module in net.modules():
            module.training = isinstance(module, type(net))  # norms go by what they know
        assert torch.equal(net.features(x), whole)


@pytest.mark.filterwarnings("ignore")  # tracing says at length that the sides become constants
def test_a_traced_network_gives_the_same_of_other_pictures_and_counts() -> None:
    """As a runtime converts it: nothing of the example's is baked in."""
    net, x = network(32), images(5, 32)
    with torch.no_grad():
        traced = torch.jit.trace(net, images(2, 32).flip(3))
        torch.testing.assert_close(traced(x), net(x), atol=1e-4, rtol=1e-4)


def test_fits_behind_another_changed_part() -> None:
    net = find("surgery", "attentive(maps=2)")(find("surgery", "attention(eca)")(network_plain()))
    assert net(images(2, 32)).shape == (2, 3)
    with pytest.raises(OptionError, match="cannot be cut"):
        net.parts()


def network_plain() -> Any:
    return offer(find("model", "resnet20_cifar"), classes=3, channels=3, size=32).eval()


def test_refuses() -> None:
    with pytest.raises(OptionError, match="from 1, got 0"):
        network(maps=0)
    with pytest.raises(OptionError, match="looks closer already"):
        find("surgery", "attentive")(network())
