"""mean: the weighted mean of probabilities, the linear opinion pool (Stone 1961, doi:10.1214/aoms/1177704873)."""

from collections.abc import Callable, Sequence
from typing import Any

from linne.core.predictions import Predictions

from ._said import answered, pooled, said, shares


def mean(*, weights: Any = ()) -> Callable[[Sequence[Predictions]], Predictions]:
    """Call it on several Predictions of the same pictures. weights: one for each, from 0; () for all the same.

    What is called raises OptionError for weights that do not fit, InputError for other pictures or classes.
    """

    def fused(predictions: Sequence[Predictions]) -> Predictions:
        logs = said(predictions)
        return answered(predictions[0], pooled(logs, shares("mean", weights, len(logs))))

    return fused
