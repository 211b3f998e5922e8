"""Twins' groups against a plain union-find and against scipy."""

import numpy as np
import pytest

from linne.core.finding import Finding
from linne.core.twins import components, groups_of, members


def naive(n: int, pairs: np.ndarray) -> list[int]:
    """Flood fill from each row in turn."""
    number = [-1] * n
    for row in range(n):
        if number[row] < 0:
            number[row] = fresh = max(number) + 1
            edge = [row]
            while edge:
                here = edge.pop()
                for a, b in pairs.tolist():
                    for mine, other in ((a, b), (b, a)):
                        if mine == here and number[other] < 0:
                            number[other] = fresh
                            edge.append(other)
    return number


@pytest.mark.parametrize("seed", range(8))
def test_components_are_those_of_a_flood_fill_numbered_by_first_row(seed: int) -> None:
    draw = np.random.default_rng(seed)
    pairs = draw.integers(0, 40, (draw.integers(0, 45), 2))
    assert components(40, pairs).tolist() == naive(40, pairs)


def test_a_long_shuffled_chain_is_one_component_and_scipy_agrees_on_a_large_graph() -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    draw = np.random.default_rng(0)
    walk = draw.permutation(100_000)
    assert components(100_000, np.column_stack([walk[:-1], walk[1:]])).max() == 0
    pairs = draw.integers(0, 100_000, (60_000, 2))
    count, theirs = connected_components(coo_array((np.ones(60_000), pairs.T), shape=(100_000, 100_000)))
    ours = components(100_000, pairs)
    assert ours.max() + 1 == count == len(np.unique(ours * count + theirs))


def test_no_rows_and_no_pairs() -> None:
    assert components(0, np.empty((0, 2))).tolist() == []
    assert components(3, np.empty((0, 2))).tolist() == [0, 1, 2]
    assert groups_of([], 2).tolist() == [0, 1]


def finding(kind: str, groups: list[list[int]]) -> Finding:
    return Finding(rows=(), kind=kind, severity="low", why="", fix="", details={"groups": groups})


def test_groups_of_joins_findings_and_leaves_out_what_is_only_proposed() -> None:
    found = [
        finding("exact duplicates", [[0, 4], [1, 2]]),
        finding("near duplicates", [[4, 5, 3]]),
        finding("groups by name", [[0, 1]]),
        Finding(rows=(6,), kind="near duplicates", severity="low", why="", fix=""),
    ]
    assert groups_of(found, 7).tolist() == [0, 1, 1, 0, 0, 0, 2]


def test_members_lists_groups_of_several_largest_first() -> None:
    assert [part.tolist() for part in members(np.array([2, 0, 2, 1, 0, 2, 3]))] == [[0, 2, 5], [1, 4]]
    assert members(np.array([], dtype=np.int64)) == []
