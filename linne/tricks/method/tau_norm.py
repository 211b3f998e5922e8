"""tau_norm: weights of each class divided by a power of their length (Kang et al. 2020, arXiv:1910.09217)."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._head import last_layer, multiply


class tau_norm:
    """Supervised learning (section 4.2); what is evaluated and kept has logits (w_k x + b_k) / |w_k|^tau.

    Common classes grow longer weights. While it learns nothing is divided; `settle` divides the head for good.

    tau: 0 leaves the network as it is, 1 makes all lengths alike; chosen on validation pictures in the paper, 0.7 to 1.
    bias: whether it stays, divided as its row is; False drops it as the paper does, which ruins a head whose bias
    makes up for features that are not centred. Raises OptionError for a tau below 0, for tau=0 with a bias dropped and
    for a head whose logits are no rows of a layer.
    """

    def __init__(self, model: Any, loss: Any, classes: int, *, tau: float = 1.0, bias: bool = True) -> None:
        if not tau >= 0 or not (tau or bias):
            raise OptionError(f"tau_norm: tau is at least 0, and above 0 without bias, got tau={tau}, bias={bias}.")
        self.model, self.loss, self.tau, self.bias = model, loss, tau, bias
        self.layer, self._divided = last_layer("tau_norm", model, classes), False
        self._hook = model.head.register_forward_hook(self._judged)

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)

    def factor(self) -> Tensor:
        """(K,) 1 / |w_k|^tau; a row of zeros keeps its 1."""
        length = self.layer.weight.detach().flatten(1).norm(dim=1)
        return torch.where(length > 0, length, 1.0) ** -self.tau

    def _judged(self, head: nn.Module, given: Any, logits: Tensor) -> Tensor:
        """Evaluation sees what will be kept."""
        if self._divided or head.training:
            return logits
        own = logits if self.bias or self.layer.bias is None else logits - self.layer.bias
        return own * self.factor()

    def settle(self) -> None:
        """Divide the head's last layer, once."""
        if not self._divided:
            self._hook.remove()
            multiply(self.layer, self.factor())
            if not self.bias and self.layer.bias is not None:
                nn.init.zeros_(self.layer.bias)
            self._divided = True
