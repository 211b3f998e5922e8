"""kaiming: weights that keep the signal's spread through an activation (He et al. 2015, arXiv:1502.01852)."""

import math

from torch import nn

from ._layers import clear, fans, gain, layers, some, spread


def kaiming(
    module: nn.Module,
    *,
    fan: str = "out",
    activation: str = "relu",
    slope: float = 0.0,
    distribution: str = "normal",
) -> nn.Module:
    """Convolutions and linear layers: mean 0, deviation gain / sqrt(fan), biases 0 (equations 10 and 14).

    `fan`: "in" keeps the spread forward, "out" backward; within a group where there are groups. gain^2 = 1 / E f(z)^2
    for the `activation` f after each layer (2 for relu; leaky_relu by its `slope`). `distribution`: "normal" or
    "uniform". Returns the module. Raises OptionError where it has no such layer, or for options that are not there.
    """
    from linne.core.errors import OptionError

    if fan not in ("in", "out"):
        raise OptionError(f"kaiming(fan={fan!r}): 'in' or 'out'.")
    if slope and activation != "leaky_relu":
        raise OptionError(f"kaiming(slope={slope}): only activation=leaky_relu has a slope.")
    found = list(layers(module))
    some(bool(found), "kaiming", "convolution or linear layer")
    keep = gain(activation, slope)
    for layer in found:
        spread(layer.weight, keep / math.sqrt(fans(layer)[fan == "out"]), distribution)
        clear(layer)
    return module
