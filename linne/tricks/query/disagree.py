"""disagree: ask for what a committee of heads argues about (BALD: Houlsby et al. 2011, arXiv:1112.5745).

Query by committee is Seung et al. 1992. The heads learn from the labelled pictures with random weights (Bayesian
bootstrap, Rubin 1981).
"""

from collections.abc import Callable

import numpy as np

from linne.core.errors import OptionError, nearest

from ._rank import Ranked, greatest

MEASURES = ("bald", "votes")


def disagree(committee: Callable[[int], np.ndarray], n: int, *, heads: int = 10, measure: str = "bald") -> Ranked:
    """The n rows that the heads disagree on most, scored in nats.

    committee: of a number of heads, their probabilities (heads, m, K). heads: how many, 2 or more. measure: bald, the
    entropy of their mean less the mean of their entropies (eq. 2 of the paper); or votes, the entropy of what they
    name (Dagan and Engelson 1995). Raises OptionError for another, or fewer heads.
    """
    if heads < 2:
        raise OptionError(f"heads={heads} cannot disagree. Give 2 or more.")
    if measure not in MEASURES:
        raise OptionError(f"measure={measure!r} is not allowed. {nearest(measure, MEASURES)}")
    p = committee(heads)
    if measure == "votes":
        named = (p.argmax(2)[:, :, None] == np.arange(p.shape[2])).mean(0)
        return greatest(_entropy(named), n)
    return greatest(_entropy(p.mean(0)) - _entropy(p).mean(0), n)


def _entropy(p: np.ndarray) -> np.ndarray:
    """In nats over the last axis."""
    return -(p * np.log(np.maximum(p, 1e-300))).sum(-1)
