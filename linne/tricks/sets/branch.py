"""branch: the smallest branch of a taxonomy that holds the right class as often as asked for (nested conformal sets,
Gupta, Kuchibhotla and Ramdas 2022, arXiv:1910.10562, along the way down of Deng et al. 2012, CVPR)."""

import numpy as np

from linne.core.conformal import quantile
from linne.core.errors import OptionError
from linne.core.predictions import Predictions
from linne.core.taxonomy import Taxonomy

from ._rows import calibrating, count, enough, likely, share


class _Branches:
    """Sets that are branches. threshold: what the branch that is said must be likelier than. groups: that it was
    calibrated on. Called on logits (m, K) it gives (m, K) bool, none where logits are not finite."""

    def __init__(self, tree: Taxonomy, threshold: float, groups: int, temperature: float) -> None:
        self.tree, self.threshold, self.groups, self.temperature = tree, threshold, groups, temperature

    def __call__(
        self, logits: np.ndarray, features: "np.ndarray | None" = None, draws: "np.ndarray | None" = None
    ) -> np.ndarray:
        probabilities, read = likely(logits, self.temperature)
        ways, chances = _descent(self.tree, probabilities)
        last = np.maximum((chances > self.threshold).sum(1) - 1, 0)
        said = ways[np.arange(len(ways)), last]
        leaves = np.arange(probabilities.shape[1])
        return self.tree.holds(*np.broadcast_arrays(said[:, None], leaves[None, :])) & read[:, None]


def branch(predictions: Predictions, coverage: float, tree: "Taxonomy | None") -> _Branches:
    """One branch a picture, which holds the right class with a chance of at least `coverage` (above 0, below 1).

    From the root it goes down into the likeliest branch for as long as that is likelier than a threshold; the threshold
    is the conformal quantile of how likely the first wrong branch on each calibration picture's way was. predictions:
    of labelled pictures that taught nothing; their groups weigh the same. tree: over their classes. Raises OptionError
    without a tree or for a coverage that is none, InputError for fewer groups than it needs.
    """
    if tree is None:
        raise OptionError("branch goes by a taxonomy, and there is none. Give --tree labels.csv as well.")
    share("branch", "coverage", coverage)
    known = calibrating("branch", predictions)
    groups = count(known.group)
    enough("branch", coverage, groups)
    ways, chances = _descent(tree, known.probabilities)
    right = tree.holds(ways, np.broadcast_to(known.labels[:, None], ways.shape))
    first = np.where(right, 0.0, chances).max(1)  # what is wrong once stays wrong, and grows less likely on the way
    return _Branches(tree, quantile(first, coverage, known.group), groups, known.temperature)


def _descent(tree: Taxonomy, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The way down and how likely each branch on it is, which never grows."""
    ways, chances = tree.descent(probabilities)
    return ways, np.minimum.accumulate(chances, axis=1)
