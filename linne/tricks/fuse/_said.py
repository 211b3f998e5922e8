"""What fusers have in common: what several predictions say of the same pictures, and their weights."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.predictions import Predictions, log_softmax, softmax


def said(predictions: Sequence[Predictions]) -> np.ndarray:
    """(M, n, K) log probabilities, NaN where a picture could not be read.

    Raises InputError unless there are some, of the same pictures in the same order with the same classes and labels.
    """
    if not predictions:
        raise InputError("There is nothing to fuse: give at least one set of predictions.")
    first = predictions[0]
    for one in predictions[1:]:
        if one.classes != first.classes:
            raise InputError(
                f"Predictions of other classes cannot be fused: {one.classes[:5]} and {first.classes[:5]}."
            )
        if not (np.array_equal(one.rows, first.rows) and np.array_equal(one.labels, first.labels)):
            raise InputError("Several predictions can be fused only of the same pictures in the same order.")
    return np.stack([log_softmax(one.logits / one.temperature) for one in predictions])


def answered(first: Predictions, logits: np.ndarray) -> Predictions:
    """Predictions of the same pictures with other logits, as log probabilities."""
    return replace(first, logits=log_softmax(logits), temperature=1.0)


def shares(trick: str, weights: Any, count: int) -> np.ndarray:
    """(count,) of sum 1; all the same for (). Raises OptionError unless as many numbers from 0, not all 0."""
    try:
        given = np.asarray(weights or np.ones(count), dtype=np.float64)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape != (count,) or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise OptionError(
            f"{trick}: weights are {count} numbers from 0, one for each that is fused and not all 0, got {weights!r}."
        )
    return given / given.sum()


def known(predictions: Sequence[Predictions]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(log probabilities (M, m, K), labels (m,), their places) of the labelled pictures that everybody could read.

    Raises InputError where there are none.
    """
    logs, labels = said(predictions), predictions[0].labels
    places = np.flatnonzero((labels >= 0) & ~np.isnan(logs).any(axis=(0, 2)))
    if not len(places):
        raise InputError("A fuser is fitted on labelled pictures that none of its members learned; there are none.")
    return logs[:, places], labels[places], places


def pooled(logs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(n, K) log of the weighted mean probability of logs (M, n, K); members of weight 0 are not looked at."""
    some = shares > 0
    weighted = logs[some] + np.log(shares[some])[:, None, None]
    top = weighted.max(axis=0)
    return top + np.log(np.exp(weighted - top).sum(axis=0))


def voted(logs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(n, K) log of each class's share of the votes, where the mean probability is one more voter; NaN rows stay."""
    count, classes = len(logs), logs.shape[2]
    blank = np.isnan(logs).any(axis=2, keepdims=True)
    guesses = np.where(blank, 0, np.nan_to_num(logs)).argmax(axis=2)
    votes = np.einsum("m,mnk->nk", shares * count, np.eye(classes)[guesses])
    mean = np.einsum("m,mnk->nk", shares, softmax(logs))
    return np.log(votes + mean)
