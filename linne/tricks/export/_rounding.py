"""Numbers in 8 bits: which whole weights, and which range of an activation, lose the least on own pictures.

Weights are rounded one after another, each of a row making up for the errors of those before it, as weighed by how
inputs go together (Frantar et al. 2023, ICLR, arXiv:2210.17323); what is left of the mean goes into the bias (Nagel et
al. 2019, arXiv:1906.04721, section 4.2).
"""

from typing import Any

import numpy as np

DAMP = 0.01
"""Added to the diagonal of the inputs' covariance, as a share of its mean."""
WIDEST = 2304
"""Weights a row up to which their inputs' covariance is held; beyond it each weight is rounded by itself."""
SHRINKS = np.linspace(1, 0.4, 25)
"""Shares of the widest range that are tried."""
LARGEST = 2**30
"""Of a bias in whole numbers."""


def span(low: float, high: float) -> tuple[np.float32, np.uint8]:
    """(scale, zero point) of uint8 numbers that hold 0 and reach from low to high."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32((high - low) / 255 or 1.0)
    return scale, np.uint8(np.clip(round(-low / float(scale)), 0, 255))


def closest(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The range, low and high drawn in alike, of which values (n,) are the nearest when rounded: least squares."""
    lost = []
    for share in SHRINKS:
        scale, zero = span(low * share, high * share)
        whole = np.clip(np.rint(values / scale) + float(zero), 0, 255)
        lost.append(float(np.mean(((whole - float(zero)) * scale - values) ** 2)))
    share = float(SHRINKS[int(np.argmin(lost))])
    return low * share, high * share


def rounded(weights: np.ndarray, spread: "np.ndarray | None", least: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((g, r, d) whole numbers -127 to 127, (g, r) scales) of weights (g, r, d).

    spread: (g, d, d) covariance of their inputs, None to round each by itself. least: (g, r), no scale is smaller.
    """
    scale = np.maximum(np.abs(weights).max(2) / 127, np.maximum(least, 1e-12))
    if spread is None:
        return np.clip(np.rint(weights / scale[..., None]), -127, 127).astype(np.int8), scale.astype(np.float32)
    left, width = weights.astype(np.float64), weights.shape[2]
    own = np.trace(spread, axis1=1, axis2=2)[:, None, None] / width
    inverse = np.linalg.inv(spread.astype(np.float64) + (DAMP * own + 1e-12) * np.eye(width))
    part = np.linalg.cholesky((inverse + inverse.transpose(0, 2, 1)) / 2).transpose(0, 2, 1)
    out = np.zeros(weights.shape, np.int8)
    for place in range(width):
        whole = np.clip(np.rint(left[:, :, place] / scale), -127, 127)
        out[:, :, place] = whole
        error = (left[:, :, place] - whole * scale) / part[:, place, place][:, None]
        left[:, :, place:] -= error[:, :, None] * part[:, None, place, place:]
    return out, scale.astype(np.float32)


class Inputs:
    """What a layer was given, place by place: sums for the mean (g, d) and the covariance (g, d, d)."""

    def __init__(self, groups: int, width: int) -> None:
        self.n, self.total = 0, np.zeros((groups, width))
        self.products: Any = np.zeros((groups, width, width)) if width <= WIDEST else None

    def add(self, rows: np.ndarray) -> None:
        """rows: (g, n, d)."""
        self.n += rows.shape[1]
        self.total += rows.sum(1)
        if self.products is not None:
            self.products += np.matmul(rows.transpose(0, 2, 1), rows)

    def mean(self) -> np.ndarray:
        """(g, d)."""
        return self.total / max(self.n, 1)

    def spread(self) -> "np.ndarray | None":
        """(g, d, d), None where it is too wide to be held."""
        if self.products is None:
            return None
        mean = self.mean()
        return self.products / max(self.n, 1) - mean[:, :, None] * mean[:, None, :]
