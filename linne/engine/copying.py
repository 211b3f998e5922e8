"""Whether drawn pictures are copies of learned ones, oftener than real ones that were held out look like such.

Typical pictures lie close to others, copied or not. So a distance is measured by that of the learned picture there to
its own neighbour: a picture is close where it lies nearer to a learned one, by this measure, than 95 % of the learned
ones lie to each other. Of held-out real pictures about 5 % are; a generator that draws its own is no oftener.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.intervals import Interval, clusters, wilson
from .frechet import CHUNK, squared

CLOSE = 0.05
"""Share of the learned pictures that count as close to another of them."""


@dataclass(frozen=True, eq=False)
class Near:
    """row (m,): each picture's nearest learned one; distance (m,) to it; share (m,): that over the learned one's own
    distance to its nearest neighbour, 0 for a copy."""

    row: np.ndarray
    distance: np.ndarray
    share: np.ndarray


@dataclass(frozen=True, eq=False)
class Learned:
    """Features (n, d) of learned pictures; code (n,) numbers groups, whose pictures are no neighbours of each other.

    nearest, second: (n,) distances to the two nearest neighbours; who (n,): the nearest.
    """

    features: np.ndarray
    code: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    who: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, group: np.ndarray) -> "Learned":
        """What is known of these pictures, at least three groups of them."""
        n, code = len(features), clusters(group, len(features))
        nearest, second, who = np.empty(n), np.empty(n), np.empty(n, np.int64)
        for at in range(0, n, CHUNK):
            own = slice(at, min(at + CHUNK, n))
            far = squared(features[own], features)
            far[code[own, None] == code] = np.inf
            places = np.argsort(far, 1)[:, :2]
            nearest[own], second[own] = np.take_along_axis(far, places, 1).T ** 0.5
            who[own] = places[:, 0]
        return cls(features, code, nearest, second, who)

    def near(self, asked: np.ndarray) -> Near:
        """Where pictures (m, d) that are none of these lie among them."""
        row, distance = np.empty(len(asked), np.int64), np.empty(len(asked))
        for at in range(0, len(asked), CHUNK):
            far = squared(asked[at : at + CHUNK], self.features)
            row[at : at + CHUNK], distance[at : at + CHUNK] = far.argmin(1), far.min(1) ** 0.5
        return Near(row, distance, distance / np.maximum(self.nearest[row], 1e-12))

    def limit(self) -> float:
        """The share below which a picture is close: 5 % of the learned ones lie so to another, each as if it were none
        of them."""
        mutual = self.who[self.who] == np.arange(len(self.who))
        own = np.where(mutual, self.second[self.who], self.nearest[self.who])
        return float(np.quantile(self.nearest / np.maximum(own, 1e-12), CLOSE))


def copying(drawn: np.ndarray, held: np.ndarray, group: np.ndarray, limit: float) -> dict[str, Any]:
    """Whether drawn pictures are close to learned ones oftener than held-out real ones, JSON-ready.

    drawn (m,), held (n,): shares of `Near`; group (n,): of the held-out ones. The difference has Newcombe's interval,
    p is Fisher's, one-sided; the warning is given where the whole interval is above 0.
    """
    from scipy.stats import hypergeom

    close, real = drawn < limit, held < limit
    rates = wilson(close), wilson(real, group)
    more = difference(*rates)
    ours, all_close, n = int(close.sum()), int(close.sum() + real.sum()), len(close) + len(real)
    p = float(hypergeom.sf(ours - 1, n, all_close, len(close)))
    return {
        "drawn": rates[0].as_dict(), "held": rates[1].as_dict(), "more": more.as_dict(), "p": p, "limit": limit,
        "exact": int((drawn < 1e-6).sum()), "copies": bool(more.low > 0),
    }  # fmt: skip


def difference(first: Interval, second: Interval) -> Interval:
    """first - second of two independent shares, from their Wilson intervals (Newcombe 1998, method 10)."""
    value = first.value - second.value
    low = value - np.hypot(first.value - first.low, second.high - second.value)
    high = value + np.hypot(first.high - first.value, second.value - second.low)
    return Interval(value, float(low), float(high), first.n + second.n, "Newcombe 1998")
