"""Optimizers that train on other weights than those to evaluate and to keep."""

import torch
from torch import Tensor


class Evaluated:
    """`weights()` names the better weights; `evaluating(True)` puts them in place, `evaluating(False)` goes back."""

    _own: dict[Tensor, Tensor] | None = None

    def weights(self) -> dict[Tensor, Tensor]:
        """Parameter to the weight to evaluate and to keep; a parameter that is not there is used as it is."""
        raise NotImplementedError

    @torch.no_grad()
    def evaluating(self, on: bool) -> None:
        """Put the better weights into the parameters, or the training ones back, bit by bit. Twice is as once."""
        if on and self._own is None:
            better = self.weights()
            self._own = {p: p.detach().clone() for p in better}
            for p, weight in better.items():
                p.copy_(weight)
        elif not on and self._own is not None:
            for p, weight in self._own.items():
                p.copy_(weight)
            self._own = None
