"""max_logit: the largest logit, negated (Hendrycks et al. 2022, arXiv:1911.11132)."""

from typing import Any

import numpy as np

from ._score import Score


class max_logit(Score):
    """From logits (m, K) to - max z (m,), the higher the stranger; nothing is fitted."""

    def __init__(self) -> None:
        self.kept = {"fitted": np.zeros(1)}

    def scores(self, logits: np.ndarray, features: "np.ndarray | None") -> np.ndarray:
        """(m,), any number."""
        return -logits.max(axis=1)

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        return -logits.amax(1)
