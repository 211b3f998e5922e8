"""nnpu: upu whose part for negatives is kept from going below 0 (Kiryo et al. 2017, arXiv:1703.00593, algorithm 1)."""

from typing import Any

import torch

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._positive import MIX, Positive, base_of, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}


class nnpu(Positive):
    """R_p + R_n, R_p = prior E_P[l(f)] and R_n = E_U[l(-f)] - prior E_P[l(-f)], for each class against the rest.

    Where R_n < -beta in a batch the value is R_p - beta and the gradient that of -gamma R_n, as in the authors' code.
    A batch without a positive (or of an empty pool) counts that mean as 0.

    model: pictures to logits (B, K + 1), the last "none of these". prior: (K,) each class's share of the pool. base:
    l, sigmoid (the paper's), logistic or double_hinge. Raises OptionError unless beta >= 0 and 0 <= gamma <= 1.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, prior: Any, *, beta: float = 0.0, gamma: float = 1.0,
        base: str = "sigmoid",
    ) -> None:  # fmt: skip
        super().__init__(model, loss, classes, prior)
        if not (beta >= 0 and 0 <= gamma <= 1):
            raise OptionError(f"nnpu takes beta of at least 0 and gamma from 0 to 1, got beta={beta}, gamma={gamma}.")
        self.beta, self.gamma, self.base = beta, gamma, base_of(base, "nnpu")

    def __call__(self, batch: Batch) -> Step:
        own, free, logits = self.seen(batch)
        held = stands(batch.targets) * self.prior
        right, wrong, far = held * self.base(own), held * self.base(-own), self.base(-free)
        below = far.mean(0) - wrong.mean(0) < -self.beta
        pays = torch.where(below, _pulled(right - self.beta, self.gamma * wrong), right - wrong)
        frees = torch.where(below, _pulled(torch.zeros_like(far), -self.gamma * far), far)
        return self.step(pays.sum(1), frees.sum(1), logits, corrected=float(below.float().mean()))


def _pulled(value: Any, way: Any) -> Any:
    """The value of one and the gradient of the other."""
    return way + (value - way).detach()
