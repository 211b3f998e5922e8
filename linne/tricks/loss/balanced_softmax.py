"""balanced_softmax: a softmax that knows how often each class came (Ren et al. 2020, arXiv:2007.10740)."""

from torch import Tensor

from ._shift import shifted


def balanced_softmax(logits: Tensor, targets: Tensor, counts: Tensor) -> Tensor:
    """(B,) -sum_k t_k log(n_k e^z_k / sum_j n_j e^z_j), n the counts (K,); afterwards the plain logits are balanced.

    A class without a picture (n = 0) takes no part, as the formula has it: it is left out of the sum and its logit
    learns nothing.
    """
    return shifted(logits, targets, counts.log())
