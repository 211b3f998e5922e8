import math

import pytest
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find

FANS = {"conv": (64 * 9, 128 * 9), "grouped": (32 * 9, 64 * 9), "depthwise": (9, 9), "hidden": (300, 200)}


@pytest.mark.parametrize("fan", ["in", "out"])
@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_variance(wide, fan, distribution) -> None:
    """2 / fan, within its group: torch counts 2,048 times too many outputs for the depthwise filter."""
    assert find("init", f"kaiming(fan={fan}, distribution={distribution})")(wide) is wide
    for name, fans in FANS.items():
        layer = getattr(wide, name)
        assert layer.weight.var().item() == pytest.approx(2 / fans[fan == "out"], rel=0.03), name
        assert layer.weight.mean().abs() < 4 * math.sqrt(2 / fans[fan == "out"] / layer.weight.numel())
        assert (layer.bias == 0).all()
    if distribution == "uniform":
        assert wide.conv.weight.abs().max() <= math.sqrt(6 / FANS["conv"][fan == "out"])
    assert (wide.norm.weight == 7).all(), "norms are not its business"


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "gelu", "silu", "mish", "tanh", "elu", "selu", "sigmoid"])
def test_an_activations_gain_keeps_the_mean_square(activation) -> None:
    """Ten layers forward: what goes into the activation stays a unit normal."""
    torch.manual_seed(1)
    layer, x = nn.Linear(1024, 1024), torch.randn(256, 1024)
    slope = 0.3 if activation == "leaky_relu" else 0.0
    shape = (
        {"leaky_relu": lambda z: nn.functional.leaky_relu(z, slope)}.get(activation)
        or getattr(torch, activation, None)
        or getattr(nn.functional, activation)
    )
    x = shape(x)
    for _ in range(10):
        find("init", f"kaiming(fan=in, activation={activation}, slope={slope})")(layer)
        z = layer(x).detach()
        x = shape(z)
    assert z.square().mean().item() == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize(
    "spec", ["kaiming(fan=both)", "kaiming(activation=rely)", "kaiming(slope=.1)", "kaiming(distribution=flat)"]
)
def test_refuses(wide, spec) -> None:
    with pytest.raises(OptionError):
        find("init", spec)(wide)


def test_refuses_a_network_without_layers() -> None:
    with pytest.raises(OptionError, match="changes nothing"):
        find("init", "kaiming")(nn.ReLU())
