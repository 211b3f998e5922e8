"""cutmix: paste a rectangle of another picture, and as much of its label (Yun et al. 2019, arXiv:1905.04899)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import column, each, partners


def cutmix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 1.0, p: float = 0.5, per: str = "cell"
) -> tuple[Tensor, Tensor]:
    """In a share p of the cells paste into each image (B, C, H, W) the same rectangle of another of the cell.

    Its area is a share 1 - Beta(alpha, alpha) of the picture, its centre anywhere; what lies outside is cut off, and
    targets (B, K) follow the area that is really covered. per: "row" draws all of this, p too, for each row by itself.
    Raises OptionError unless alpha > 0 and 0 < p <= 1, and for another per.
    """
    if not alpha > 0 or not 0 < p <= 1:
        raise OptionError(f"cutmix: alpha must be above 0 and p above 0 up to 1, got alpha={alpha}, p={p}.")
    if each("cutmix", per):
        return _rows(images, targets, rng, alpha, p)
    if rng.random() >= p:
        return images, targets
    high, wide = images.shape[-2:]
    side = np.sqrt(1 - rng.beta(alpha, alpha))
    y, x = rng.integers(high), rng.integers(wide)
    top, bottom = (int(np.clip(y + sign * int(high * side) // 2, 0, high)) for sign in (-1, 1))
    left, right = (int(np.clip(x + sign * int(wide * side) // 2, 0, wide)) for sign in (-1, 1))
    other = partners(rng, images)
    images = images.clone()
    images[..., top:bottom, left:right] = images[other][..., top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (high * wide)
    return images, torch.lerp(targets[other], targets, share)


def _rows(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float, p: float) -> tuple[Tensor, Tensor]:
    count, (high, wide) = len(images), images.shape[-2:]
    side = np.where(rng.random(count) < p, np.sqrt(1 - rng.beta(alpha, alpha, count)), 0)
    rows = _span(rng.integers(high, size=count), high, side)
    columns = _span(rng.integers(wide, size=count), wide, side)
    other = partners(rng, images)
    inside = torch.from_numpy(rows[:, None, :, None] & columns[:, None, None, :]).to(images.device)
    share = 1 - rows.mean(1) * columns.mean(1)
    return torch.where(inside, images[other], images), torch.lerp(targets[other], targets, column(share, targets))


def _span(centre: np.ndarray, length: int, side: np.ndarray) -> np.ndarray:
    """(B, length) bool: places less than half of side * length from the centre."""
    whole, place = (length * side).astype(int), np.arange(length)
    return (place >= (centre + -whole // 2)[:, None]) & (place < (centre + whole // 2)[:, None])
