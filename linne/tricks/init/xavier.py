"""xavier: weights between keeping the signal's and the gradient's spread (Glorot & Bengio 2010, AISTATS)."""

import math

from torch import nn

from ._layers import attentions, clear, fans, gain, layers, some, spread


def xavier(module: nn.Module, *, activation: str = "linear", distribution: str = "uniform") -> nn.Module:
    """Convolutions, linear layers and attentions: variance gain^2 2 / (fan in + fan out), biases 0 (eq. 12).

    Fans are those of a group where there are groups. `activation`: the function after each layer, whose gain^2 is 1 / E
    f(z)^2. `distribution`: "uniform" or "normal". Returns the module. Raises OptionError where it has no such layer.
    """
    found, joined = list(layers(module)), list(attentions(module))
    some(bool(found), "xavier", "convolution or linear layer")
    keep = gain(activation)
    for layer in found:
        spread(layer.weight, keep * math.sqrt(2 / sum(fans(layer))), distribution)
        clear(layer)
    for part in joined:
        if part.in_proj_weight is not None:  # three square matrices in one
            spread(part.in_proj_weight, keep * math.sqrt(1 / part.embed_dim), distribution)
        clear(part)
    return module
