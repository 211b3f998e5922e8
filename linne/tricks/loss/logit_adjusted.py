"""logit_adjusted: margins by how rare a class is (Menon et al. 2021, arXiv:2007.07314, equation 10)."""

from torch import Tensor

from ...core.errors import OptionError
from ._shift import shifted


def logit_adjusted(logits: Tensor, targets: Tensor, counts: Tensor, *, tau: float = 1.0) -> Tensor:
    """(B,) cross-entropy of z_k + tau log(n_k / n), n the counts (K,); afterwards the plain logits are balanced.

    tau: 1 is balanced softmax and consistent for balanced accuracy, 0 plain cross-entropy; at least 0. A class without
    a picture takes no part where tau > 0, and its logit learns nothing. Raises OptionError for a tau below 0.
    """
    if not tau >= 0:
        raise OptionError(f"logit_adjusted: tau is at least 0, got {tau}.")
    shift = tau * (counts / counts.sum()).log() if tau else counts.new_zeros(())
    return shifted(logits, targets, shift)
