"""What tests of methods for positives and a pool share: batches whose logits are their pictures, and a known world."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from linne.core.batch import Batch
from linne.core.lookup import find, offer

OWN, FREE = (2.0, -1.0, 0.5), (1.0, -2.0, 0.0, 3.0)
"""Scores of positives and of the pool in the examples that are worked out by hand."""
PRIOR = 0.3


def made(spec: str, model: Any = None, prior: Any = PRIOR, classes: int = 2) -> Any:
    offered = {"model": model or nn.Identity(), "loss": None, "classes": classes, "prior": prior}
    return offer(find("method", spec), **offered)


def logits(scores: Any) -> Tensor:
    """(n, 2) logits whose difference is the score; the common part is to count for nothing."""
    f = torch.as_tensor(np.array(scores), dtype=torch.float64)
    return torch.stack([f + 7, torch.full_like(f, 7)], 1)


def batch(own: Tensor, free: Tensor, labels: Any = None, classes: int = 2, step: int = 0) -> Batch:
    """A step's batch of positives of these classes, all 0 without, and one of the pool."""
    places = torch.zeros(len(own), dtype=torch.long) if labels is None else torch.tensor(labels)
    targets = torch.nn.functional.one_hot(places, classes).double()
    out = Batch(own, targets, torch.arange(len(own)), step=step)
    out.others["unlabelled"] = Batch(free, torch.zeros(len(free), classes), torch.arange(len(free)), step=step)
    return out


def value(method: Any, own: Any = OWN, free: Any = FREE, progress: float = 0.0, step: int = 0) -> Tensor:
    """The loss of scores: the mean over rows of each stream, added, as the loop adds them."""
    own, free = (one if isinstance(one, Tensor) else logits(one) for one in (own, free))
    said = offer(method, batch=batch(own, free, step=step), progress=progress, player="model")
    return sum((rows.mean() for rows in said.loss.values()), torch.zeros(()))


def slopes(method: Any, own: Any = OWN, free: Any = FREE, progress: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Gradients by each score of positives and of the pool."""
    held = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (own, free)]
    a, b = (torch.stack([f, torch.zeros_like(f)], 1) for f in held)
    value(method, a, b, progress).backward()
    found = [np.zeros(len(f)) if f.grad is None else f.grad.numpy() for f in held]
    return found[0], found[1]


def differences(method: Any, progress: float = 0.0, step: float = 1e-2) -> tuple[np.ndarray, np.ndarray]:
    """The same by central finite differences of the value."""
    out = []
    for place, scores in enumerate((OWN, FREE)):
        found = np.zeros(len(scores))
        for i in range(len(scores)):
            ends = []
            for sign in (1, -1):
                moved = [list(OWN), list(FREE)]
                moved[place][i] += sign * step
                ends.append(float(value(method, *moved, progress)))
            found[i] = (ends[0] - ends[1]) / (2 * step)
        out.append(found)
    return out[0], out[1]


def agree(method: Any, progress: float = 0.0) -> None:
    """The gradient is that of the value."""
    for exact, near in zip(slopes(method, progress=progress), differences(method, progress), strict=True):
        np.testing.assert_allclose(exact, near, atol=3e-4)
        assert np.abs(exact).max() > 1e-3


def world(n: int, m: int, prior: float = PRIOR, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(positives (n, 1), a pool (m, 1), (m,) bool who of it is positive): Gaussians at 1 and -1, spread 1."""
    draws = np.random.default_rng(seed)
    true = draws.random(m) < prior
    pool = draws.normal(np.where(true, 1.0, -1.0), 1)
    return draws.normal(1, 1, (n, 1)), pool[:, None], true


def sigmoid(z: Any) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(z, float)))
