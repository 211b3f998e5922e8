"""temperature: divide all logits by one number fitted on pictures of their own (Guo et al. 2017, arXiv:1706.04599)."""

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.predictions import Predictions, softmax


class _Temperature(float):
    """A temperature that can also be called: logits (n, K) to probabilities (n, K)."""

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        return softmax(np.asarray(logits) / float(self))


def temperature(
    predictions: Predictions, *, least: float = 0.05, most: float = 20.0, spread: float = 0.5
) -> _Temperature:
    """The temperature in [least, most] that minimises the log loss of these predictions; call it on logits.

    `spread`: standard deviation of a prior on its natural logarithm around 0, worth about ten pictures, so that a few
    pictures, all of them right, do not claim certainty; inf for none. Pictures without a label or unread are left out.
    Newton's method on the logarithm within a bracket, which every third step halves. Raises OptionError for
    bounds or a spread that are not positive and in order, InputError where no labelled picture is left.
    """
    if not (0 < least < most < np.inf and spread > 0):
        raise OptionError(f"temperature: 0 < least < most and spread > 0 are needed, got {least}, {most}, {spread}.")
    known = predictions.read & (predictions.labels >= 0)
    if not known.any():
        raise InputError("A temperature needs pictures with labels that took no part in training; there are none.")
    logits, labels = predictions.logits[known], predictions.labels[known]
    logits = logits - np.take_along_axis(logits, labels[:, None], 1)
    low, high = -np.log(most), -np.log(least)
    place = float(np.clip(0.0, low, high))
    for turn in range(100):
        slope, bend = _slope(logits, place, spread)
        low, high = (low, place) if slope > 0 else (place, high)
        newton = place - slope / bend if bend > 0 else np.inf
        if high - low < 1e-7 or abs(newton - place) < 1e-7:
            break
        place = newton if turn % 3 and low < newton < high else (low + high) / 2
    return _Temperature(np.exp(-place))


def _slope(logits: np.ndarray, place: float, spread: float) -> tuple[float, float]:
    """First and second derivative of the summed log loss and the prior by the log of 1 / temperature."""
    sharp = np.exp(place)
    share = softmax(logits * sharp)
    mean = (share * logits).sum(1)
    variance = (share * logits**2).sum(1) - mean**2
    slope = sharp * mean.sum()
    return slope + place / spread**2, slope + sharp**2 * variance.sum() + 1 / spread**2
