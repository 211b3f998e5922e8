"""blur_pool: by scipy's convolution, at sides odd and even."""

import numpy as np
import pytest
from scipy import ndimage
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find


def halved(x: np.ndarray, taps: list[float]) -> np.ndarray:
    kernel = np.outer(taps, taps)[None, None]
    return ndimage.convolve(x, kernel, mode="mirror")[:, :, ::2, ::2]


@pytest.mark.parametrize("size", [12, 13])
@pytest.mark.parametrize(
    ("options", "taps"), [("", [0.25, 0.5, 0.25]), ("(taps=5)", [1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16])]
)
def test_by_scipy(size, options, taps, toy, given, pictures) -> None:
    for k, pad in ((2, 0), (3, 1), (3, 0)):
        net = toy(nn.Conv2d(3, 4, 1), nn.MaxPool2d(k, 2, pad), nn.Conv2d(4, 5, k, 2, pad), nn.Conv2d(5, 5, 1, 2),
                  nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=5, size=20)  # fmt: skip
        shapes = [given(net, f"body.{n}", pictures(size + 10))[1].shape for n in (1, 2, 3)]
        find("surgery", f"blur_pool{options}")(net)
        for n, wanted in zip((1, 2, 3), shapes, strict=True):
            x, y = given(net, f"body.{n}", pictures(size + 10))
            assert y.shape == wanted
            if n == 1:
                sharp = nn.functional.max_pool2d(x, k, 1, pad)
            elif n == 2:
                conv = net.body[2].conv
                sharp = nn.functional.conv2d(x, conv.weight, conv.bias, 1, pad)
            else:
                conv = net.body[3].conv  # of one place: blurring before or after is the same
                sharp = conv(x)
            np.testing.assert_allclose(y.detach().numpy(), halved(sharp.detach().double().numpy(), taps), atol=1e-5)


def test_maps_too_small_to_mirror(toy, given, pictures) -> None:
    net = toy(nn.Conv2d(3, 4, 3), nn.AvgPool2d(5), nn.MaxPool2d(2), nn.Flatten(), width=4)
    find("surgery", "blur_pool")(net)
    x, y = given(net, "body.2", pictures())
    np.testing.assert_allclose(y.numpy(), x.amax((2, 3), True).numpy(), atol=1e-6)


def test_the_stem_stays_unless_asked(make, pictures) -> None:
    net = find("surgery", "blur_pool")(make("torchvision:resnet18", 65))
    blurred = [path for path, _ in net.named_modules() if path.endswith(".blur")]
    assert blurred[0] == "body.maxpool.blur"
    assert len(blurred) == 7, "a pool, then a convolution and a shortcut in three stages"
    with_stem = find("surgery", "blur_pool(stem=true)")(make("torchvision:resnet18", 65))
    assert sum(path.endswith(".blur") for path, _ in with_stem.named_modules()) == 8
    assert with_stem(pictures(65)).isfinite().all()


def test_pools_that_round_up_stay_and_are_named(toy) -> None:
    net = toy(nn.Conv2d(3, 4, 1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2), nn.Flatten(), width=36)
    find("surgery", "blur_pool")(net)
    assert isinstance(net.body[1], nn.MaxPool2d)
    assert net.surgery_notes == ["blur_pool: body.1 rounds its side up and stays"]


def test_refuses(make, toy) -> None:
    with pytest.raises(OptionError, match="taps is odd and 3 or more"):
        find("surgery", "blur_pool(taps=4)")(make())
    with pytest.raises(OptionError, match="finds nothing to change: toy has no max pool or convolution of stride 2"):
        find("surgery", "blur_pool")(toy(nn.Conv2d(3, 4, 3, 2), nn.Flatten(), width=100))
