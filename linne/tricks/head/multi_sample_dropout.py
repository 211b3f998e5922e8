"""multi_sample_dropout: several dropouts of the same features, averaged (Inoue 2019, arXiv:1905.09788)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError


def multi_sample_dropout(width: int, classes: int, *, p: float = 0.5, samples: int = 5) -> nn.Module:
    """(B, width) to (B, classes): the mean over `samples` of one linear layer behind a dropout with rate p.

    As competitions use it: the mean is of logits, so of the dropped features; the paper averages the samples' losses,
    which a head does not see. One sample is a plain dropout; in evaluation it is the linear layer. Raises OptionError
    unless 0 < p < 1 and samples is at least 1.
    """
    if not 0 < p < 1 or samples < 1:
        raise OptionError(f"multi_sample_dropout(p={p}, samples={samples}): p lies between 0 and 1, samples from 1.")
    return _Samples(width, classes, p, samples)


class _Samples(nn.Linear):
    def __init__(self, width: int, classes: int, p: float, samples: int) -> None:
        super().__init__(width, classes)
        self.p, self.samples = p, samples

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        dropped = F.dropout(input.expand(self.samples, *input.shape), self.p)
        return super().forward(torch.mean(dropped, 0))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p:g}, samples={self.samples}"
