"""Networks to operate on: a plain one of every common layer, and the zoo's by name; and what a module was given."""

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from linne.core.lookup import find, offer


class Toy(nn.Module):
    """What every network of ours has, on a row of layers: 12 px, three channels, three classes."""

    name, channels = "toy", 3

    def __init__(self, body: nn.Module, width: int = 16, size: int = 12) -> None:
        super().__init__()
        self.body, self.width = body, width
        self.head = nn.Linear(width, 3)
        self.preprocess = {"size": size}

    def features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def row() -> nn.Module:
    return nn.Sequential(OrderedDict([
        ("conv1", nn.Conv2d(3, 8, 3, padding=1)), ("bn1", nn.BatchNorm2d(8)), ("act1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)), ("conv2", nn.Conv2d(8, 8, 3, padding=1)), ("bn2", nn.BatchNorm2d(8)),
        ("act2", nn.ReLU()), ("conv3", nn.Conv2d(8, 16, 3, padding=1, bias=False)), ("bn3", nn.BatchNorm2d(16)),
        ("act3", nn.ReLU()), ("pool2", nn.AvgPool2d(2)), ("flat", nn.Flatten()), ("fc", nn.Linear(144, 16)),
        ("act4", nn.ReLU()),
    ]))  # fmt: skip


def lived(net: Any) -> Any:
    """With weights and averages that are nobody's beginning, in evaluation."""
    torch.manual_seed(1)
    for part in net.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.5, 2)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.2)
    return net.eval()


def network(name: str = "toy", size: int = 12, classes: int = 3) -> Any:
    torch.manual_seed(0)
    if name == "toy":
        return lived(Toy(row()))
    return lived(offer(find("model", name), classes=classes, channels=3, size=size))


@pytest.fixture
def make() -> Callable[..., Any]:
    return network


@pytest.fixture
def toy() -> Callable[..., Any]:
    return lambda *layers, width=16, size=12: lived(Toy(nn.Sequential(*layers), width, size))


@pytest.fixture
def given() -> Callable[..., Any]:
    """given(net, path, x): (what went into the module at that path, what came out) as x passes through the network."""

    def watch(net: Any, path: str, x: Tensor) -> tuple[Tensor, Tensor]:
        seen = {}
        hook = net.get_submodule(path).register_forward_hook(
            lambda module, args, out: seen.update(x=args[0].clone(), y=out.clone())
        )
        with torch.no_grad():
            net(x)
        hook.remove()
        return seen["x"], seen["y"]

    return watch


@pytest.fixture
def pictures() -> Callable[..., Tensor]:
    return lambda size=12, n=4: torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def twin() -> Callable[[Any], Any]:
    return copy.deepcopy
