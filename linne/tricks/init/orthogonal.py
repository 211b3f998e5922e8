"""orthogonal: weights that turn the signal without stretching it (Saxe et al. 2014, arXiv:1312.6120)."""

from torch import nn

from ._layers import clear, gain, layers, some, turn


def orthogonal(module: nn.Module, *, activation: str = "relu") -> nn.Module:
    """Each layer as a matrix of outputs x the rest has orthonormal rows (or columns) times the gain; biases 0.

    A grouped convolution has such a matrix per group, so that a depthwise filter has length gain. gain^2 = 1 / E f(z)^2
    for the `activation` f after each layer (2 for relu). Returns the module. Raises OptionError where it has no layer.
    """
    found = list(layers(module))
    some(bool(found), "orthogonal", "convolution or linear layer")
    keep = gain(activation)
    for layer in found:
        turn(layer, keep)
        clear(layer)
    return module
