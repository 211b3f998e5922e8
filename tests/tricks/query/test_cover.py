"""cover: the greedy choice beside one that is written out with scipy's distances, and its known bound."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from linne.tricks.query.cover import cover


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def radius(points: np.ndarray, centres: np.ndarray) -> float:
    return float(cdist(unit(points), unit(centres)).min(1).max())


def test_is_the_papers_algorithm() -> None:
    draw = np.random.default_rng(0)
    pool, known = (draw.normal(size=(size, 6)).astype(np.float32) for size in (60, 5))
    centres, taken, apart = unit(known).tolist(), [], []
    for _ in range(9):
        away = cdist(unit(pool), np.array(centres)).min(1)
        taken.append(int(away.argmax()))
        apart.append(away.max())
        centres.append(unit(pool)[taken[-1]].tolist())
    rows, scores = cover(pool, known, 9)
    assert rows.tolist() == taken
    assert scores == pytest.approx(apart, abs=1e-3)


def test_no_worse_than_twice_the_best_cover() -> None:
    """Gonzalez 1985: greedy k-centre is within a factor 2 of the optimum, here found by trying all."""
    draw = np.random.default_rng(1)
    for _ in range(5):
        pool, known = draw.normal(size=(12, 3)).astype(np.float32), draw.normal(size=(1, 3)).astype(np.float32)
        mine = radius(pool, np.concatenate([known, pool[cover(pool, known, 3)[0]]]))
        best = min(radius(pool, np.concatenate([known, pool[list(some)]])) for some in combinations(range(12), 3))
        assert mine <= 2 * best + 1e-4


def test_nobody_is_taken_twice_and_all_at_most() -> None:
    same = np.ones((5, 2), np.float32)
    rows, scores = cover(same, same[:1], 9)
    assert sorted(rows) == [0, 1, 2, 3, 4]
    assert scores[0] == pytest.approx(0, abs=1e-3)
