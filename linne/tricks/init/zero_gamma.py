"""zero_gamma: residual branches begin at nothing, so that every block begins as identity (Goyal et al. 2017, 5.1)."""

from torch import nn

from ._branches import silence
from ._layers import some


def zero_gamma(module: nn.Module) -> nn.Module:
    """The scale of the last norm of every residual branch that can be told to 0 (arXiv:1706.02677). Returns the module.

    Told are torchvision's and timm's residual blocks, and any other that names its shortcut so. Raises OptionError
    where there is none.
    """
    some(silence(module) > 0, "zero_gamma", "residual branch that ends in a norm with a scale")
    return module
