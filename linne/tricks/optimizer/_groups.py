"""What every optimizer checks before it begins: its groups of parameters and its options."""

import math
from collections.abc import Sequence
from typing import Any

from linne.core.errors import OptionError

Groups = Sequence[dict[str, Any]]
"""Dicts with "params" (list of tensors), "lr" (peak rate), and maybe "weight_decay", "name", "param_names"."""


def need(holds: bool, text: str) -> None:
    """Raise OptionError(text) unless `holds`."""
    if not holds:
        raise OptionError(text)


def pair(name: str, betas: Sequence[float]) -> tuple[float, float]:
    """Two decay rates of running means, each in [0, 1); raises OptionError otherwise."""
    right = isinstance(betas, Sequence) and len(betas) == 2 and all(0 <= float(beta) < 1 for beta in betas)
    need(right, f"{name}(betas={betas}): two numbers in [0, 1) are needed, as in betas=(.9,.999).")
    return float(betas[0]), float(betas[1])


def checked(name: str, groups: Groups) -> list[dict[str, Any]]:
    """Copies of the groups, so that one list can build several optimizers.

    Raises OptionError for a rate or decay that is missing, negative or not finite, and for parameters of less than 32
    bits: in these a step below 0.4 % of a weight is rounded away, so they are kept in float32 under mixed precision.
    """
    made = [{"weight_decay": 0.0, **group} for group in groups]
    need(bool(made), f"{name}: no parameters were given.")
    for group in made:
        for key in ("lr", "weight_decay"):
            value = group.get(key)
            good = isinstance(value, (int, float)) and math.isfinite(value) and value >= 0
            need(good, f"{name}: a group's {key!r} is a finite number of at least 0, got {value!r}.")
        group["params"] = list(group["params"])
        for item in group["params"]:
            tensor = item[1] if isinstance(item, tuple) else item
            full = tensor.is_floating_point() and tensor.element_size() >= 4
            need(
                full, f"{name} steps float32 weights, got {tensor.dtype}. Keep weights in float32 and autocast instead."
            )
    return made
