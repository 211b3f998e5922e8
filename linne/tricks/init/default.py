"""default: how a network begins that is trained from scratch (He et al. 2015; Goyal et al. 2017; timm's practice)."""

import math

import torch
from torch import Tensor, nn

from ._branches import silence
from ._layers import Layer, attentions, clear, fans, is_norm, layers, some, spread

HEAD = 0.02


@torch.no_grad()
def default(module: nn.Module, *, residual: str = "zero") -> nn.Module:
    """Convolutions Kaiming by fan-out (arXiv:1502.01852), the head a truncated normal of deviation .02, biases 0.

    Norms scale by 1 and shift by 0; with `residual` "zero" the last norm of each residual branch that can be told
    scales by 0 (arXiv:1706.02677), with "keep" it does not. Linear layers before the head are Kaiming by fan-in, or, in
    a network with layer norms, truncated normals as its head. Returns the module. Raises OptionError for a network
    without layers.
    """
    from linne.core.errors import OptionError

    if residual not in ("zero", "keep"):
        raise OptionError(f"default(residual={residual!r}): 'zero' or 'keep'.")
    found = list(layers(module))
    some(bool(found), "default", "convolution or linear layer")
    head = {id(part) for part in _head(module, found).modules()}
    calm = any("LayerNorm" in type(part).__name__ for part in module.modules())
    for layer in found:
        _begin(layer, id(layer) in head or (calm and isinstance(layer, nn.Linear)))
    for part in attentions(module):
        if part.in_proj_weight is not None:
            nn.init.trunc_normal_(part.in_proj_weight, std=HEAD)
        clear(part)
    for part in module.modules():
        if is_norm(part) and isinstance(getattr(part, "weight", None), Tensor):
            part.weight.fill_(1.0)  # type: ignore[operator]
            clear(part)
    if residual == "zero":
        silence(module)
    return module


def _begin(layer: Layer, small: bool) -> None:
    if small:
        nn.init.trunc_normal_(layer.weight, std=HEAD)
    else:
        fan = fans(layer)[0 if isinstance(layer, nn.Linear) else 1]
        spread(layer.weight, math.sqrt(2 / fan), "normal")
    clear(layer)


def _head(module: nn.Module, found: list[Layer]) -> nn.Module:
    own = getattr(module, "head", None)
    own = module.get_classifier() if own is None and hasattr(module, "get_classifier") else own  # type: ignore[operator]
    return own if isinstance(own, nn.Module) and any(True for _ in layers(own)) else found[-1]
