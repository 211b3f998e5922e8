"""lsuv: orthogonal weights, then every layer's output at unit variance (Mishkin & Matas 2016, arXiv:1511.06422)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from linne.core.errors import InputError

from ._layers import Layer, clear, layers, some, turn


@torch.no_grad()
def lsuv(module: nn.Module, example: Tensor, *, orthonormal: bool = True) -> nn.Module:
    """Algorithm 1: each convolution and linear layer, as they run, gives variance 1 on `example` (B, C, H, W).

    A layer is scaled while the example passes through it, so one pass does them all, exactly: what follows already sees
    its new output. `orthonormal`: weights are drawn so first; otherwise they are only scaled. Biases are 0. Batch norms
    measure the example and learn nothing from it; dropout is off. Returns the module. Raises InputError where a layer's
    output does not vary, as with a single or an empty picture, OptionError where there is no layer.
    """
    some(any(True for _ in layers(module)), "lsuv", "convolution or linear layer")
    done: set[int] = set()
    with ExitStack() as stack:
        stack.enter_context(_measuring(module))
        for name, layer in module.named_modules():
            if isinstance(layer, Layer):
                if orthonormal:
                    turn(layer, 1.0)
                clear(layer)
                hook = layer.register_forward_hook(partial(_scale, name, done))
                stack.callback(hook.remove)
        module(example)
    return module


def _scale(name: str, done: set[int], layer: Any, inputs: Any, output: Tensor) -> Tensor:
    """Divide the layer's weight, and this output of it, by the output's deviation; once a layer."""
    if id(layer) in done:
        return output
    done.add(id(layer))
    deviation = output.float().std(correction=0)
    if not (torch.isfinite(deviation) and deviation > 1e-8):
        raise InputError(f"lsuv: the output of {name} does not vary over the example; give a batch of real pictures.")
    layer.weight.div_(deviation)
    return output / deviation


@contextmanager
def _measuring(module: nn.Module) -> Iterator[None]:
    """Training mode without dropout; afterwards modes and buffers are as they were."""
    modes = [(part, part.training) for part in module.modules()]
    kept = [(buffer, buffer.clone()) for buffer in module.buffers()]
    try:
        module.train()
        for part in module.modules():
            if "Drop" in type(part).__name__:
                part.eval()
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for buffer, value in kept:
            buffer.copy_(value)
