"""What the mixes share: partners within the cell, draws for the cell or for each row, and what they can be used on."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError


def partners(rng: np.random.Generator, images: Tensor) -> Tensor:
    """(B,) int64 a permutation of the cell: every row is somebody's partner once."""
    return torch.from_numpy(rng.permutation(len(images))).to(images.device)


def each(name: str, per: str) -> bool:
    """Whether every row has draws of its own; raises OptionError for anything but "cell" and "row"."""
    if per not in ("cell", "row"):
        raise OptionError(f"{name}: per is 'cell' (one draw for 16 rows) or 'row', got {per!r}.")
    return per == "row"


def column(values: np.ndarray, like: Tensor) -> Tensor:
    """(B,) numbers as (B, 1, ..., 1) on the device, and of the type, of `like`."""
    return torch.from_numpy(values).to(like).view(-1, *[1] * (like.dim() - 1))


def maps(name: str, images: Tensor) -> tuple[int, int]:
    """(height, width) of (B, C, H, W); raises OptionError for what is no picture and no map."""
    if images.dim() != 4:
        raise OptionError(
            f"{name} cuts pictures or maps (B, C, H, W), and is given {tuple(images.shape)}. Take mixup, which blends "
            "anything."
        )
    return int(images.shape[-2]), int(images.shape[-1])


def some(name: str, p: float) -> None:
    """Raises OptionError unless p is above 0 up to 1."""
    if not 0 < p <= 1:
        raise OptionError(f"{name}: p, the share of cells that are mixed, is above 0 up to 1, got {p}.")


def shares(targets: Tensor, parts: "list[tuple[Tensor | None, float]]") -> Tensor:
    """(B, K) the sum of the parts' targets by their shares; a part is a permutation, or None for the rows' own."""
    total = torch.zeros_like(targets)
    for order, share in parts:
        total += share * (targets if order is None else targets[order])
    return total
