"""Label propagation: the graph in loops, the diffusion by a dense solve, weights by hand, and what it is worth."""

import numpy as np
import pytest

from linne.engine.propagate import Near, diffused, graph, propagated, sure, units


def points(n: int = 12, m: int = 40, wide: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.standard_normal((n, wide)).astype(np.float32), draw.standard_normal((m, wide)).astype(np.float32)


def in_loops(labelled: np.ndarray, pool: np.ndarray, away: np.ndarray, k: int, power: float) -> np.ndarray:
    """S, dense, as the paper writes it: the k nearest of each picture among all, around the pool's mean."""
    both = units(np.concatenate([labelled, pool]) - pool.mean(0))
    cosine, size = both @ both.T, len(both)
    gone = np.concatenate([np.zeros(len(labelled), bool), away])
    weights = np.zeros((size, size))
    for i in range(size):
        others = [j for j in range(size) if j != i]
        for j in sorted(others, key=lambda j: -cosine[i, j])[:k]:
            if not gone[i] and not gone[j]:
                weights[i, j] = max(cosine[i, j], 0) ** power
    weights = weights + weights.T
    total = np.maximum(weights.sum(1), 1e-12)
    return weights / np.sqrt(total[:, None] * total)


@pytest.mark.parametrize("k", [1, 4, 15, 100])
@pytest.mark.parametrize("left_out", [False, True])
def test_the_graph_in_loops(k: int, left_out: bool) -> None:
    labelled, pool = points()
    away = (np.arange(len(pool)) % 7 == 0) & left_out
    found = graph(Near.of(pool, k), labelled, away, k, 3.0)
    np.testing.assert_allclose(found.toarray(), in_loops(labelled, pool, away, k, 3.0), atol=1e-5)  # type: ignore[attr-defined]


def test_the_pool_is_compared_once_whoever_is_labelled() -> None:
    """A graph over some of the labelled pictures is the one that is made of them alone."""
    labelled, pool = points()
    near, nobody = Near.of(pool, 5), np.zeros(40, bool)
    for rows in (slice(0, 3), slice(4, 12)):
        found = graph(near, labelled[rows], nobody, 5, 3.0)
        np.testing.assert_allclose(found.toarray(), in_loops(labelled[rows], pool, nobody, 5, 3.0), atol=1e-5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("alpha", [0.5, 0.8, 0.99])
def test_conjugate_gradients_find_what_a_dense_solve_does(alpha: float) -> None:
    labelled, pool = points(20, 150)
    links = graph(Near.of(pool, 10), labelled, np.zeros(150, bool), 10, 3.0)
    known = np.concatenate([np.eye(4)[np.arange(20) % 4], np.random.default_rng(1).dirichlet(np.ones(4), 150)])
    dense = np.linalg.solve(np.eye(170) - alpha * links.toarray(), known)  # type: ignore[attr-defined]
    np.testing.assert_allclose(diffused(links, known, alpha), dense, rtol=1e-4, atol=1e-6)


def test_weights_by_entropy() -> None:
    found = sure(np.array([[2.0, 0, 0, 0], [1, 1, 1, 1], [3, 3, 0, 0]]))
    np.testing.assert_allclose(found, [1, 0, 0.5], atol=1e-12)


def rings(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rings around a ball, one north of its equator and one south: along them alone are pictures alike."""
    draw = np.random.default_rng(seed)
    labels, turn = np.arange(n) % 2, 2 * np.pi * draw.random(n)
    height = np.where(labels == 1, 0.3, -0.3) + 0.02 * draw.standard_normal(n)
    return np.stack([np.cos(turn), np.sin(turn), height], 1).astype(np.float32), labels


def test_labels_flow_along_what_two_of_each_do_not_show() -> None:
    known, labels = rings(4, 0)
    pool, hidden = rings(600, 1)
    nothing = np.zeros((600, 2))
    found = propagated(Near.of(pool), known, labels, nothing, np.zeros(600, bool), 0.99)
    nearest = labels[np.square(pool[:, None] - known).sum(2).argmin(1)]
    assert (found.argmax(1) == hidden).mean() > 0.97 > (nearest == hidden).mean() + 0.05
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-9)


def test_who_is_left_out_keeps_what_was_said_of_it() -> None:
    labelled, pool = points()
    said = np.random.default_rng(2).dirichlet(np.ones(3), 40)
    away = np.arange(40) < 5
    labels = np.arange(12) % 3
    found = propagated(Near.of(pool), labelled, labels, said, away)
    np.testing.assert_array_equal(found[:5], said[:5])
    other = propagated(Near.of(pool), labelled, labels, np.where(away[:, None], 0.9, said), away)
    np.testing.assert_allclose(found[5:], other[5:])


@pytest.mark.parametrize("m", [1, 2])
def test_a_pool_of_one_or_two(m: int) -> None:
    labelled, pool = points(6, m)
    found = propagated(Near.of(pool), labelled, np.arange(6) % 2, np.full((m, 2), 0.5), np.zeros(m, bool))
    assert found.shape == (m, 2)
    np.testing.assert_allclose(found.sum(1), 1)
