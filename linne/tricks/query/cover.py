"""cover: ask for what is farthest from what has a label: k-centre greedy (Sener and Savarese 2018, arXiv:1708.00489).

Algorithm 1 of the paper: each row that is taken is from then on among those that are covered.
"""

import numpy as np

from ._rank import Ranked, spread

several = True


def cover(features: np.ndarray, known: np.ndarray, n: int) -> Ranked:
    """The n rows that one after another are farthest from `known` (k, d) and from each other; scored by that distance.

    features: (m, d), centred. Distances are between directions, 0 to 2.
    """
    asked, there = _unit(features), _unit(known)
    nearest = np.concatenate([(part @ there.T).max(1) for part in np.array_split(asked, len(asked) // 1024 + 1)])

    def apart(row: int) -> np.ndarray:
        return 2 - 2 * (asked @ asked[row])

    return spread(np.maximum(2 - 2 * nearest, 0), n, apart, lambda away: int(away.argmax()))


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
