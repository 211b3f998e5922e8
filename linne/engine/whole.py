"""A method fitted to features, all rows in every step: a linear head in seconds, the same each time.

The features are turned to their principal axes as the first classifier's are (solve.py), of which the AXES widest stay;
Adam (Kingma and Ba 2015, arXiv:1412.6980) takes STEPS steps at a rate that falls to 0 with half a cosine. So what
a method computes of a batch is the estimate from all pictures. 1,000 positives and 10,000 of a pool on a thread: 1 to 4
s, 10 s with blends. At a quarter of the rate nnpu had not left where it begins (0.78 where it reaches 0.94).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.batch import Batch
from ..core.lookup import find, offer
from .solve import Design

AXES, STEPS, RATE = 256, 200, 0.2
STRENGTHS = (1e-3, 3e-4, 1e-4)
"""Weight of half the squared weights beside the mean losses, from strong to weak; tried in this order."""


@dataclass(frozen=True, eq=False)
class Axes:
    """The AXES widest principal axes of a set of features. basis: (d, r); mean: (d,)."""

    basis: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Axes":
        """Axes of these rows (n, d)."""
        design = Design.of(features)
        order = np.argsort(-design.power[:-1], kind="stable")[:AXES]
        return cls(np.ascontiguousarray(design.basis[:, order]), design.mean)

    def turned(self, features: np.ndarray) -> np.ndarray:
        """(n, r) float32 of rows (n, d)."""
        return (features - self.mean).astype(np.float32) @ self.basis

    def raw(self, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(weight (K, d), bias (K,)) on features as they are, of weights (r, K) on turned ones."""
        whole = (self.basis.astype(np.float64) @ weight).T
        return whole.astype(np.float32), (bias - whole @ self.mean).astype(np.float32)


def fitted(
    method: str, own: np.ndarray, labels: np.ndarray, free: np.ndarray, prior: np.ndarray, strength: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(weight (r, K), bias (K,)) of the scores of each class above "none of these", which scores 0.

    own (n, r) turned features of positives, labels (n,) 0 to K - 1, free (m, r) of the pool, prior (K,).
    """
    import torch

    head = _head(own.shape[1], prior)
    offered = {"model": head, "loss": None, "classes": len(prior) + 1, "prior": prior, "device": "cpu"}
    made: Any = offer(find("method", method), **offered)
    rows, pool = torch.from_numpy(np.ascontiguousarray(own)), torch.from_numpy(np.ascontiguousarray(free))
    targets = torch.nn.functional.one_hot(torch.from_numpy(labels), len(prior) + 1).float()
    place, blank = (torch.arange(len(one)) for one in (rows, pool))
    nothing = torch.zeros(len(pool), len(prior) + 1)
    optimizer = torch.optim.Adam(head.parameters(), lr=RATE)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE / 2 * (1 + math.cos(math.pi * step / STEPS))
        others = {"unlabelled": Batch(pool, nothing, blank, seed=seed, step=step)}
        batch = Batch(rows, targets, place, {}, others, seed, step)
        said = offer(made, batch=batch, progress=step / STEPS, player="model")
        paid = strength / 2 * (head.weight**2).sum()
        for losses in said.loss.values():
            paid = paid + losses.mean()
        optimizer.zero_grad()
        paid.backward()
        optimizer.step()
    return tuple(part.detach().double().numpy() for part in (head.weight, head.bias))  # type: ignore[return-value]


def _head(width: int, prior: np.ndarray) -> Any:
    """A linear head of which the last class scores 0, at first by the prior alone."""
    import torch

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(width, len(prior)))
            start = np.log(prior / (1 - prior)).astype(np.float32)
            self.bias = torch.nn.Parameter(torch.from_numpy(start))

        def forward(self, seen: Any) -> Any:
            return torch.nn.functional.pad(seen @ self.weight + self.bias, (0, 1))

    return Head()
