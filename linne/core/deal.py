"""Dealing whole groups to parts: stratified by class and grouped, the base of holdouts, folds and cross-validation.

Groups that look alike (the same number of pictures of each class) are dealt together, the largest kind first, to the
level that minimises sum over classes and parts of (have - target)^2 / target; so a million single pictures cost a few
sorts, and a few large groups are weighed one against another (the greedy rule of scikit-learn's StratifiedGroupKFold
with a water-filling step in place of its loop).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import OptionError

WHOLE = 1e-3
"""Weight of a part's size beside that of its classes: it only settles what the classes leave open."""


def deal(labels: np.ndarray, groups: np.ndarray, shares: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """(n,) int64: the part, 0 to len(shares) - 1, of each picture; pictures of one group share a part.

    labels: (n,) whole numbers; -1 (no label) is dealt as a class of its own. groups: (n,) names, "" a group of one, or
    whole numbers, each a group. shares: positive, any sum. Every class with at least as many groups as there are
    parts is met in every part, unless that would take another class away from one.
    Raises OptionError for shares that are not positive.
    """
    share = np.asarray(shares, dtype=np.float64)
    if share.ndim != 1 or not len(share) or not (np.isfinite(share) & (share > 0)).all():
        raise OptionError(f"shares must be positive numbers, got {shares!r}.")
    if not len(labels):
        return np.empty(0, np.int64)
    ids = codes(groups)
    table = _Table.of(ids, np.unique(labels, return_inverse=True)[1])
    parts = _fill(table, share / share.sum(), rng)
    _cover(table, parts, len(share))
    return parts[ids]


def codes(groups: np.ndarray) -> np.ndarray:
    """(n,) int64: groups numbered from 0 by their first picture; each "" is a group of its own."""
    if np.asarray(groups).dtype.kind in "iu":
        _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[inverse]
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(g or (row,), len(seen)) for row, g in enumerate(groups)], dtype=np.int64)


def per_class(labels: np.ndarray, groups: np.ndarray, classes: int) -> np.ndarray:
    """(classes,) int64: how many groups hold each class; pictures without a label count nowhere."""
    known = labels >= 0
    pairs = np.unique(codes(groups)[known] * classes + labels[known])
    return np.bincount(pairs % classes, minlength=classes) if classes else np.zeros(0, np.int64)


@dataclass(frozen=True)
class _Table:
    """Groups by classes, sparse: pair i says that group owner[i] has count[i] pictures of class kind[i]."""

    owner: np.ndarray
    kind: np.ndarray
    count: np.ndarray
    start: np.ndarray  # (groups + 1,) where each group's pairs begin
    kinds: int

    @classmethod
    def of(cls, ids: np.ndarray, classes: np.ndarray) -> "_Table":
        kinds = int(classes.max()) + 1
        pairs, count = np.unique(ids * kinds + classes, return_counts=True)
        owner, kind = np.divmod(pairs, kinds)
        return cls(owner, kind, count, np.searchsorted(owner, np.arange(ids.max() + 2)), kinds)

    def sizes(self) -> np.ndarray:
        return np.add.reduceat(self.count, self.start[:-1])

    def alike(self) -> np.ndarray:
        """(groups,) int64: equal for groups with as many pictures of each class (64-bit sums of mixed bits)."""
        bits = (self.kind * (self.count.max() + 1) + self.count).astype(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64 (Steele et al. 2014)
            bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
        return np.unique(np.add.reduceat(bits ^ (bits >> np.uint64(31)), self.start[:-1]), return_inverse=True)[1]


def _fill(table: _Table, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(groups,) int64 parts: each kind of group in turn, the largest first, ties in random order.

    With have and target in pictures, one more group of `count` pictures a class raises the cost of a part by
    2 base + slope up to a constant, base = sum count have / target and slope = sum count^2 / target.
    """
    alike, size = table.alike(), table.sizes()
    total = np.bincount(table.kind, table.count, table.kinds)
    per, whole = 1 / (total[:, None] * share), WHOLE / (total.sum() * share)  # 1 / target, for classes and for parts
    load, full = np.zeros_like(per), np.zeros_like(whole)  # have / target
    order = np.lexsort((rng.random(len(alike)), rng.permutation(alike.max() + 1)[alike], -size))
    ends = np.flatnonzero(np.diff(alike[order], append=-1)) + 1
    parts = np.empty(len(alike), np.int64)
    for begin, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
        pairs = slice(table.start[order[begin]], table.start[order[begin] + 1])
        kind, count, pictures = table.kind[pairs], table.count[pairs], size[order[begin]]
        weighed = count[:, None] * per[kind]
        many = _level(count @ load[kind] + pictures * full, count @ weighed + pictures**2 * whole, end - begin, rng)
        load[kind] += weighed * many
        full += pictures * many * whole
        parts[order[begin:end]] = np.repeat(np.arange(len(share)), many)
    return parts


def _level(base: np.ndarray, slope: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """(parts,) int64 x, of sum n: fill all parts to the common level of base + slope x that holds n groups, round down,
    and give the rest one by one to the part whose cost rises least."""
    many = np.zeros(len(base), np.int64)
    if n >= len(base):
        by = np.argsort(base)
        level = (n + np.cumsum(base[by] / slope[by])) / np.cumsum(1 / slope[by])
        level = level[np.flatnonzero(level > base[by])[-1]]
        many = np.floor(np.maximum(level - base, 0) / slope + 1e-9).astype(np.int64)
    for _ in range(n - many.sum()):
        many[((base + slope * (many + 0.5)) * (1 + 1e-9 * rng.random(len(base)))).argmin()] += 1
    return many


def _cover(table: _Table, parts: np.ndarray, n_parts: int) -> None:
    """Move the smallest possible group into each part that lacks a class which has groups enough for all parts."""
    met = np.bincount(table.kind * n_parts + parts[table.owner], minlength=table.kinds * n_parts)
    met = met.reshape(table.kinds, n_parts)
    size = table.sizes()
    for kind, part in np.argwhere((met == 0) & (met.sum(1, keepdims=True) >= n_parts)):
        for group in sorted(table.owner[table.kind == kind], key=lambda g: (size[g], -met[kind, parts[g]], g)):
            own = table.kind[table.start[group] : table.start[group + 1]]
            if met[kind, part] == 0 and (met[own, parts[group]] >= 2).all():
                met[own, parts[group]] -= 1
                met[own, part] += 1
                parts[group] = part
                break
