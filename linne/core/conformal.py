"""Finite-sample promises: conformal thresholds over groups, exact binomial bounds, how many pictures they need.

A group of near-duplicates is what is exchangeable with what comes next, not each of its pictures. A threshold therefore
lets every group weigh the same (hierarchical conformal prediction, Lee, Barber and Willett 2023, arXiv:2306.06342,
section 3), which for groups of one is split conformal prediction (Vovk et al. 2005); a bound that counts mistakes
counts one picture of each group.
"""

import numpy as np

from .intervals import clusters

NEAR = 1e-9
"""What sums of shares may be off by rounding."""
RAREST = 1e-15
"""Rarer than this nothing can be shown to be: what it takes is said for this."""


def quantile(scores: np.ndarray, share: float, group: "np.ndarray | None" = None) -> float:
    """The least score t with at least `share` of everything at or below it, where one more group lies at infinity.

    scores: (n,), of pictures exchangeable with a new one. group: (n,), "" is a group of one; its pictures share its
    weight. A new picture of a new group then scores at most t with a chance of at least `share`; infinity where there
    are fewer groups than `least(share)`.
    """
    return between(scores, share, group)[1]


def between(scores: np.ndarray, share: float, group: "np.ndarray | None" = None) -> tuple[float, float, float]:
    """(lower, upper, part): `quantile` is the upper one; the score before it reaches less than `share`, and letting
    through what lies between them `part` of the time makes the chance exactly `share` (smoothed, Vovk et al. 2005,
    section 2.4), where thresholds from few groups round up by as much as 1 / (groups + 1)."""
    code = clusters(group, len(scores))
    sizes = np.bincount(code)
    order = np.argsort(scores, kind="stable")
    each = 1 / sizes[code[order]]
    reached, wanted = np.cumsum(each), share * (len(sizes) + 1)
    place = int(np.searchsorted(reached, wanted - NEAR))
    if place == len(order):
        return float("inf"), float("inf"), 1.0
    lower = float(scores[order[place - 1]]) if place else -float("inf")
    part = (wanted - (reached[place] - each[place])) / each[place]
    return lower, float(scores[order[place]]), float(np.clip(part, 0, 1))


def least(share: float) -> int:
    """How many groups a threshold for this share needs: with fewer it would have to let everything through."""
    return int(np.ceil(share / (1 - share) - NEAR))


def spread(share: float, groups: int, level: float = 0.95) -> tuple[float, float]:
    """(low, high): the share that a threshold from so many groups really lets through, `level` of the time.

    Exact for groups of one and scores without ties: Beta(k, n + 1 - k) with k = ceil((n + 1) share) (Vovk 2012,
    arXiv:1209.2673, proposition 2a). (0, 1) where there are too few groups.
    """
    from scipy.special import betaincinv

    k = int(np.ceil((groups + 1) * share - NEAR))
    if k > groups:
        return 0.0, 1.0
    low, high = (float(betaincinv(k, groups + 1 - k, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def chance(hits: int, n: int, rate: float) -> float:
    """P(at most `hits` of n) where each is one with this rate: the p value that the rate is no less; 1 of none."""
    from scipy.special import bdtr

    return float(bdtr(hits, n, rate)) if n else 1.0


def upper(hits: int, n: int, confidence: float = 0.95) -> float:
    """The rate that n pictures with so many hits rule out from below (Clopper and Pearson 1934); 1 of none."""
    from scipy.special import betaincinv

    return float(betaincinv(hits + 1, n - hits, confidence)) if hits < n else 1.0


def needed(rate: float, confidence: float = 0.95) -> int:
    """How many pictures without a single hit it takes to be this confident that hits are rarer than `rate`,
    or than RAREST."""
    return int(np.ceil(np.log(1 - confidence) / np.log1p(-max(rate, RAREST)) - NEAR))


def one_each(group: "np.ndarray | None", n: int, draw: np.random.Generator) -> np.ndarray:
    """(groups,) places, ascending, of one picture of each group, drawn."""
    code = clusters(group, n)
    order = draw.permutation(n)
    return np.sort(order[np.unique(code[order], return_index=True)[1]])


def draws(hashes: np.ndarray) -> np.ndarray:
    """(n,) float64 in [0, 1) from content hashes of 16 bytes: the same picture draws the same everywhere."""
    heads = np.frombuffer(np.ascontiguousarray(hashes).tobytes(), "<u8")[::2]
    return (heads >> np.uint64(11)).astype(np.float64) / 2**53
