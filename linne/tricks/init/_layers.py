"""What begins where in a network: its layers with weights, how many numbers feed them, and what keeps their scale."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from linne.core.errors import OptionError, nearest

Layer = nn.modules.conv._ConvNd | nn.Linear
NORMS = ("BatchNorm", "GroupNorm", "LayerNorm", "InstanceNorm", "RmsNorm", "RMSNorm", "FrozenBatchNorm")


def layers(module: nn.Module) -> Iterator[Layer]:
    """Convolutions and linear layers in the order of their making."""
    return (part for part in module.modules() if isinstance(part, Layer))


def attentions(module: nn.Module) -> Iterator[nn.MultiheadAttention]:
    """torch's own attentions, whose projections are bare parameters."""
    return (part for part in module.modules() if isinstance(part, nn.MultiheadAttention))


def is_norm(module: nn.Module) -> bool:
    """Whether a module is a normalisation, of torch or of timm."""
    return type(module).__name__.startswith(NORMS)


def fans(layer: Layer) -> tuple[int, int]:
    """(numbers that feed one output, numbers that one input feeds): those of its own group alone.

    torch's own count takes all outputs of a grouped convolution for its fan-out: 32 times too many where there are 32
    groups, so that a depthwise filter would begin almost at zero.
    """
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    field = math.prod(layer.kernel_size)
    return layer.in_channels // layer.groups * field, layer.out_channels // layer.groups * field


def gain(activation: str, slope: float = 0.0) -> float:
    """What keeps a unit normal's mean square after `activation`: 1 / sqrt(E f(z)^2); `slope` of leaky_relu below 0.

    Exact for relu (sqrt 2) and leaky_relu; others by Gauss-Hermite quadrature. tanh: 1.59, torch's table has 5/3.
    Raises OptionError for one that is not known.
    """
    shapes: dict[str, Any] = {
        "linear": lambda z: z,
        "relu": torch.relu,
        "leaky_relu": lambda z: torch.where(z > 0, z, slope * z),
        "gelu": torch.nn.functional.gelu,
        "silu": torch.nn.functional.silu,
        "mish": torch.nn.functional.mish,
        "hardswish": torch.nn.functional.hardswish,
        "elu": torch.nn.functional.elu,
        "selu": torch.selu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
    }
    if activation not in shapes:
        raise OptionError(f"There is no activation {activation!r} here. {nearest(activation, shapes)}")
    if activation in ("relu", "leaky_relu"):
        return math.sqrt(2 / (1 + slope**2)) if activation == "leaky_relu" else math.sqrt(2)
    places, weights = np.polynomial.hermite_e.hermegauss(100)
    values = shapes[activation](torch.from_numpy(places)).numpy()
    return float(1 / math.sqrt((weights * values**2).sum() / weights.sum()))


@torch.no_grad()
def spread(weight: Tensor, deviation: float, distribution: str) -> None:
    """Fill `weight` with draws of mean 0 and this standard deviation: "normal" or "uniform"."""
    if distribution == "normal":
        weight.normal_(0, deviation)
    elif distribution == "uniform":
        weight.uniform_(-math.sqrt(3) * deviation, math.sqrt(3) * deviation)
    else:
        raise OptionError(f"distribution={distribution!r}: 'normal' or 'uniform'.")


@torch.no_grad()
def turn(layer: Layer, length: float) -> None:
    """Fill a layer's weight with a random orthogonal matrix (outputs x the rest) times `length`, group by group."""
    drawn = torch.empty_like(layer.weight, memory_format=torch.contiguous_format)
    for part in drawn.flatten(1).chunk(getattr(layer, "groups", 1)):
        nn.init.orthogonal_(part, length)
    layer.weight.copy_(drawn)


@torch.no_grad()
def clear(layer: nn.Module) -> None:
    """Biases to 0."""
    for name in ("bias", "in_proj_bias"):
        bias = getattr(layer, name, None)
        if isinstance(bias, Tensor):
            bias.zero_()


def some(found: bool, name: str, what: str) -> None:
    """Raise OptionError where an initialisation would change nothing."""
    if not found:
        raise OptionError(f"init {name!r} changes nothing here: the network has no {what}.")
