"""torch's calls on lists of tensors by short names: `each.mul_(params, .9)` is `torch._foreach_mul_(params, .9)`."""

from typing import Any

import torch


def __getattr__(name: str) -> Any:
    return getattr(torch, f"_foreach_{name}")
