"""Stems for little pictures, and for other channels."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from linne.core.errors import OptionError
from linne.tricks.model._net import inflate, over
from linne.tricks.model.timm import timm
from linne.tricks.model.torchvision import torchvision

NETS = [(timm, "resnet18"), (timm, "resnet18d"), (timm, "efficientnet_b0"), (timm, "mobilenetv3_small_100"),
        (timm, "densenet121"), (torchvision, "torchvision:resnet18"), (torchvision, "mobilenet_v2")]  # fmt: skip


def side_after(net: Any, size: int) -> int:
    """The side of the map that comes into the part which averages it."""
    x = torch.rand(1, 3, size, size)
    with torch.no_grad():
        for name, part in net.eval().parts():
            if any(word in name for word in ("global_pool", "avgpool", "adaptive_avg_pool2d")):
                break
            x = part(x)
    return x.shape[-1]


@pytest.mark.parametrize(("family", "name"), NETS, ids=[name for _, name in NETS])
def test_the_small_stem_keeps_the_side(family: Any, name: str) -> None:
    """A quarter (with pooling) or a half of the side is no longer lost: 32 px end as 4 or 2 px instead of 1."""
    little, large = family(name, 3, size=32), family(name, 3, size=32, small=False)
    assert (little.small, large.small) == (True, False)
    pooled = "resnet" in name or "densenet" in name
    assert side_after(large, 32) == 1
    assert side_after(little, 32) == (4 if pooled else 2)
    first = next(module for module in little.modules() if isinstance(module, nn.Conv2d))
    assert first.kernel_size == (3, 3)
    assert first.stride == (1, 1)


def test_above_64_px_and_with_weights_the_stem_stays(tmp_path: Path) -> None:
    assert not timm("resnet18", 3, size=65).small
    assert not timm("resnet18", 3).small
    save_file(timm("resnet18", 3).tensors(), tmp_path / "large.safetensors")
    save_file(timm("resnet18", 3, size=32).tensors(), tmp_path / "little.safetensors")
    assert not timm("resnet18", None, size=32, weights=str(tmp_path / "large.safetensors")).small
    again = timm("resnet18", None, size=32, small=True, weights=str(tmp_path / "little.safetensors"))
    assert again.small
    with pytest.raises(OptionError, match="stem that published weights need"):
        timm("resnet18", 3, small=True, download=True)


def test_networks_without_such_a_stem() -> None:
    assert not timm("test_vit", 3, size=32).small
    with pytest.raises(OptionError, match="has no stem that small=True could change"):
        timm("test_vit", 3, small=True)


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_inflated_weights_in_closed_form(channels: int) -> None:
    weight = torch.randn(5, 3, 3, 3)
    got = inflate(weight, channels)
    assert got.shape == (5, channels, 3, 3)
    for place in range(channels):
        want = weight.sum(1) if channels == 1 else weight[:, place % 3] * 3 / channels
        torch.testing.assert_close(got[:, place], want)


@pytest.mark.parametrize(
    ("family", "name"), [(timm, "test_resnet"), (timm, "test_vit"), (torchvision, "shufflenet_v2_x0_5")]
)
def test_grey_pictures_and_repeated_channels_give_the_same_answer(family: Any, name: str, tmp_path: Path) -> None:
    """One channel answers as three equal ones do; six channels that are the three twice as the three do."""
    torch.manual_seed(0)
    net = family(name, 4).eval()
    save_file(net.tensors(), tmp_path / "w.safetensors")
    grey, twice = (family(name, None, channels=c, weights=str(tmp_path / "w.safetensors")).eval() for c in (1, 6))
    size = net.preprocess["size"]
    x = torch.rand(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(grey(x[:, :1]), net(x[:, :1].expand(-1, 3, -1, -1)), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(twice(torch.cat([x, x], 1)), net(x), atol=1e-5, rtol=1e-4)


def test_the_preprocessing_of_other_channels() -> None:
    assert over((0.2, 0.4, 0.6), 3) == (0.2, 0.4, 0.6)
    assert over((0.2, 0.4, 0.6), 1) == pytest.approx((0.4,))
    assert over((0.2, 0.4, 0.6), 5) == (0.2, 0.4, 0.6, 0.2, 0.4)
    assert len(timm("test_resnet", 2, channels=5).preprocess["std"]) == 5
