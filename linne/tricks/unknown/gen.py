"""gen: generalised entropy of the likeliest classes (Liu, Lochman and Zach 2023, CVPR, equation 4)."""

from typing import Any

import numpy as np

from linne.core.errors import OptionError
from linne.core.predictions import Predictions

from ._score import OfLogits, one, whole


class gen(OfLogits):
    """From logits (m, K) to sum p^gamma (1 - p)^gamma over the `top` largest probabilities (m,), the higher the
    stranger.

    gamma: above 0, below 1; small ones make much of small probabilities. top: M of the paper, which keeps a thousand
    classes' tails out. Raises OptionError for others.
    """

    def __init__(self, predictions: Predictions, *, gamma: float = 0.1, top: int = 100) -> None:
        whole("gen", 1, top=top)
        if isinstance(gamma, bool) or not isinstance(gamma, (int, float)) or not 0 < gamma < 1:
            raise OptionError(f"gen: gamma={gamma!r} must lie between 0 and 1, e.g. 0.1.")
        self.kept = {"temperature": one(predictions.temperature), "gamma": one(gamma), "top": one(top)}

    def scores(self, logits: np.ndarray, features: "np.ndarray | None") -> np.ndarray:
        """(m,) from 0 to min(K, top) / 4^gamma."""
        shares = self.shares(logits)
        top = min(int(self.number("top")), shares.shape[1])
        largest = np.sort(shares, axis=1)[:, -top:]
        return ((largest * (1 - largest)) ** self.number("gamma")).sum(axis=1)

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        shares = (logits / self.number("temperature")).softmax(1)
        largest = shares.topk(min(int(self.number("top")), shares.shape[1]), dim=1).values
        return ((largest * (1 - largest)).clamp(min=0) ** self.number("gamma")).sum(1)
