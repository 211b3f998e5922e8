"""What queries share: the order of scores, and k-means++'s way of taking the next row."""

from collections.abc import Callable

import numpy as np

Ranked = tuple[np.ndarray, np.ndarray]
"""(at most n rows, the one to be labelled first ahead; the score of each, greater is more wanted)."""


def greatest(scores: np.ndarray, n: int) -> Ranked:
    """The n rows of greatest score (m,); of equal ones the first."""
    rows = np.argsort(-scores, kind="stable")[:n]
    return rows, scores[rows]


def spread(away: np.ndarray, n: int, apart: Callable[[int], np.ndarray], take: Callable[[np.ndarray], int]) -> Ranked:
    """n rows one after another, each where `take` says among the squared distances (m,) to what was taken before.

    away: (m,) squared distances to what is there at the beginning. apart: of a row, (m,) to every row. A score is the
    distance at which its row was taken.
    """
    away, rows, scores = away.astype(np.float64), [], []
    for _ in range(min(n, len(away))):
        row = take(away)
        rows.append(row)
        scores.append(away[row] ** 0.5)
        away = np.minimum(away, np.maximum(apart(row), 0))
        away[rows] = -1  # never twice, not even where all the rest is as near
    return np.array(rows, np.int64), np.array(scores)
