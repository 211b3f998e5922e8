"""energy: the free energy of the logits (Liu et al. 2020, arXiv:2010.03759, equation 4)."""

from typing import Any

import numpy as np

from ._score import Score, one, positive


class energy(Score):
    """From logits (m, K) to - T log sum exp(z / T) (m,), the higher the stranger.

    temperature: T, above 0. Raises OptionError for another.
    """

    def __init__(self, *, temperature: float = 1.0) -> None:
        positive("energy", temperature=temperature)
        self.kept = {"temperature": one(temperature)}

    def scores(self, logits: np.ndarray, features: "np.ndarray | None") -> np.ndarray:
        """(m,), any number."""
        heat = self.number("temperature")
        top = logits.max(axis=1)
        return -(top + heat * np.log(np.exp((logits - top[:, None]) / heat).sum(axis=1)))

    def traced(self, logits: Any, features: Any) -> Any:
        """The same of torch's tensors."""
        heat = self.number("temperature")
        return -heat * (logits / heat).logsumexp(1)
