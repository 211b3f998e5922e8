"""One answer a picture, or none: what selective, recall and costs give."""

from collections.abc import Callable

import numpy as np

from ._rows import likely


class Choice:
    """Decisions. Called on logits (m, K) it gives (m, K) bool with one class a row, none where it abstains or logits
    are not finite. decide: probabilities (m, K) to a class each (m,), -1 for none. threshold: what it goes by.

    groups: that it was calibrated on. told: what holds on these, JSON-ready.
    """

    def __init__(
        self, decide: Callable[[np.ndarray], np.ndarray], threshold: float, groups: int, temperature: float,
        told: "dict[str, float]",
    ) -> None:  # fmt: skip
        self.decide, self.threshold, self.groups, self.temperature = decide, threshold, groups, temperature
        self.told = told

    def __call__(
        self, logits: np.ndarray, features: "np.ndarray | None" = None, draws: "np.ndarray | None" = None
    ) -> np.ndarray:
        probabilities, read = likely(logits, self.temperature)
        said = self.decide(probabilities)
        return (said[:, None] == np.arange(logits.shape[1])) & read[:, None]
