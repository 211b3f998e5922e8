"""msp: 1 less the probability of the likeliest class (Hendrycks and Gimpel 2017, arXiv:1610.02136)."""

from typing import Any

import numpy as np

from linne.core.predictions import Predictions

from ._score import OfLogits, one


class msp(OfLogits):
    """From logits (m, K) to 1 - max p (m,), the higher the stranger, p after the predictions' temperature."""

    def __init__(self, predictions: Predictions) -> None:
        self.kept = {"temperature": one(predictions.temperature)}

    def scores(self, logits: np.ndarray, features: "np.ndarray | None") -> np.ndarray:
        """(m,) from 0 to 1 - 1 / K."""
        return 1 - self.shares(logits).max(axis=1)

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        return 1 - (logits / self.number("temperature")).softmax(1).amax(1)
