"""Trees as arrays of nodes: how a forest's votes are read off them, and how rows of features find their leaves."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._fitted import Fitted, known, logs, not_negative, parts, whole


class Trees(Fitted):
    """A vote of trees. `arrays()`: roots (T,); axis, threshold, left, right (N,) a node; value (leaves, k) shares.

    A node's axis is the feature that it asks for, -1 at a leaf, whose left is its row of value.
    """

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64 logarithms of the mean of the leaves' shares. Features count as float32, as trees learned."""
        kept = self.kept
        features, (trees, classes) = features.astype(np.float32), (len(kept["roots"]), kept["value"].shape[1])
        share = np.empty((len(features), classes))
        for part in parts(len(features), trees * classes):
            share[part] = kept["value"][leaves(features[part], kept)].mean(axis=1, dtype=np.float64)
        return self.spread(logs(share, trees, float(kept["smooth"][0])))


def leaves(features: np.ndarray, kept: dict[str, np.ndarray]) -> np.ndarray:
    """(m, T) the leaf of each row of features (m, d) in each tree."""
    axis, threshold, left, right = (kept[name] for name in ("axis", "threshold", "left", "right"))
    place, rows = np.repeat(kept["roots"][None], len(features), axis=0), np.arange(len(features))[:, None]
    while True:
        asked = axis[place]
        inside = asked >= 0
        if not inside.any():
            return left[place]
        below = features[rows, np.maximum(asked, 0)] <= threshold[place]
        place = np.where(inside, np.where(below, left[place], right[place]), place)


def joined(trees: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Trees, each of (axis, threshold, left, right) a node with an axis below 0 at leaves, as one set of arrays."""
    ends = np.cumsum([len(axis) for axis, *_ in trees])
    starts = np.concatenate([[0], ends[:-1]])
    axis, threshold = (np.concatenate([tree[part] for tree in trees]) for part in (0, 1))
    left, right = (np.concatenate([tree[part].astype(np.int64) + at for tree, at in zip(trees, starts, strict=True)])
                   for part in (2, 3))  # fmt: skip
    leaf = axis < 0
    left = np.where(leaf, np.cumsum(leaf) - 1, left)
    return {"roots": starts.astype(np.int64), "axis": np.where(leaf, -1, axis).astype(np.int32),
            "threshold": np.where(leaf, 0.0, threshold), "left": left, "right": np.where(leaf, 0, right)}  # fmt: skip


def grown(
    name: str, kind: Any, task: tuple[np.ndarray, np.ndarray], rng: np.random.Generator,
    options: tuple[int, int, float],
) -> dict[str, np.ndarray]:  # fmt: skip
    """A forest of scikit-learn's class `kind` as arrays. task: (features, targets). options: trees, leaf, smooth.

    Raises InputError for targets of a single class and OptionError for options out of range, both of trick `name`.
    """
    (features, targets), (count, leaf, smooth) = task, options
    whole(name, trees=count, leaf=leaf)
    not_negative(name, smooth=smooth)
    _, places, counts = known(name, targets)
    seed = int(rng.integers(2**31))
    model = kind(count, min_samples_leaf=leaf, random_state=seed).fit(features, places)
    trees = [one.tree_ for one in model.estimators_]
    nodes = [(np.where(tree.children_left < 0, -1, tree.feature), tree.threshold, tree.children_left,
              tree.children_right) for tree in trees]  # fmt: skip
    value = np.concatenate([tree.value[tree.children_left < 0, 0] for tree in trees])
    value = (value / value.sum(1, keepdims=True)).astype(np.float32)
    return {**counts, **joined(nodes), "value": value, "smooth": np.array([float(smooth)])}
