"""geometric: the weighted geometric mean of probabilities, which is the softmax of mean logits (Genest and Zidek 1986,
doi:10.1214/ss/1177013825)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._said import answered, said, shares


def geometric(*, weights: Any = ()) -> Callable[[Sequence[Predictions]], Predictions]:
    """Call it on several Predictions of the same pictures. weights: one for each, from 0; () for all the same.

    What is called raises OptionError for weights that do not fit, InputError for other pictures or classes.
    """

    def fused(predictions: Sequence[Predictions]) -> Predictions:
        logs = said(predictions)
        return answered(predictions[0], np.einsum("m,mnk->nk", shares("geometric", weights, len(logs)), logs))

    return fused
