"""Differentiable augmentation (Zhao et al. 2020, arXiv:2006.10738): what the critic sees, real or drawn, is varied."""

from collections.abc import Callable

import torch
from torch import Tensor

NUMBERS = 7
"""Draws a picture: brightness, saturation, contrast, two of translation, two of cutout."""


def vary(x: Tensor, draws: Tensor, ways: "tuple[str, ...]") -> Tensor:
    """Pictures (B, C, S, S), varied in these of WAYS; gradients go through. draws: (B, 7) in 0..1, each row's own."""
    draws = draws.to(x.dtype)
    for way in ways:
        x = WAYS[way](x, draws)
    return x


def uniform(normal: Tensor) -> Tensor:
    """Standard normal draws as uniform ones in 0..1: their rank."""
    return torch.special.ndtr(normal)


def _colour(x: Tensor, draws: Tensor) -> Tensor:
    """x + u - 1/2, then saturation times 2u around the channels' mean, then contrast times u + 1/2 around the mean."""
    bright, rich, contrast = draws[:, :3, None, None].unbind(1)
    x = x + (bright[:, None] - 0.5)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * (2 * rich[:, None]) + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (contrast[:, None] + 0.5) + mean


def _translation(x: Tensor, draws: Tensor) -> Tensor:
    """Moved by whole pixels, at most an eighth of the side each way; 0 comes in."""
    side = x.shape[2]
    most = round(side / 8)
    moved = (draws[:, 3:5] * (2 * most + 1)).floor().clamp(max=2 * most).long() - most
    places = torch.arange(side, device=x.device)
    ys, xs = (places + moved[:, k, None] for k in (0, 1))
    inside = ((ys >= 0) & (ys < side))[:, None, :, None] & ((xs >= 0) & (xs < side))[:, None, None, :]
    row = torch.arange(len(x), device=x.device)[:, None, None]
    ys, xs = ys.clamp(0, side - 1)[:, :, None], xs.clamp(0, side - 1)[:, None, :]
    return x.permute(0, 2, 3, 1)[row, ys, xs].permute(0, 3, 1, 2) * inside


def _cutout(x: Tensor, draws: Tensor) -> Tensor:
    """A square of half the side, its centre anywhere, is 0."""
    side = x.shape[2]
    half = round(side / 2)
    first = (draws[:, 5:7] * (side + 1 - half % 2)).floor().clamp(max=side - half % 2) - half // 2
    places = torch.arange(side, device=x.device)
    ys, xs = ((places >= first[:, k, None]) & (places < first[:, k, None] + half) for k in (0, 1))
    return x * ~(ys[:, None, :, None] & xs[:, None, None, :])


WAYS: "dict[str, Callable[[Tensor, Tensor], Tensor]]" = {
    "colour": _colour,
    "translation": _translation,
    "cutout": _cutout,
}
"""By name: what is done to pictures (B, C, S, S) by draws (B, 7)."""
