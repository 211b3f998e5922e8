"""The last norm of a residual branch: where a block's shortcut can be told from its branch."""

from typing import Any

import torch
from torch import nn

from ._layers import Layer, is_norm

SHORTCUTS = ("downsample", "shortcut", "skip")
FLAGS = ("use_res_connect", "has_skip", "has_residual")


@torch.no_grad()
def silence(module: nn.Module) -> int:
    """Set the scale of every branch's last norm to 0; how many there were."""
    blocks = [part for part in module.modules() if _is_block(part)]
    ends = [_last(block) for block in blocks if sum(map(_is_block, block.modules())) == 1]
    for norm in (end for end in ends if end is not None):
        norm.weight.zero_()
    return sum(end is not None for end in ends)


def _is_block(part: nn.Module) -> bool:
    held = {*part.__dict__, *part._modules}
    return bool(held & {*SHORTCUTS, *FLAGS}) or hasattr(part, "zero_init_last")


def _last(block: Any) -> Any:
    """The norm with a scale that ends the block's branch; None where the block has no shortcut or ends otherwise."""
    flags = [getattr(block, name) for name in FLAGS if hasattr(block, name)]
    if flags and not any(flags):
        return None
    aside = [part for name in SHORTCUTS if isinstance(part := getattr(block, name, None), nn.Module)]
    outside = {id(part) for shortcut in (*aside, *_gates(block)) for part in shortcut.modules()}
    own = [part for part in block.modules() if id(part) not in outside and (isinstance(part, Layer) or is_norm(part))]
    ends = len(own) > 1 and is_norm(own[-1]) and isinstance(own[-1].weight, torch.Tensor)
    return own[-1] if ends else None


def _gates(block: nn.Module) -> list[nn.Module]:
    """Attention over channels, which scales what the norm gave: it may stand behind the last norm."""
    return [part for name, part in block.named_children() if name in ("se", "attn", "se_module", "attn_last")]
