"""What AUC and average precision share: one column's scores as segments, for many weightings at once."""

import numpy as np

from linne.core.predictions import Predictions


def scores(predictions: Predictions) -> np.ndarray:
    """(n, K) probabilities to rank by; an unreadable picture is below all others in each column: it names no class."""
    return np.where(predictions.read[:, None], predictions.probabilities, -np.inf)


def segments(column: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(positive, negative) weight (..., S) of the column's segments, from the lowest score to the highest.

    A segment is one run of equal scores that holds a positive, or everything between two such runs: neither AUC nor
    average precision depends on the order inside. So the work per weighting is n, and 2 positives of it twice.
    """
    order = np.argsort(column, kind="stable")
    ranked, positive = column[order], positive[order]
    run = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])
    holds = np.zeros(run[-1] + 1, dtype=bool)
    holds[run[positive]] = True
    held = holds[run]
    new = np.concatenate([[True], (held[1:] != held[:-1]) | (held[1:] & (run[1:] != run[:-1]))])
    starts, segment = np.flatnonzero(new), np.cumsum(new) - 1
    whole = np.add.reduceat(weights[..., order], starts, axis=-1)
    good = np.zeros_like(whole)
    places = np.flatnonzero(positive)
    if len(places):
        cells, first = np.unique(segment[places], return_index=True)
        good[..., cells] = np.add.reduceat(weights[..., order[places]], first, axis=-1)
    return good, whole - good
