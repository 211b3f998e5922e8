from collections.abc import Callable

import pytest
import torch

from linne.core.lookup import find


def test_published_counts(counted: Callable[..., tuple[int, float]]) -> None:
    """osmr/imgclsmob, pytorch/README.md: BN-Inception, 11,295,240 parameters and 2,048.06 M multiply-adds."""
    for name in ("bn_inception", "inception_v2"):
        parameters, macs = counted(name)
        assert parameters == 11295240
        assert macs == pytest.approx(2048.06e6, rel=0.01)


def test_maps_and_sides_of_the_paper() -> None:
    """Figure 5 of the paper: sides and maps after each group of mixes."""
    net = find("model", "bn_inception")(classes=2).eval()
    x, seen = torch.zeros(1, 3, 224, 224), {}
    with torch.no_grad():
        for name, layer in net.body.named_children():
            x = layer(x)
            seen[name] = tuple(x.shape[1:3])
    assert seen["pool1"] == (64, 56)
    assert seen["pool2"] == (192, 28)
    assert [seen[f"mix{name}"] for name in ("3a", "3b", "3c", "4a", "4e", "5b")] == [
        (256, 28), (320, 28), (576, 14), (576, 14), (1056, 7), (1024, 7)]  # fmt: skip


def test_odd_sides() -> None:
    net = find("model", "bn_inception")(classes=2, size=100).eval()
    assert net(torch.zeros(1, 3, 100, 100)).shape == (1, 2)
