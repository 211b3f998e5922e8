"""Which of many pictures without labels to label next: what a query trick is offered, and its answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.intervals import clusters
from ..core.lookup import find, offer
from ..core.predictions import Predictions, softmax
from ..core.rng import rng
from .curve import TOLERANCE
from .solve import POWER, Design, blank, descend
from .task import logits


@dataclass(frozen=True, eq=False)
class Question:
    """A head and what it learned from, and the pictures that it may ask for.

    features (n, d), labels (n,), group (n,): what it learned from. pool: (m, d). said: (m, K) of the pool, calibrated.
    strength: of the head.
    """

    features: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    pool: np.ndarray
    said: Predictions
    strength: float

    def ask(self, query: Any, n: int, seed: int, *where: int) -> tuple[np.ndarray, np.ndarray]:
        """(at most n places in the pool, their scores) by this query trick; the same for the same `where`."""

        def committee(heads: int) -> np.ndarray:
            return self.committee(heads, rng(seed, "committee", *where))

        pool, known = self.scaled()
        return offer(
            find("query", query), predictions=self.said, features=pool, known=known, n=n,
            committee=committee, rng=rng(seed, "query", *where),
        )  # fmt: skip

    def scaled(self) -> tuple[np.ndarray, np.ndarray]:
        """(pool (m, d), known (n, d)) float32 as solve.py's heads see features: centred, columns halfway to equal."""
        every = np.concatenate([self.pool, self.features])
        mean, spread = every.mean(0, dtype=np.float64), every.std(0, dtype=np.float64)
        scale = np.where(spread > 0, np.where(spread > 0, spread, 1) ** -POWER, 0)
        scale /= max(np.sum((scale * spread) ** 2), 1e-30) ** 0.5
        pool, known = (((part - mean) * scale).astype(np.float32) for part in (self.pool, self.features))
        return pool, known

    def committee(self, heads: int, draw: np.random.Generator) -> np.ndarray:
        """(heads, m, K) probabilities of the pool by heads that learned with random weights, a group's all the same.

        Weights are exponential, the Bayesian bootstrap (Rubin 1981): no class is ever without any.
        """
        code = clusters(self.group, len(self.labels))
        weights = draw.exponential(size=(heads, int(code.max()) + 1))[:, code].astype(np.float32)
        weights *= len(code) / weights.sum(1, keepdims=True)
        design = Design.of(self.features)
        start = blank(design, self.labels, len(self.said.classes), weights)
        solved = descend(design, self.labels, weights, self.strength, start, TOLERANCE)
        each = zip(*design.raw(solved), strict=True)
        return np.stack([softmax(logits(self.pool, *head) / self.said.temperature) for head in each])
