"""topk: the share of labelled pictures whose label is among the k most probable classes (ILSVRC's top-5)."""

import numpy as np

from linne.core.errors import OptionError
from linne.core.predictions import Predictions

from ._rows import labelled, mean

greater = True
interval = "wilson"


def topk(
    predictions: Predictions, weights: "np.ndarray | None" = None, *, k: int = 5, each: bool = False
) -> "float | np.ndarray":
    """Share in [0, 1]; weights (..., n) give (...); `each` gives one bool a labelled picture. Unreadable is wrong.

    Of equal scores the earlier class counts as the more probable, as in `Predictions.guesses`. Raises OptionError
    unless 1 <= k < K.
    """
    if not 1 <= k < len(predictions.classes):
        raise OptionError(f"topk({k}) says nothing about {len(predictions.classes)} classes; k must be 1 to one fewer.")
    predictions, weights = labelled(predictions, weights)
    own = np.take_along_axis(predictions.logits, predictions.labels[:, None], axis=1)
    earlier = np.arange(len(predictions.classes)) < predictions.labels[:, None]
    rank = ((predictions.logits > own) | ((predictions.logits == own) & earlier)).sum(axis=1)
    hits = predictions.read & (rank < k)
    return hits if each else mean(hits.astype(float), weights)
