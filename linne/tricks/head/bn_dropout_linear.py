"""bn_dropout_linear: features are levelled and dropped before the linear layer (Luo et al. 2019, arXiv:1906.08332)."""

import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError


def bn_dropout_linear(width: int, classes: int, *, p: float = 0.5) -> nn.Module:
    """(B, width) to (B, classes): a 1-D batch norm, dropout with rate p, a linear layer.

    p: 0 leaves the norm and the layer. Raises OptionError unless 0 <= p < 1.
    """
    if not 0 <= p < 1:
        raise OptionError(f"bn_dropout_linear: p is from 0 to below 1, got {p}.")
    return _Levelled(width, classes, p)


class _Levelled(nn.Linear):
    def __init__(self, width: int, classes: int, p: float) -> None:
        super().__init__(width, classes)
        self.level, self.p = nn.BatchNorm1d(width), p

    def neck(self, x: Tensor) -> Tensor:
        """What the last linear layer is given once training is over."""
        return self.level(x)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.dropout(self.level(input), self.p, self.training))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p:g}"
