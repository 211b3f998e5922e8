"""How many pictures of a pool are positive, from the scores of a classifier that tells positives from the pool.

No negative is known, but where a classifier is surest nearly everything is positive: there the pool's share, over the
positives', is the prior (best bin estimation, Garg et al. 2021, arXiv:2111.00980, algorithm 1). The threshold is the
one whose ratio is least at the upper end of its interval. That end is here of the ratio's logarithm, SURE standard
errors up, in place of the paper's bound on both shares, which cannot use that a small share is known more closely: of
52 problems of clothing and CIFAR-10 the paper's missed the truth by more than 0.05 in 7, this one in none (by at most
0.041), with 2 or 3 standard errors in 7 and 3.
"""

import numpy as np

from ..core.intervals import Interval, clusters, nothing, only, quantile
from ..core.resample import FEW, deal, evaluate
from ..core.rng import rng

SURE = 4.0
LEAST = 0.5
"""Pictures that are added to each count: a prior is never closer to 0 or 1 than these of the pool."""
DRAWS, BLOCKS = 400, 2000


def best_bin(scores: np.ndarray, known: np.ndarray, weights: "np.ndarray | None" = None) -> "float | np.ndarray":
    """The pool's share of positives. scores: (n,) higher is likelier; known: (n,) bool, positives and else the pool.

    weights: None gives a number, (B, n) gives (B,). Thresholds lie at positives; of equal scores all or none count.
    """
    order = np.lexsort((~known, -scores))
    counts = np.ones((1, len(scores))) if weights is None else np.atleast_2d(weights)[:, order]
    mine = known[order]
    last = np.append(np.diff(scores[order]) != 0, True)
    hits, seen = np.cumsum(counts * mine, axis=1), np.cumsum(counts * ~mine, axis=1)
    n, m = hits[:, -1:] + 2 * LEAST, seen[:, -1:] + 2 * LEAST
    hits, seen = hits[:, last] + LEAST, seen[:, last] + LEAST
    ratio = seen / m / (hits / n)
    error = np.sqrt(np.maximum(1 / seen - 1 / m + 1 / hits - 1 / n, 0))
    best = np.take_along_axis(ratio, (ratio * np.exp(SURE * error)).argmin(axis=1)[:, None], axis=1)[:, 0]
    found = np.minimum(best, 1.0)
    return float(found[0]) if weights is None else found


def prior(scores: np.ndarray, known: np.ndarray, group: np.ndarray, seed: int = 0, level: float = 0.95) -> Interval:
    """`best_bin` with its interval over groups (n,), kept from 0 and 1 by half a picture of the pool.

    scores are to be of pictures that the classifier had not learned from. The interval is of the logarithm, Student's
    on the standard error of DRAWS bootstrap draws: at 95 % it held the truth in 50 of the same 52, the studentised
    bootstrap's in 46, whose jackknife jumps from one threshold to the next.
    """
    code, groups = deal(clusters(group, len(scores)), seed, BLOCKS)
    edge = LEAST / max((~known).sum(), 1)
    value = float(np.clip(best_bin(scores, known), edge, 1 - edge))
    if groups < 2:
        return nothing(len(scores), only(groups, "group"), value)
    draws = rng(seed, "prior").multinomial(groups, np.full(groups, 1 / groups), size=DRAWS).astype(float)
    drawn = evaluate({"prior": lambda weights: best_bin(scores, known, weights)}, draws, code)["prior"]
    wide = float(np.exp(quantile(level, groups - 1) * np.log(np.clip(drawn, edge, 1 - edge)).std(ddof=1)))
    doubt = only(groups, "group") if groups < FEW else ""
    return Interval(value, value / wide, min(1.0, value * wide), len(scores), "best bin, bootstrap", doubt)
