from collections.abc import Callable

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

# at 32 px, 10 classes: a fork of kuangliu/pytorch-cifar that lists parameters and multiply-adds (M); its networks lack
# the last norm that the paper has. At 224 px, 1,000 classes: osmr/imgclsmob, pytorch/README.md, PreResNet-18, -34, -50b
LITTLE = {
    "preact_resnet18": (11171146, 556.52),
    "preact_resnet34": (21279306, 1161.32),
    "preact_resnet50": (23509066, 1303.66),
}
LARGE = {
    "preact_resnet18": (11687848, 1820.56),
    "preact_resnet34": (21796008, 3672.83),
    "preact_resnet50": (25549480, 4107.97),
}


@pytest.mark.parametrize("name", LITTLE)
def test_published_counts_on_little_pictures(name: str, counted: Callable[..., tuple[int, float]]) -> None:
    parameters, macs = counted(name)
    last = 2 * (2048 if name.endswith("50") else 512)
    assert parameters == LITTLE[name][0] + last
    assert macs == pytest.approx(LITTLE[name][1] * 1e6, rel=0.01)


@pytest.mark.parametrize("name", LARGE)
def test_published_counts_on_large_pictures(name: str, counted: Callable[..., tuple[int, float]]) -> None:
    parameters, macs = counted(f"{name}(small=False)")
    assert parameters == LARGE[name][0]
    assert macs == pytest.approx(LARGE[name][1] * 1e6, rel=0.01)


def test_the_stem_follows_the_side() -> None:
    little, large = (find("model", "preact_resnet18")(classes=2, size=size) for size in (64, 65))
    assert (little.small, large.small) == (True, False)
    assert little.body[0].stride == (1, 1)
    assert large.body[0].stride == (2, 2)
    x = torch.rand(1, 3, 64, 64)
    assert little.body[:4](x).shape[-1] == 16
    assert large.body[:6](x).shape[-1] == 8


def test_too_small_for_the_large_stem() -> None:
    with pytest.raises(OptionError, match="nearest that it takes is 32"):
        find("model", "preact_resnet18(small=False)")(classes=2, size=16)
