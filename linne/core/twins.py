"""Groups of twins: connected components of pairs, and the groups that findings name, without any check's code."""

from collections.abc import Iterable

import numpy as np

from .finding import Finding

KINDS = ("exact duplicates", "near duplicates", "duplicates with different labels", "leak between splits")
"""The findings whose details["groups"] are the same picture again; other groups are only proposals."""


def components(n: int, pairs: np.ndarray) -> np.ndarray:
    """(n,) int64: connected components of the graph with edges `pairs` (m, 2), numbered from 0 by their first row.

    Minimum labels with root hooking and pointer jumping (Shiloach & Vishkin 1982): a few passes even for long chains.
    """
    pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    root = np.arange(n)
    while True:
        ends = root[pairs]
        if (ends[:, 0] == ends[:, 1]).all():
            return np.unique(root, return_inverse=True)[1]
        parent = np.arange(n)
        np.minimum.at(parent, ends.max(axis=1), ends.min(axis=1))
        root = parent[root]
        while (parent[root] != root).any():
            root = parent[root]


def groups_of(findings: Iterable[Finding], n: int) -> np.ndarray:
    """(n,) int64: pictures of one number are the same picture, by details["groups"] of the findings of these KINDS.

    A picture without a twin has a number of its own; pairs shared by several findings join their groups.
    """
    pairs = [
        np.column_stack([group[:-1], group[1:]])
        for finding in findings
        if finding.kind in KINDS
        for group in finding.details.get("groups", ())
        if len(group) > 1
    ]
    return components(n, np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64))


def members(group: np.ndarray) -> list[np.ndarray]:
    """The rows of each number in `group` (n,) that several rows share, largest group first, then by first row."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    parts = [part for part in np.split(order, starts[1:]) if len(part) > 1]
    return sorted(parts, key=lambda part: (-len(part), part[0]))
