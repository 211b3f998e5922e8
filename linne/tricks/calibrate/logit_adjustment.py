"""logit_adjustment: probabilities as if all classes were as common (Menon et al. 2021, arXiv:2007.07314)."""

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.predictions import Predictions, softmax


class _Adjustment:
    """`shift` (K,) is added to logits; called on logits (n, K) it gives probabilities (n, K)."""

    def __init__(self, shift: np.ndarray, temperature: float) -> None:
        self.shift, self.temperature = shift, temperature

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        return softmax((np.asarray(logits) + self.shift) / self.temperature)


def logit_adjustment(predictions: Predictions, *, tau: float = 1.0) -> _Adjustment:
    """The softmax of z / T - tau log p: T the predictions' temperature, p each class's share of their labels.

    predictions: of the pictures that were learned from (out of fold), for their labels: `run.predictions("train")`.
    tau: 1 is best for balanced accuracy where z / T is calibrated, 0 changes nothing; at least 0 (section 4.1). After
    training with logit_adjusted or balanced_softmax there is nothing to adjust. Raises OptionError for a tau below 0,
    InputError where tau is above 0 and a class has no picture: its share is not known.
    """
    if not 0 <= tau < np.inf:
        raise OptionError(f"logit_adjustment: tau is a number from 0, got {tau}.")
    counts = np.bincount(predictions.labels[predictions.labels >= 0], minlength=len(predictions.classes))
    if tau == 0:
        return _Adjustment(np.zeros(len(counts)), predictions.temperature)
    empty = [name for name, count in zip(predictions.classes, counts, strict=True) if not count]
    if empty:
        raise InputError(
            f"logit_adjustment divides by how common a class is, and {empty[0]!r} has no labelled picture among these "
            f"{len(predictions)}. Give the predictions of the learning pictures, or leave the class out."
        )
    return _Adjustment(-tau * predictions.temperature * np.log(counts / counts.sum()), predictions.temperature)
