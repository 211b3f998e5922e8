"""Keep gradients and state in their parameter's memory layout, as torch's fused kernels silently assume.

On the CPU a fused step walks all its tensors by address: with a channels_last weight and a row-major gradient, or state
that a checkpoint gave back row-major, it pairs the wrong numbers without a word (found with torch 2.15). Sums over a
tensor also depend on its layout in their last bit, so resuming to the same bytes needs the layout too.
"""

from typing import Any, TypeVar

import torch

Any_Optimizer = TypeVar("Any_Optimizer", bound=torch.optim.Optimizer)
FUSED = frozenset({"cpu", "cuda", "mps", "xpu"})


def fastest(groups: list[dict[str, Any]]) -> dict[str, bool]:
    """Options for SGD and Adam: fused where there is such a kernel (not for weights that are
    spread over processes), else one call for all tensors.

    ResNet-18 on one core, processor ms a step, plain / fused: SGD 23 / 14, AdamW 31 / 22 (bench/optimizers.py).
    """
    tensors = [item[1] if isinstance(item, tuple) else item for group in groups for item in group["params"]]
    fused = all(tensor.device.type in FUSED and not hasattr(tensor, "full_tensor") for tensor in tensors)
    return {"fused": True} if fused else {"foreach": True}


def tended(optimizer: Any_Optimizer) -> Any_Optimizer:
    """The same optimizer, which from now on aligns gradients before each step and its state after each load."""
    optimizer.register_step_pre_hook(_wrap_closure)
    optimizer.register_load_state_dict_post_hook(align_state)
    return optimizer


def align_state(optimizer: torch.optim.Optimizer) -> None:
    """Make the state this optimizer's own: copies (torch keeps the loaded tensors), in their parameters' layout."""
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                state[key] = _like(parameter, value.clone())


def align_gradients(optimizer: torch.optim.Optimizer) -> None:
    """Give every gradient its parameter's layout."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None and parameter.grad.stride() != parameter.stride():
                parameter.grad = _like(parameter, parameter.grad)


def _wrap_closure(optimizer: torch.optim.Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    closure = args[1] if len(args) > 1 else kwargs.get("closure")
    if closure is None:
        align_gradients(optimizer)
        return args, kwargs

    def aligned() -> Any:
        loss = closure()
        align_gradients(optimizer)
        return loss

    return (optimizer, aligned), {}


def _like(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    if value.shape != parameter.shape or value.stride() == parameter.stride() or value.layout != torch.strided:
        return value
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
